from odoo import fields, models


class OpsDeployment(models.Model):
    """The times in which nothing new is deployed, however it was asked for."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    def _obstacles(self):
        obstacles = super()._obstacles()
        freeze = self.environment_id._freeze_at(fields.Datetime.now())
        if freeze and not self.rolled_back_id:
            obstacles.append(freeze.tell())
        return obstacles
