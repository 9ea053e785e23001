from odoo import fields, models


class OpsDeploymentLogPart(models.Model):
    """A part of a log: whole lines, in the order in which they came."""

    _name = "ops.deployment.log.part"
    _description = "Part of a Deployment's Log"
    _order = "deployment_id, id"

    deployment_id = fields.Many2one(
        "ops.deployment", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="deployment_id.company_id", store=True, index=True)
    text = fields.Text(required=True, readonly=True)
    size = fields.Integer(readonly=True, help="In characters.")
