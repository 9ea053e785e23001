from ipaddress import ip_address

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import watching
from ..probes import Target
from ..standing import MAX_WINDOW
from ..storage import last_seen, samples, states

MIN_INTERVAL = 5  # seconds
MAX_TIMEOUT = 15  # seconds, so that a pass ends in time
HEARTBEATS = 40

# What a user can't change of a check that watches this Odoo.
SELF_FIXED_FIELDS = {"kind", "self_check", "environment_id", "url", "body_contains"}
# What only the results of the check decide, and pausing it.
STATE_FIELDS = {"state", "state_since", "is_flapping"}
# What a check looks at: with another one, nothing that was seen counts any more.
TARGET_FIELDS = {"kind", "url"}


class OpsHealthCheck(models.Model):
    _name = "ops.health.check"
    _description = "Health Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    environment_id = fields.Many2one(
        "ops.environment",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        related="environment_id.company_id", store=True, precompute=True, index=True
    )
    kind = fields.Selection(
        [("http", "HTTP"), ("tcp", "TCP"), ("self", "This Odoo")],
        required=True,
        default="http",
        tracking=True,
    )
    self_check = fields.Selection(
        [
            ("readiness", "Readiness"),
            ("web", "Login Page"),
            ("postgresql", "PostgreSQL"),
            ("scheduled_actions", "Scheduled Actions"),
            ("mail", "Outgoing E-mail"),
            ("disk", "Disk"),
            ("memory", "Memory"),
            ("connections", "Database Connections"),
            ("log_errors", "Errors in the Log"),
            ("punctuality", "Punctuality of the Checks"),
        ],
        string="What is Watched",
        readonly=True,
    )
    url = fields.Char(
        string="Address",
        tracking=True,
        help="Of a web page, such as https://example.com/status, or of a service, such as"
        " tcp://example.com:22, tls://example.com:993 or postgresql://user@example.com:5432/shop.",
    )
    interval = fields.Integer(string="Every", required=True, default=60, help="In seconds.")
    timeout = fields.Float(
        required=True,
        default=10,
        help="Seconds for everything: name look-up, connection, encryption and the whole answer.",
    )
    failure_threshold = fields.Integer(
        string="Failures Until an Incident",
        required=True,
        default=3,
        help="So many bad results open an incident. After the first, the check is repeated"
        " quickly.",
    )
    failure_window = fields.Integer(
        string="Among the Last Results",
        compute="_compute_failure_window",
        store=True,
        precompute=True,
        readonly=False,
        help="The bad results are counted among so many of the last ones. As long as both numbers"
        " are the same, they have to come in a row.",
    )
    success_threshold = fields.Integer(
        string="Successes Until It Ends",
        required=True,
        default=2,
        help="So many good results in a row close the incident.",
    )
    expected_status = fields.Char(
        required=True,
        default="200-399",
        help="The HTTP statuses that are good, such as 200-299,301.",
    )
    body_contains = fields.Char(
        string="Expected Text", help="The answer must contain this text within its first 64 KiB."
    )
    degraded_ms = fields.Integer(
        string="Slow From", help="Slower good answers (milliseconds) are called degraded."
    )
    verify_tls = fields.Boolean(
        string="Verify Certificate",
        default=True,
        tracking=True,
        help="Without it, a check doesn't notice who answers in the place of your system.",
    )
    state = fields.Selection(
        [
            ("up", "Up"),
            ("degraded", "Degraded"),
            ("down", "Down"),
            ("unknown", "Unknown"),
            ("suppressed", "Suppressed"),
            ("paused", "Paused"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="unknown",
        index=True,
        tracking=True,
    )
    state_since = fields.Datetime(
        string="In This State Since", readonly=True, copy=False, default=fields.Datetime.now
    )
    incident_ids = fields.One2many("ops.health.incident", "check_id", string="Incidents")
    incident_count = fields.Integer(compute="_compute_incident_count")
    last_at = fields.Datetime(string="Last Looked At", compute="_compute_last")
    last_verdict = fields.Char(string="Last Result", compute="_compute_last")
    last_error = fields.Char(compute="_compute_last")
    last_message = fields.Char(compute="_compute_last")
    last_latency_ms = fields.Float(string="Latency (ms)", compute="_compute_last", digits=(16, 1))
    last_value = fields.Float(compute="_compute_last", digits=(16, 1))
    heartbeats = fields.Json(compute="_compute_heartbeats")

    _interval_min = models.Constraint(
        f'CHECK("interval" >= {MIN_INTERVAL})',
        "“Every” is too short: leave at least 5 seconds between two runs of a check.",
    )
    _timeout_range = models.Constraint(
        f'CHECK(timeout > 0 AND timeout <= {MAX_TIMEOUT} AND timeout < "interval")',
        "“Timeout” must be more than 0, at most 15 seconds, and shorter than “Every”.",
    )
    _thresholds_min = models.Constraint(
        "CHECK(failure_threshold >= 1 AND success_threshold >= 1)",
        "Both thresholds count results: enter 1 or more.",
    )
    _thresholds_max = models.Constraint(
        f"CHECK(failure_window <= {MAX_WINDOW} AND success_threshold <= {MAX_WINDOW})",
        "Only the last 60 results count: enter at most 60 as “Among the Last Results” and as"
        " “Successes Until It Ends”.",
    )
    _failure_window_min = models.Constraint(
        "CHECK(failure_window >= failure_threshold)",
        "“Among the Last Results” is too small: enter at least “Failures Until an Incident”.",
    )
    _self_check_uniq = models.UniqueIndex(
        "(environment_id, self_check) WHERE self_check IS NOT NULL",
        "This environment is watched in this way already.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "self_check", "environment_id")
    def _check_self(self):
        for check in self:
            if (check.kind == "self") != bool(check.self_check and check.environment_id.is_self):
                raise ValidationError(
                    self.env._(
                        "Only Ops Center itself adds checks of the Odoo it lives in. Choose"
                        " another kind for “%(name)s”.",
                        name=check.name,
                    )
                )

    @api.constrains("kind", "url", "expected_status", "company_id")
    def _check_target(self):
        for check in self:
            try:
                target = check._target()
            except ValueError as error:
                raise ValidationError(check._target_problem(error)) from error
            if target and target.allow and _is_refused(target):
                raise ValidationError(
                    self.env._(
                        "“Address” of %(name)s, or its proxy, leads into an internal network."
                        " Choose a public one, or ask a manager to allow this network in the"
                        " settings.",
                        name=check.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_self(self):
        if any(check.kind == "self" for check in self):
            raise UserError(
                self.env._(
                    "A check of the Odoo that Ops Center lives in can't be deleted. Pause it"
                    " instead."
                )
            )

    # === COMPUTE METHODS === #

    @api.depends("failure_threshold")
    def _compute_failure_window(self):
        for check in self:
            check.failure_window = check.failure_threshold

    @api.depends("incident_ids")
    def _compute_incident_count(self):
        counts = dict(
            self.env["ops.health.incident"]._read_group(
                [("check_id", "in", self.ids)], ["check_id"], ["__count"]
            )
        )
        for check in self:
            check.incident_count = counts.get(check, 0)

    def _compute_last(self):
        latest = states.latest(self.env.cr, self.ids)
        for check in self:
            last = latest.get(check._origin.id, {})
            check.last_at = last.get("last_at")
            check.last_verdict = last.get("last_verdict")
            check.last_error = last.get("last_error")
            check.last_message = last.get("last_message")
            check.last_latency_ms = last.get("last_latency_ms")
            check.last_value = last.get("last_value")

    def _compute_heartbeats(self):
        heartbeats = self._heartbeats()
        for check in self:
            check.heartbeats = heartbeats.get(check._origin.id, [])

    # === CRUD METHODS === #

    def init(self):
        states.create_table(self.env.cr)

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._schedule_now()
        return checks

    def write(self, vals):
        if not self.env.su:
            self._check_writable(vals)
        result = super().write(vals)
        if vals.get("active") is False:
            self.incident_ids._resolve(self.env._("The check was archived."))
        if vals.keys() - STATE_FIELDS:
            self._forget_watch()
        if TARGET_FIELDS & vals.keys():
            last_seen.forget(self.env.cr, self.ids)
        if self._probe_fields() & vals.keys():
            self._schedule_now()
        return result

    def _check_writable(self, vals):
        if STATE_FIELDS & vals.keys():
            raise UserError(
                self.env._("The state of a check follows from its results. Pause or resume it.")
            )
        if SELF_FIXED_FIELDS & vals.keys() and "self" in self.mapped("kind"):
            raise UserError(
                self.env._(
                    "What a check of the Odoo that Ops Center lives in looks at is fixed. Change"
                    " how often it looks and when it alarms, or pause it."
                )
            )

    # === ACTIONS === #

    def action_run_now(self):
        self.check_access("write")
        if any(check.state == "paused" or not check.active for check in self):
            raise UserError(self.env._("A paused check doesn't run. Resume it first."))
        self._schedule_now()
        if not self.env["ops.worker"]._alive():
            # The prober serves all companies; the right to have these checks run was verified.
            self.env.cr.postcommit.add(self.sudo()._run_due)

    def action_pause(self):
        self._switch("paused")
        self.incident_ids._resolve(self.env._("The check was paused."))

    def action_resume(self):
        paused = self.filtered(lambda check: check.state == "paused")
        paused._switch("unknown")
        paused._schedule_now()

    def _switch(self, state):
        self.check_access("write")
        # The right was verified; only this way may it change the state.
        self.sudo().write({"state": state, "state_since": fields.Datetime.now()})

    def action_view_incidents(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_incident_action"
            ),
            "domain": [("check_id", "=", self.id)],
            "context": {},
        }

    def action_view_samples(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_sample_action"
            ),
            "domain": [("check_id", "=", self.id)],
            "context": {},
        }

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        """What makes a probe another one, so that its last result no longer counts."""
        return {
            "active",
            "kind",
            "environment_id",
            "url",
            "interval",
            "timeout",
            "expected_status",
            "body_contains",
            "degraded_ms",
            "verify_tls",
        }

    @api.model
    def _begin_due(self):
        """Loop: begin to look at the checks that are due, take in what was seen meanwhile."""
        return watching.of_process(self.env).begin_due(self.env)

    @api.model
    def _finish_begun(self):
        """Take in what is still being looked at, when no pass follows that would."""
        watching.of_process(self.env).finish_begun(self.env)

    @api.model
    def _run_due(self):
        """Look at the checks that are due and wait for what is seen."""
        watcher = watching.Watcher()
        delay = watcher.begin_due(self.env, 0)
        watcher.finish_begun(self.env)
        return delay

    def _schedule_now(self):
        """Have the worker probe these checks as soon as this is committed."""
        self.flush_recordset()
        states.schedule_now(self.env.cr, self.ids)
        self.env["ops.worker"]._notify("probe")

    @api.model
    def _heartbeats(self, limit=HEARTBEATS):
        """The last results of these checks, oldest first, for the screen.

        :return: lists of ``at`` (as Odoo serialises times), ``state`` and ``latency_ms`` by check
        """
        return {
            check_id: [
                {
                    "at": fields.Datetime.to_string(beat["at"]),
                    "state": beat["verdict"],
                    "latency_ms": beat["latency_ms"],
                    "value": beat["value"],
                }
                for beat in beats
            ]
            for check_id, beats in samples.heartbeats(self.env.cr, self.ids, limit).items()
        }

    def _target(self):
        """What to probe over the network, None for what is measured here.

        :raise ValueError: with a sentence for the user, if it can't be probed
        """
        self.ensure_one()
        if self.kind == "self":
            return self.env["ops.health.self"]._target(self)
        return Target(**self._target_values())

    def _target_problem(self, reason):
        """The sentence for a user whose values make no target; kinds name their own fields."""
        return self.env._(
            "“Address” or “Expected Status” of %(name)s can't be used. %(reason)s",
            name=self.name,
            reason=reason,
        )

    def _target_values(self):
        """What a `Target` is made of."""
        return {
            "key": self.id,
            "kind": self.kind,
            "url": self.url or "",
            "expected_status": self.expected_status,
            "body_contains": self.body_contains or "",
            "timeout": self.timeout,
            "verify": self.verify_tls,
            "degraded_ms": self.degraded_ms or None,
            "allow": self.company_id._ops_address_policy(),
        }

    def _watch(self):
        """All that is needed to look at the check without a database.

        :raise ValueError: with a sentence for the user, if it can't be looked at
        """
        return watching.Watch(
            check_id=self.id,
            failure_threshold=self.failure_threshold,
            failure_window=self.failure_window,
            success_threshold=self.success_threshold,
            interval=self.interval,
            target=self._target(),
            self_check=self.self_check or "",
        )

    def _forget_watch(self):
        """Have whoever looks at the checks learn anew how, because something was changed."""
        self.flush_recordset()
        states.revise(self.env.cr, self.ids)

    def _follow(self, standing, outcome):
        """Have it be known what the results say by now.

        :param standing: a `Standing` that differs from the former one
        :param outcome: the `Outcome` that made it differ
        """
        self._change_state(standing.state, outcome)

    def _change_state(self, state, outcome):
        """Believe a new state: tell everybody, open or close the incident."""
        self.lock_for_update(allow_referencing=True)
        # Somebody may have paused it, or another worker been faster.
        if self.state in {state, "paused"}:
            return
        # That a new check is well is no news for its chatter.
        is_news = (self.state, state) != ("unknown", "up")
        self.with_context(tracking_disable=not is_news).write(
            {"state": state, "state_since": outcome.at}
        )
        if state in {"down", "degraded"}:
            self.env["ops.health.incident"]._report(self, outcome)
        elif state == "up":
            self._end_incident(outcome)
        self.env["ops.event"]._broadcast(self._name, self.ids)
        self.env["ops.event"]._broadcast(self.environment_id._name, self.environment_id.ids)

    def _open_incident(self):
        """The incidents of these checks that are not over; each check has one at most."""
        return self.env["ops.health.incident"].search(
            [("check_id", "in", self.ids), ("state", "!=", "resolved")]
        )

    def _end_incident(self, outcome):
        self.incident_ids._resolve(outcome.message)


def _is_refused(target):
    """Whether a numeric address may not be probed; names are judged when they are resolved."""
    host, _port = target.peer
    try:
        ip_address(host)
    except ValueError:
        return False
    return not target.allow(host)
