import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.ops_center_base.transaction import run_in_new_transaction
from odoo.addons.ops_center_base.transport import (
    HttpClient,
    TransportError,
    is_http_url,
    is_metadata_address,
)

_logger = logging.getLogger(__name__)

TIMEOUT = 10  # seconds
MAX_ANSWER = 64 * 1024  # bytes; services answer with a word or two


class ResCompany(models.Model):
    """The address at an external service that is called while all is well."""

    _name = "res.company"
    _inherit = ["res.company", "ops.secret.mixin"]

    # Whoever knows the address can say that all is well.
    ops_dead_man_url = fields.Char(
        string="Address to Call While All Is Well",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        groups="base.group_system",
    )
    ops_dead_man_url_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    ops_dead_man_url_hint = fields.Char(
        string="Address Ends In", readonly=True, copy=False, groups="base.group_system"
    )

    # === COMPUTE METHODS === #

    def _inverse_secrets(self):
        for company in self:
            if company.ops_dead_man_url and not is_http_url(company.ops_dead_man_url):
                raise ValidationError(
                    self.env._(
                        "“Address to Call While All Is Well” must be a whole address, such as"
                        " https://hc-ping.com/… Copy it from your service."
                    )
                )
        return super()._inverse_secrets()

    # === BUSINESS METHODS === #

    @api.model
    def _ops_call_dead_man(self):
        """Loop: tell the external services that this Odoo and its worker are alive.

        They raise the alarm when nobody calls, so a call that fails is only logged.
        """
        client = HttpClient(
            timeout=TIMEOUT, max_bytes=MAX_ANSWER, refuse_address=is_metadata_address
        )
        for name, url in run_in_new_transaction(self.env, _addresses):
            try:
                client.request("GET", url)
            except TransportError as error:
                # The message may repeat the answer, but never the path of the address.
                _logger.warning("The service of %s could not be called: %s", name, error.message)


def _addresses(env):
    """The companies' names and addresses, none unless this Odoo is well and the original."""
    # The loop serves all companies.
    companies = env["res.company"].sudo().search([("ops_dead_man_url_cipher", "!=", False)])
    if not companies or env["ops.instance"]._outward_blocker():
        return []
    if not all(check["ok"] for check in env["ops.instance"]._readiness()):
        return []
    addresses = []
    for company in companies:
        try:
            addresses.append((company.name, company._reveal("ops_dead_man_url")))
        except UserError as error:
            _logger.warning("The service of %s can't be called: %s", company.name, error)
    return addresses
