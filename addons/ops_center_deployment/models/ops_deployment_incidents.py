from odoo import models


class OpsDeployment(models.Model):
    """Nothing new while something is broken, where that is wanted."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    def _obstacles(self):
        obstacles = super()._obstacles()
        if self.rolled_back_id or not self.environment_id.waits_for_incidents:
            return obstacles
        incidents = self.env["ops.health.incident"].search(
            [("environment_id", "=", self.environment_id.id), ("state", "!=", "resolved")]
        )
        return obstacles + [
            self.env._("An incident is open: %s.", incident.display_name) for incident in incidents
        ]
