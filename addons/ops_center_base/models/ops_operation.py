from odoo import fields, models


class OpsOperation(models.Model):
    _name = "ops.operation"
    _description = "Operation"
    _inherit = ["ops.outbox.mixin"]

    name = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
