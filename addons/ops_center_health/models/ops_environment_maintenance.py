from odoo import api, fields, models
from odoo.fields import Domain

from .ops_health_check_maintenance import QUICK_HOURS


class OpsEnvironment(models.Model):
    """Environments in maintenance, with all their checks."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    maintenance_to = fields.Datetime(string="In Maintenance Until", compute="_compute_maintenance")

    # === COMPUTE METHODS === #

    @api.depends("check_ids.state")
    def _compute_maintenance(self):
        windows = self.env["ops.health.maintenance.window"]
        ongoing = windows._ongoing_domain(fields.Datetime.now())
        for environment in self:
            window = windows.search(
                ongoing & environment._origin._covering_domain(), order="date_to desc", limit=1
            )
            environment.maintenance_to = window.date_to

    # === ACTIONS === #

    def action_begin_maintenance(self):
        self.env["ops.health.maintenance"]._begin_for(self, QUICK_HOURS)

    def action_end_maintenance(self):
        self.env["ops.health.maintenance"]._end_for(self, self._covering_domain())

    # === BUSINESS METHODS === #

    def _covering_domain(self):
        """Which windows a maintenance of these environments as a whole has, if any."""
        return Domain("maintenance_id.environment_ids", "in", self.ids)
