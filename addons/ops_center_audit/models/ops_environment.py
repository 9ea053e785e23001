from odoo import fields, models


class OpsEnvironment(models.Model):
    _inherit = "ops.environment"

    finding_ids = fields.One2many("ops.finding", "environment_id")
    open_finding_count = fields.Integer(
        string="Open Findings", compute="_compute_open_finding_count"
    )

    # === COMPUTE METHODS === #

    def _compute_open_finding_count(self):
        counts = self.env["ops.finding"]._open_count_by("environment_id", self)
        for environment in self:
            environment.open_finding_count = counts.get(environment, 0)

    # === ACTION METHODS === #

    def action_view_findings(self):
        return self.env["ops.finding"]._action_view([("environment_id", "in", self.ids)])
