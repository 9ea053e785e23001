from odoo import api, fields, models

# What states of checks say of the environment, the worst first. Paused checks say nothing, and
# those in maintenance only where no other does.
SEVERITY = {
    "down": "down",
    "suppressed": "down",
    "degraded": "degraded",
    "unknown": "unknown",
    "up": "up",
    "maintenance": "maintenance",
}
# A job that was never heard of tells nothing yet.
HAS_A_SAY = ["|", ("kind", "!=", "heartbeat"), ("state", "!=", "unknown")]


class OpsEnvironment(models.Model):
    _inherit = "ops.environment"

    check_ids = fields.One2many("ops.health.check", "environment_id", string="Checks")
    incident_ids = fields.One2many("ops.health.incident", "environment_id", string="Incidents")
    health_state = fields.Selection(
        [
            ("up", "Up"),
            ("degraded", "Degraded"),
            ("down", "Down"),
            ("unknown", "Unknown"),
            ("maintenance", "Maintenance"),
        ],
        string="Health",
        compute="_compute_health_state",
        store=True,
        help="The worst state of the checks that watch this environment.",
    )
    escalation_policy_id = fields.Many2one(
        "ops.escalation.policy",
        string="Escalation",
        check_company=True,
        ondelete="set null",
        index="btree_not_null",
        help="Who else hears of incidents that nobody acknowledges. Empty: the company's policy for"
        " all other environments, if there is one.",
    )
    check_count = fields.Integer(compute="_compute_check_count")
    open_incident_count = fields.Integer(compute="_compute_open_incident_count")

    # === COMPUTE METHODS === #

    @api.depends("check_ids.state", "check_ids.active", "check_ids.kind")
    def _compute_health_state(self):
        # Grouped by PostgreSQL: when much breaks at once, this is asked for each of the checks.
        present = set(
            self.env["ops.health.check"]._read_group(
                [("environment_id", "in", self.ids), *HAS_A_SAY], ["environment_id", "state"]
            )
        )
        for environment in self:
            environment.health_state = next(
                (
                    health
                    for state, health in SEVERITY.items()
                    if (environment._origin, state) in present
                ),
                False,
            )

    @api.depends("check_ids")
    def _compute_check_count(self):
        counts = dict(
            self.env["ops.health.check"]._read_group(
                [("environment_id", "in", self.ids)], ["environment_id"], ["__count"]
            )
        )
        for environment in self:
            environment.check_count = counts.get(environment, 0)

    @api.depends("incident_ids.state")
    def _compute_open_incident_count(self):
        counts = dict(
            self.env["ops.health.incident"]._read_group(
                [("environment_id", "in", self.ids), ("state", "!=", "resolved")],
                ["environment_id"],
                ["__count"],
            )
        )
        for environment in self:
            environment.open_incident_count = counts.get(environment, 0)

    # === ACTIONS === #

    def action_view_checks(self):
        return self._action_view_records("ops_center_health.ops_health_check_action")

    def action_view_incidents(self):
        return self._action_view_records("ops_center_health.ops_health_incident_action")

    def _action_view_records(self, action):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(action),
            "domain": [("environment_id", "=", self.id)],
            "context": {"default_environment_id": self.id},
        }
