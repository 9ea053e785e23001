from odoo import fields, models


class OpsHealthCheckCodeLine(models.TransientModel):
    _name = "ops.health.check.code.line"
    _description = "Planned Change of a Check"

    code_id = fields.Many2one("ops.health.check.code", required=True, ondelete="cascade")
    action = fields.Selection(
        [("create", "Create"), ("change", "Change"), ("leave", "Leave")], readonly=True
    )
    environment = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    changes = fields.Text(readonly=True)
