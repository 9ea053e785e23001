from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..probes import AddressPolicy


class ResCompany(models.Model):
    _inherit = "res.company"

    ops_allowed_networks = fields.Char(
        string="Networks Checks May Reach",
        help="Checks reach public addresses only. Name the internal networks that they may reach"
        " as well, such as 10.1.0.0/16, separated by commas.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("ops_allowed_networks")
    def _check_ops_allowed_networks(self):
        for company in self:
            try:
                company._ops_address_policy()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“Networks Checks May Reach” holds something that is not a network:"
                        " %(reason)s. Write networks such as 10.1.0.0/16, separated by commas.",
                        reason=error,
                    )
                ) from error

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if "ops_allowed_networks" in vals:
            # The checks of a company are its own, whoever may see them.
            checks = self.env["ops.health.check"].sudo().with_context(active_test=False)
            checks.search([("company_id", "in", self.ids)])._forget_watch()
        return result

    # === BUSINESS METHODS === #

    def _ops_address_policy(self):
        """Which addresses the checks of this company may reach, a `probes.AddressPolicy`.

        :raise ValueError: what is entered is not a list of networks
        """
        self.ensure_one()
        networks = (self.ops_allowed_networks or "").split(",")
        return AddressPolicy(tuple(name.strip() for name in networks if name.strip()))
