from odoo import fields, models
from odoo.exceptions import AccessError


class OpsDeploymentBreakGlass(models.TransientModel):
    _name = "ops.deployment.break.glass"
    _description = "Break the Glass for a Deployment"

    deployment_id = fields.Many2one("ops.deployment", required=True, readonly=True)
    obstacles = fields.Text(related="deployment_id.obstacles")
    reason = fields.Text(required=True)

    # === ACTION METHODS === #

    def action_break_glass(self):
        self.ensure_one()
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(self.env._("Only managers break the glass. Ask one of them."))
        self.deployment_id._break_glass(self.reason)
