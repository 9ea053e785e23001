from dataclasses import replace

from odoo import api, fields, models

from ..probes import OdooAccess
from ..probes.odoo_target import PULL_PERIOD, check_database, check_key
from ..storage import facts

MAX_PERIOD = 86400  # seconds
# What is fetched otherwise, or is another Odoo's, when one of these changes.
ACCESS_FIELDS = {"odoo_database", "odoo_login", "odoo_api_key_cipher"}


class OpsHealthCheck(models.Model):
    """The facts of an Odoo elsewhere that Ops Center fetches itself, where there is no agent."""

    _name = "ops.health.check"
    _inherit = ["ops.health.check", "ops.secret.mixin"]

    odoo_database = fields.Char(
        string="Database",
        groups="ops_center_base.group_operator",
        help="Needed before Odoo 19, and where the server has several databases.",
    )
    odoo_login = fields.Char(
        string="Login",
        groups="ops_center_base.group_operator",
        help="Of the user whose key it is. Needed before Odoo 19.",
    )
    odoo_api_key = fields.Char(
        string="API Key",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        groups="ops_center_base.group_operator",
        help="Stored encrypted, and sent to that Odoo at each fetch. It is forgotten when the"
        " address changes, so that nobody has it sent elsewhere.",
    )
    odoo_api_key_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    odoo_api_key_hint = fields.Char(
        string="API Key Ends In",
        readonly=True,
        copy=False,
        groups="ops_center_base.group_operator",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("odoo_database")
    def _check_odoo_database(self):
        for check in self:
            try:
                check_database(check.odoo_database or "")
            except ValueError as error:
                raise check._unusable("odoo_database", error) from error

    # === COMPUTE METHODS === #

    def _inverse_secrets(self):
        for check in self:
            try:
                check_key(check.odoo_api_key or "")
            except ValueError as error:
                raise check._unusable("odoo_api_key", error) from error
        return super()._inverse_secrets()

    # === CRUD METHODS === #

    def write(self, vals):
        if "url" in vals:
            moved = self.filtered(lambda check: check.url != vals["url"])
            # Whoever may change the address may not thereby learn the key.
            moved.sudo().write({"odoo_api_key_cipher": False, "odoo_api_key_hint": False})
        result = super().write(vals)
        if ACCESS_FIELDS & vals.keys():
            facts.forget_pulled(self.env.cr, self.ids)
        return result

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | ACCESS_FIELDS

    def _target_values(self):
        values = super()._target_values()
        if self.kind != "odoo" or not self._has_api_key():
            return values
        # Who may look at a check needs no right to know as whom it is looked at.
        check = self.sudo()
        access = OdooAccess(
            key=check._reveal("odoo_api_key"),
            database=check.odoo_database or "",
            login=check.odoo_login or "",
            period=min(max(PULL_PERIOD, round(self.interval)), MAX_PERIOD),
        )
        return {**values, "odoo": replace(values["odoo"], access=access)}

    def _has_facts(self):
        return super()._has_facts() or self._has_api_key()

    def _has_api_key(self):
        # That there is a key is no secret.
        return bool(self.sudo().odoo_api_key_cipher)
