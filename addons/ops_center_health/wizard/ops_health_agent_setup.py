from odoo import api, fields, models


class OpsHealthAgentSetup(models.TransientModel):
    _name = "ops.health.agent.setup"
    _description = "Connect the Agent"

    check_id = fields.Many2one("ops.health.check", required=True, ondelete="cascade")
    has_agent = fields.Boolean(related="check_id.has_agent")
    url = fields.Char(string="Address", related="check_id.agent_url")
    # Not stored: whoever reads the database must not find it.
    secret = fields.Char(compute="_compute_secret")

    # === COMPUTE METHODS === #

    @api.depends_context("ops_agent_secret")
    def _compute_secret(self):
        self.secret = self.env.context.get("ops_agent_secret")

    # === ACTION METHODS === #

    def action_connect(self):
        """Show the address and a new secret, this once."""
        self.ensure_one()
        secret = self.check_id._connect_agent()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_agent_setup_action"
            ),
            "res_id": self.id,
            "context": {"ops_agent_secret": secret},
        }
