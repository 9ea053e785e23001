import json
from datetime import timedelta

from odoo import api, fields, models

from ..models.ops_deployment_api import SCOPE

DAYS = ("30", "90", "180", "365")


class OpsEnvironmentKey(models.TransientModel):
    _name = "ops.environment.key"
    _description = "Key for a Pipeline"

    environment_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    name = fields.Char(required=True, default=lambda self: self.env._("Pipeline"))
    days = fields.Selection(
        [(days, days) for days in DAYS], string="Valid for (days)", required=True, default="90"
    )
    # Not stored: whoever reads the database must not find it.
    key = fields.Char(compute="_compute_key")
    curl = fields.Text(string="Shell", compute="_compute_examples")
    workflow = fields.Text(string="GitHub Actions", compute="_compute_examples")

    # === COMPUTE METHODS === #

    @api.depends_context("ops_environment_key")
    def _compute_key(self):
        self.key = self.env.context.get("ops_environment_key")

    @api.depends("environment_id")
    def _compute_examples(self):
        for wizard in self:
            url = f"{wizard.get_base_url()}/ops/api/v1/deployments"
            told = json.dumps({"environment_id": wizard.environment_id.id})[:-1]
            wizard.curl = (
                f"curl --fail-with-body {url} \\\n"
                '  --header "Authorization: Bearer $OPS_CENTER_KEY" \\\n'
                '  --header "Idempotency-Key: $CI_RUN" \\\n'
                f"""  --data '{told}, "revision": "'$(git rev-parse HEAD)'"}}'"""
            )
            wizard.workflow = (
                "- name: Tell Ops Center\n"
                "  env:\n"
                "    OPS_CENTER_KEY: ${{ secrets.OPS_CENTER_KEY }}\n"
                "  run: |\n"
                f"    curl --fail-with-body {url} \\\n"
                '      --header "Authorization: Bearer $OPS_CENTER_KEY" \\\n'
                '      --header "Idempotency-Key: $GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" \\\n'
                f"""      --data '{told}, "revision": "'$GITHUB_SHA'"}}'"""
            )

    # === ACTION METHODS === #

    def action_make_key(self):
        """Show a new key, this once. It does what its maker may do in this environment."""
        self.ensure_one()
        self.env["ops.deployment"].check_access("create")
        self.environment_id.check_access("read")
        expires = fields.Datetime.now() + timedelta(days=int(self.days))
        # The role was verified above: how long keys for all of Odoo last is another matter.
        keys = self.env["res.users.apikeys"].sudo()
        key = keys._generate(
            SCOPE.format(self.environment_id.id),
            f"{self.name} ({self.environment_id.display_name})",
            expires,
        )
        self.env["ops.event"]._record(
            "environment.key_made",
            self.env._("%s made a key for a pipeline", self.env.user.name),
            environment=self.environment_id,
            record=self.environment_id,
            detail=self.name,
        )
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_deployment.ops_environment_key_action"
            ),
            "res_id": self.id,
            "context": {"ops_environment_key": key},
        }
