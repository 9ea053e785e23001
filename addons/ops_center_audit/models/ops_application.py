from odoo import fields, models


class OpsApplication(models.Model):
    _inherit = "ops.application"

    finding_ids = fields.One2many("ops.finding", "application_id")
    open_finding_count = fields.Integer(
        string="Open Findings", compute="_compute_open_finding_count"
    )

    # === COMPUTE METHODS === #

    def _compute_open_finding_count(self):
        counts = self.env["ops.finding"]._open_count_by("application_id", self)
        for application in self:
            application.open_finding_count = counts.get(application, 0)

    # === ACTION METHODS === #

    def action_view_findings(self):
        return self.env["ops.finding"]._action_view([("application_id", "in", self.ids)])
