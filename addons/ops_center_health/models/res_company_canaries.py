from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..own_network import Canaries
from ..probes.resolver import is_address

AT_LEAST = 2  # any of them may fail for reasons of its own


class ResCompany(models.Model):
    """Addresses that tell whether our own network is there."""

    # Each theme of this model has a file of its own.
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ops_canaries = fields.Char(
        string="Our Network Is There If",
        help="Addresses of which one answers as long as our own network is there, separated by"
        " commas, such as tcp://9.9.9.9:53, https://example.com. When a check fails and none of"
        " them answers, the check is unknown, and one incident tells that our own network is gone.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("ops_canaries", "ops_allowed_networks")
    def _check_ops_canaries(self):
        for company in self.filtered("ops_canaries"):
            canaries = company._ops_canaries()
            try:
                targets = canaries.targets()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“Our Network Is There If” holds an address that can't be looked at."
                        " %(reason)s Write addresses such as tcp://9.9.9.9:53, separated by"
                        " commas.",
                        reason=error,
                    )
                ) from error
            if len(targets) < AT_LEAST:
                raise ValidationError(
                    self.env._(
                        "“Our Network Is There If” needs two addresses at least, as any one may"
                        " fail for reasons of its own. Add another one, or none at all."
                    )
                )
            for target in targets:
                if is_address(target.host) and not canaries.allow(target.host):
                    raise ValidationError(
                        self.env._(
                            "“Our Network Is There If”: %(address)s leads into a network that"
                            " checks may not reach. Choose a public address, or allow the network"
                            " in “Networks Checks May Reach”.",
                            address=target.url,
                        )
                    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        if companies.filtered("ops_canaries"):
            self.env["ops.health.check"]._watch_own_network()
        return companies

    def write(self, vals):
        result = super().write(vals)
        if "ops_canaries" in vals:
            # The checks of a company are its own, whoever may see them.
            checks = self.env["ops.health.check"].sudo().with_context(active_test=False)
            checks.search([("company_id", "in", self.ids)])._forget_watch()
            checks._watch_own_network()
        return result

    # === BUSINESS METHODS === #

    def _ops_canaries(self):
        """The canaries of a company, None if it has none."""
        self.ensure_one()
        urls = tuple(url.strip() for url in (self.ops_canaries or "").split(",") if url.strip())
        return Canaries(urls, self._ops_address_policy()) if urls else None
