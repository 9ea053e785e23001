from odoo import fields, models


class OpsDeploymentRollback(models.TransientModel):
    _name = "ops.deployment.rollback"
    _description = "Roll Back a Deployment"

    deployment_id = fields.Many2one("ops.deployment", string="Take Back", required=True)
    environment_id = fields.Many2one(related="deployment_id.environment_id")
    deployment_summary = fields.Char(related="deployment_id.summary")
    deployment_revision = fields.Char(related="deployment_id.revision_short")
    target_ids = fields.Many2many("ops.deployment", compute="_compute_target_ids")
    target_id = fields.Many2one(
        "ops.deployment",
        string="Bring Back",
        required=True,
        domain="[('id', 'in', target_ids)]",
        help="Only what the checks had found good can be brought back.",
    )
    target_summary = fields.Char(related="target_id.summary")
    target_revision = fields.Char(related="target_id.revision_short")
    target_live_at = fields.Datetime(related="target_id.live_at")
    reason = fields.Text(required=True)

    # === COMPUTE METHODS === #

    def _compute_target_ids(self):
        for wizard in self:
            wizard.target_ids = wizard.deployment_id._good_ones()

    # === ACTION METHODS === #

    def action_roll_back(self):
        self.ensure_one()
        return self.deployment_id._roll_back(self.target_id, self.reason)._get_records_action()
