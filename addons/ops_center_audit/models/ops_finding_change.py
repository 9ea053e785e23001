from odoo import fields, models


class OpsFindingChange(models.Model):
    _name = "ops.finding.change"
    _description = "Finding History"
    _order = "id desc"

    finding_id = fields.Many2one(
        "ops.finding", required=True, readonly=True, index=True, ondelete="cascade"
    )
    scan_id = fields.Many2one("ops.scan", readonly=True, ondelete="set null")
    company_id = fields.Many2one(related="finding_id.company_id", store=True)
    create_date = fields.Datetime(string="Date")
    kind = fields.Selection(
        [
            ("resolved", "Not seen any more"),
            ("reopened", "Seen again"),
            ("moved", "Moved"),
            ("suppressed", "Suppressed in the source"),
            ("expired", "Acceptance expired"),
        ],
        required=True,
        readonly=True,
    )
    detail = fields.Char(readonly=True)
