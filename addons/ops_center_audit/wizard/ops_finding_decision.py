from odoo import fields, models


class OpsFindingDecision(models.TransientModel):
    _name = "ops.finding.decision"
    _description = "Decision about Findings"

    finding_ids = fields.Many2many("ops.finding", required=True)
    state = fields.Selection(
        [
            ("false_positive", "False positive: there is no problem"),
            ("not_affected", "Not affected: the problem can't do harm here"),
            ("out_of_scope", "Out of scope: somebody else takes care of it"),
            ("accepted", "Accept the risk until a day"),
        ],
        string="Decision",
        required=True,
        default="false_positive",
    )
    reason = fields.Text(required=True)
    accepted_until = fields.Date()

    # === ACTION METHODS === #

    def action_apply(self):
        self.ensure_one()
        self.finding_ids._decide(
            self.state,
            reason=self.reason,
            until=self.accepted_until if self.state == "accepted" else False,
        )
