from odoo import fields, models


class OpsDeploymentStep(models.Model):
    _name = "ops.deployment.step"
    _description = "Deployment Step"
    _order = "deployment_id, sequence, id"
    _check_company_auto = True

    deployment_id = fields.Many2one(
        "ops.deployment", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="deployment_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
        ],
        required=True,
        default="pending",
    )
    started_at = fields.Datetime(string="Started")
    finished_at = fields.Datetime(string="Finished")
    log = fields.Text(help="The end of the log, as plain text.")
