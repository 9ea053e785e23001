from odoo import api, fields, models
from odoo.exceptions import AccessError

COMMAND = (
    "OPS_SENTINEL_ODOO_URL={url} OPS_SENTINEL_TOKEN={token}"
    " python3 addons/ops_center_health/probes sentinel sentinel.json"
)


class OpsHealthSentinelSetup(models.TransientModel):
    _name = "ops.health.sentinel.setup"
    _description = "Set Up the Sentinel"

    # Not stored: whoever reads the database must not find the token.
    command = fields.Char(compute="_compute_command")
    left_out_check_ids = fields.Many2many(
        "ops.health.check", compute="_compute_left_out_check_ids", string="Left Out"
    )

    # === COMPUTE METHODS === #

    @api.depends_context("ops_sentinel_token")
    def _compute_command(self):
        token = self.env.context.get("ops_sentinel_token")
        for setup in self:
            setup.command = token and COMMAND.format(url=setup.get_base_url(), token=token)

    def _compute_left_out_check_ids(self):
        company = self._company()
        for setup in self:
            setup.left_out_check_ids = self.env["ops.health.sentinel"]._left_out(company)

    # === ACTION METHODS === #

    def action_make_command(self):
        """Show the command with a new token, this once."""
        self.ensure_one()
        self.check_access("write")
        company = self._company()
        # The token opens the addresses of the channels of that company.
        if company not in self.env.user.company_ids:
            raise AccessError(
                self.env._(
                    "The sentinel pages %s, to which you don't belong. Ask a manager who does.",
                    company.name,
                )
            )
        token = self.env["ops.health.sentinel"]._renew_token()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_sentinel_setup_action"
            ),
            "res_id": self.id,
            "context": {"ops_sentinel_token": token},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _company(self):
        """The company that the sentinel stands in for, known to whoever is refused, too."""
        return self.env.ref("ops_center_base.environment_self").sudo().company_id
