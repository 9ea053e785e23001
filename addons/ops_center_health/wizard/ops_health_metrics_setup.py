from odoo import api, fields, models


class OpsHealthMetricsSetup(models.TransientModel):
    _name = "ops.health.metrics.setup"
    _description = "Set Up the Metrics"

    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    url = fields.Char(string="Address", compute="_compute_url")
    # Not stored: whoever reads the database must not find it.
    token = fields.Char(compute="_compute_token")

    # === COMPUTE METHODS === #

    @api.depends_context("company")
    def _compute_company_id(self):
        self.company_id = self.env.company

    def _compute_url(self):
        for setup in self:
            setup.url = f"{setup.get_base_url()}/ops/metrics"

    @api.depends_context("ops_metrics_token")
    def _compute_token(self):
        self.token = self.env.context.get("ops_metrics_token")

    # === ACTION METHODS === #

    def action_make_token(self):
        """Show a new token, this once."""
        self.ensure_one()
        self.check_access("write")
        token = self.env.company._renew_metrics_token()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_metrics_setup_action"
            ),
            "res_id": self.id,
            "context": {"ops_metrics_token": token},
        }
