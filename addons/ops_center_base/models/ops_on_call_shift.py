from odoo import api, fields, models


class OpsOnCallShift(models.Model):
    """One line of a rota's plan, written by the rota itself for the calendar."""

    _name = "ops.on.call.shift"
    _description = "On-Call Shift"
    _order = "date_from, id"

    rota_id = fields.Many2one(
        "ops.on.call.rota", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="rota_id.company_id", store=True, precompute=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Person", required=True, readonly=True, ondelete="cascade"
    )
    date_from = fields.Datetime(string="From", required=True, readonly=True)
    date_to = fields.Datetime(string="To", required=True, readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("user_id.name", "rota_id.name")
    def _compute_display_name(self):
        for shift in self:
            shift.display_name = f"{shift.user_id.name} ({shift.rota_id.name})"
