from odoo import fields, models


class OpsHealthCheck(models.Model):
    """The heartbeat of the sentinel, which asks for it until it was heard."""

    _inherit = "ops.health.check"

    needs_sentinel = fields.Boolean(compute="_compute_needs_sentinel")

    # === COMPUTE METHODS === #

    def _compute_needs_sentinel(self):
        missing = self.env["ops.health.sentinel"]._missing()
        for check in self:
            check.needs_sentinel = check._origin in missing
