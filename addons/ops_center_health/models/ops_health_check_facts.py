import hmac
import secrets
import time
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import escape_psql

from odoo.addons.ops_center_base.transport.signature import sign

from ..odoo_facts import Expectation, from_seconds, parse
from ..outcome import plain_text
from ..self_checks.measure import size
from ..storage import facts

CLOCK_TOLERANCE = 300  # seconds
PAUSE = 10  # seconds between two reports


class OpsHealthCheck(models.Model):
    """What the agent of an Odoo elsewhere reports."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    agent_token = fields.Char(
        readonly=True, copy=False, exportable=False, groups="ops_center_base.group_operator"
    )
    agent_url = fields.Char(
        string="Address of Reports",
        compute="_compute_agent_url",
        groups="ops_center_base.group_operator",
    )
    agent_secret = fields.Char(
        string="Secret of the Agent",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        groups="ops_center_base.group_operator",
    )
    agent_secret_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    agent_secret_hint = fields.Char(
        string="Secret Ends In",
        readonly=True,
        copy=False,
        groups="ops_center_base.group_operator",
    )
    has_agent = fields.Boolean(compute="_compute_has_agent")
    backup_hours = fields.Integer(
        string="Backup: Degraded After",
        default=26,
        help="Hours that the last backup which the agent reports may be old. 0 for any age.",
    )
    facts_at = fields.Datetime(string="Reported At", compute="_compute_facts")
    facts_problems = fields.Text(string="Problems", compute="_compute_facts")
    facts_note = fields.Char(string="Not Told", compute="_compute_facts")
    facts_version = fields.Char(string="Odoo", compute="_compute_facts")
    facts_actions = fields.Char(string="Scheduled Actions", compute="_compute_facts")
    facts_mail = fields.Char(string="Outgoing E-mail", compute="_compute_facts")
    facts_jobs = fields.Char(string="Jobs", compute="_compute_facts")
    facts_users = fields.Char(string="Users Online", compute="_compute_facts")
    facts_disk = fields.Char(string="Disk", compute="_compute_facts")
    facts_database = fields.Char(string="Database", compute="_compute_facts")
    facts_has_backup = fields.Boolean(compute="_compute_facts")
    facts_backup_at = fields.Datetime(string="Last Backup", compute="_compute_facts")
    facts_modules = fields.Json(string="Installed Modules", compute="_compute_facts")
    facts_module = fields.Char(
        string="Installed Module", store=False, search="_search_facts_module"
    )

    _agent_token_uniq = models.UniqueIndex(
        "(agent_token)", "Another check has this address already. Let Ops Center choose it."
    )
    _backup_hours_min = models.Constraint(
        "CHECK(backup_hours >= 0)",
        "“Backup: Degraded After” counts hours: enter 0 for any age, or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("agent_token")
    def _compute_agent_url(self):
        for check in self:
            token = check.agent_token
            check.agent_url = token and f"{check.get_base_url()}/ops/agent/{token}"

    @api.depends("agent_secret_cipher")
    def _compute_has_agent(self):
        for check in self:
            # That there is a secret is none.
            check.has_agent = bool(check.sudo().agent_secret_cipher)

    @api.depends("backup_hours")
    def _compute_facts(self):
        now, reported = facts.latest(self.env.cr, self.ids)
        for check in self:
            report = reported.get(check._origin.id)
            known = report.document if report else {}
            troubles = check._facts_expectation().troubles(report, now) if report else ()
            backup = known.get("backup", {})
            check.facts_at = report and report.received_at
            check.facts_problems = "\n".join(trouble.message for trouble in troubles)
            check.facts_note = known.get("note")
            check.facts_version = self._version_in_words(known.get("odoo", {}))
            check.facts_actions = self._actions_in_words(known.get("crons"))
            check.facts_mail = self._mail_in_words(known.get("mail"))
            check.facts_jobs = "jobs" in known and self.env._(
                "%s failed in 24 hours", known["jobs"].get("failed", 0)
            )
            check.facts_users = "users_online" in known and str(known["users_online"])
            check.facts_disk = "disk" in known and self.env._(
                "%(free)s of %(total)s free",
                free=size(known["disk"].get("free", 0)),
                total=size(known["disk"].get("total", 0)),
            )
            check.facts_database = "database" in known and size(known["database"].get("size", 0))
            check.facts_has_backup = "newest_at" in backup
            made_at = backup.get("newest_at")
            check.facts_backup_at = made_at is not None and from_seconds(made_at)
            check.facts_modules = known.get("modules")

    def _version_in_words(self, odoo):
        return " ".join(filter(None, [odoo.get("version"), odoo.get("edition")]))

    def _actions_in_words(self, actions):
        if actions is None:
            return False
        active, late = actions.get("active", 0), len(actions.get("late", ()))
        # Before 18, Odoo doesn't count failures.
        if "failing" not in actions:
            return self.env._("%(active)s active, %(late)s late", active=active, late=late)
        return self.env._(
            "%(active)s active, %(late)s late, %(failing)s failing",
            active=active,
            late=late,
            failing=len(actions["failing"]),
        )

    def _mail_in_words(self, queue):
        return queue is not None and self.env._(
            "%(stuck)s stuck, %(failed)s failed in 24 hours",
            stuck=queue.get("stuck", 0),
            failed=queue.get("failed", 0),
        )

    def _search_facts_module(self, operator, value):
        if operator == "in":
            patterns = [escape_psql(name) for name in value if name]
        elif operator == "ilike":
            patterns = [f"%{escape_psql(value)}%"]
        else:
            return NotImplemented
        return Domain("id", "in", facts.having_module(self.env.cr, patterns))

    # === CRUD METHODS === #

    def init(self):
        facts.create_table(self.env.cr)
        return super().init()

    def write(self, vals):
        result = super().write(vals)
        is_disconnected = vals.get("agent_secret_cipher") is False
        if is_disconnected or {"kind", "url"} & vals.keys():
            facts.forget(self.env.cr, self.ids)
        if is_disconnected:
            self._schedule_now()
        return result

    # === BUSINESS METHODS === #

    def _connect_agent(self):
        """Make the secret by which an agent signs its reports; a former one works no longer.

        :return: the secret, which nothing tells again
        """
        self.ensure_one()
        self.check_access("write")
        if self.kind != "odoo":
            raise UserError(
                self.env._("Only a check of the kind “Odoo” has an agent. Choose this kind first.")
            )
        secret = secrets.token_urlsafe(32)
        self.agent_secret = secret
        if not self.agent_token:
            # The right was verified; nobody chooses the address.
            self.sudo().agent_token = secrets.token_urlsafe(16)
        self._message_log(body=self.env._("A secret for the agent was made."))
        return secret

    @api.model
    def _take_report(self, token, timestamp, signature, body):
        """Store what an agent reports, if it is its own, new and not too soon.

        :param str timestamp: when it was signed, in seconds since 1970 by the clock of the agent
        :param str signature: of the timestamp, a dot and the body
        :param bytes body: the report
        :return: the HTTP status and a sentence
        """
        check = self.search(
            [
                ("agent_token", "=", plain_text(token)),
                ("agent_secret_cipher", "!=", False),
                ("kind", "=", "odoo"),
            ]
        )
        if not check:
            return 404, "No check takes reports at this address. Connect the agent anew."
        try:
            is_signed = check._is_signed(timestamp, signature, body)
        except UserError:
            return 503, "Ops Center can't read the secret it made. Connect the agent anew."
        if not is_signed:
            return 401, "The signature is wrong. Enter the secret that Ops Center showed last."
        signed_at = int(timestamp)
        if abs(time.time() - signed_at) > CLOCK_TOLERANCE:
            return 401, "The clocks differ by more than 5 minutes. Set the one of this machine."
        return check._store_report(signed_at, body)

    def _store_report(self, signed_at, body):
        """:return: the HTTP status and a sentence"""
        try:
            document = parse(body)
        except ValueError as error:
            return 422, str(error)
        before, former = self._facts_verdict(), facts.modules(self.env.cr, self.ids)
        if not facts.keep(self.env.cr, self.id, signed_at, PAUSE, document):
            if signed_at <= facts.signed_at(self.env.cr, self.id):
                return 401, "This report, or a later one, was received before."
            return 429, f"Another report came just now. Wait {PAUSE} seconds."
        self._record_module_changes(former, {self.id: document})
        if self._facts_verdict() != before:
            self._schedule_now()
        return 200, "OK"

    def _is_signed(self, timestamp, signature, body):
        if not (timestamp.isascii() and timestamp.isdecimal()):
            return False
        expected = sign(self._reveal("agent_secret"), f"{timestamp}.".encode() + body)
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    def _facts_verdict(self):
        """What the last report says, None without one."""
        now, reported = facts.latest(self.env.cr, self.ids)
        report = reported.get(self.id)
        return report and self._facts_expectation().judge(report, now).verdict

    def _facts_expectation(self):
        return Expectation(backup_hours=self.backup_hours or None)

    def _probe_fields(self):
        return super()._probe_fields() | {"backup_hours"}

    def _watch(self):
        watch = super()._watch()
        if self.kind != "odoo" or not self._has_facts():
            return watch
        return replace(watch, facts=self._facts_expectation())

    def _has_facts(self):
        """Whether there is somebody who tells facts."""
        return self.has_agent
