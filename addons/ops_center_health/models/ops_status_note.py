from odoo import fields, models


class OpsStatusNote(models.Model):
    """What people outside are told about an incident, on the status pages that show it."""

    _name = "ops.status.note"
    _description = "Public Note"
    _order = "date, id"

    incident_id = fields.Many2one(
        "ops.health.incident", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="incident_id.company_id", store=True, precompute=True, index=True
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    text = fields.Text(
        required=True,
        help="For everybody who may see the status page. Nothing else of it is shown.",
    )
