import io
from collections import defaultdict
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import NamedTuple

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from ..auditor import instance
from ..importers import sarif
from ..importers.identity import content_digest
from ..importers.matching import Key, key, match
from ..importers.observation import Run
from .ops_finding import MENDABLE_STATES, OPEN_STATES

BATCH = 1000
LOCK_TIMEOUT = "10s"
# So many findings, and half of those that can be resolved, don't get mended from one scan to the
# next: more likely the scanner looked elsewhere.
SUSPICIOUS_DROP = 20
EVENT_LIMIT = 10  # lines of the timeline about single findings of one scan


class KnownFinding(NamedTuple):
    """What an import has to know of a finding, without its record."""

    id: int
    state: str
    digest: str
    gone: bool
    accepted: bool
    ordinal: int
    reopened_count: int
    key: Key


class OpsScan(models.Model):
    _name = "ops.scan"
    _description = "Scan"
    _inherit = ["ops.recorded.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    source = fields.Selection(
        [("upload", "Uploaded report"), ("instance", "This Odoo")],
        required=True,
        readonly=True,
        default="upload",
    )
    environment_id = fields.Many2one(
        "ops.environment",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('application_id', '=?', application_id)]",
        help="Where the problems are, if only one environment has them.",
    )
    application_id = fields.Many2one(
        "ops.application",
        compute="_compute_application_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        required=True,
        index=True,
    )
    category = fields.Char(
        help="Tells apart the reports of one tool about different parts, such as “backend” and "
        "“frontend”: a scan only resolves findings of its own category. Empty: as the report says."
    )
    report = fields.Binary(attachment=True)
    report_name = fields.Char(string="File Name")
    sha256 = fields.Char(readonly=True, copy=False)
    tool = fields.Char(readonly=True, copy=False)
    tool_version = fields.Char(readonly=True, copy=False)
    revision = fields.Char(readonly=True, copy=False, help="The commit that was scanned.")
    date = fields.Datetime(required=True, readonly=True, copy=False, default=fields.Datetime.now)
    reported_at = fields.Datetime(
        readonly=True, copy=False, help="When the tool ended, as the report says."
    )
    state = fields.Selection(
        [
            ("draft", "To Import"),
            ("done", "Imported"),
            ("parked", "To Confirm"),
            ("failed", "Failed"),
            ("discarded", "Discarded"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
    )
    message = fields.Text(readonly=True, copy=False)
    complete = fields.Boolean(
        readonly=True,
        copy=False,
        help="Only a complete scan resolves what it does not see any more.",
    )
    problem = fields.Text(
        string="Why It Is Incomplete", readonly=True, copy=False, help="In the words of the tool."
    )
    total_count = fields.Integer(string="Results", readonly=True, copy=False)
    new_count = fields.Integer(string="New", readonly=True, copy=False)
    unchanged_count = fields.Integer(string="Known", readonly=True, copy=False)
    reopened_count = fields.Integer(string="Reopened", readonly=True, copy=False)
    resolved_count = fields.Integer(string="Resolved", readonly=True, copy=False)
    suppressed_count = fields.Integer(
        string="Suppressed",
        readonly=True,
        copy=False,
        help="Results that the source itself silences; they are not open.",
    )
    finding_count = fields.Integer(string="Findings", compute="_compute_finding_count")

    # === COMPUTE METHODS === #

    @api.depends("tool", "report_name", "date")
    def _compute_display_name(self):
        for scan in self:
            scan.display_name = scan.tool or scan.report_name or self.env._("New Scan")

    @api.depends("environment_id")
    def _compute_application_id(self):
        for scan in self:
            scan.application_id = scan.environment_id.application_id or scan.application_id

    @api.depends("application_id")
    def _compute_company_id(self):
        for scan in self:
            scan.company_id = scan.application_id.company_id or self.env.company

    def _compute_finding_count(self):
        for scan in self:
            scan.finding_count = (
                self.env["ops.finding"].search_count(scan._scope_domain()) if scan.tool else 0
            )

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su and any(scan.state not in ("draft", "failed") for scan in self):
            raise UserError(
                self.env._("A scan that was imported stays as it is. Upload the report again.")
            )
        return super().write(vals)

    # === ACTION METHODS === #

    def action_import(self):
        self._import_reports(("draft", "failed"))

    def action_confirm(self):
        self._import_reports(("parked",), confirmed=True)

    def action_discard(self):
        self.check_access("write")
        # The state is read-only for everybody; the right to decide was checked above.
        self.filtered(lambda scan: scan.state == "parked").sudo().state = "discarded"

    def action_check_again(self):
        self.check_access("create")
        scan = self._audit_instance()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("This Odoo was checked again: %s.", scan),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_findings(self):
        self.ensure_one()
        return self.env["ops.finding"]._action_view(self._scope_domain())

    # === BUSINESS METHODS === #

    def _scope_domain(self):
        """The findings that this scan is about, and the other scans about them."""
        self.ensure_one()
        return [
            ("application_id", "=", self.application_id.id),
            ("environment_id", "=", self.environment_id.id),
            ("tool", "=", self.tool),
            ("category", "=", self.category),
        ]

    def _import_reports(self, states, confirmed=False):
        self.check_access("write")
        if any(scan.state not in states for scan in self):
            raise UserError(
                self.env._("This was done already by somebody else. Reload to see the result.")
            )
        for scan in self:
            scan._import_report(confirmed)

    def _import_report(self, confirmed):
        """Import the file in a transaction of its own: all of it or, with a message, nothing."""
        self.ensure_one()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_field", "=", "report"), ("res_id", "=", self.id)]
        )
        if not attachment:
            raise UserError(self.env._("Add the report that the scanner wrote, then import it."))
        try:
            self._import_content(attachment.raw, confirmed)
        except sarif.ReportError as error:
            # The state is read-only for everybody; the right to import was checked by the caller.
            self.sudo().write({"state": "failed", "message": self._explain(error)})
        self.invalidate_recordset()

    def _import_content(self, content, confirmed):
        report = sarif.read(io.BytesIO(content))
        scopes = self._scopes(report.runs, self.category)
        if confirmed:
            # A category that was not given came from the report.
            scope = (self.tool, self.category)
            scopes = {scope: self._scopes(report.runs).get(scope) or scopes[scope]}
        digest = sha256(content).hexdigest()
        with self._exclusively(self.application_id, self.environment_id, scopes):
            run_in_new_transaction(
                # What a report says becomes findings whoever uploads it; the right to import was
                # checked by the caller.
                self.env(su=True),
                lambda env: self.with_env(env)._apply_report(report, scopes, digest, confirmed),
            )

    def _explain(self, error):
        """Say what is wrong with a file, and what to do about it."""
        explanations = {
            "empty": self.env._(
                "The file is empty. Run the scanner again and upload what it wrote."
            ),
            "packed": self.env._(
                "The file is compressed. Unpack it and upload the SARIF file inside."
            ),
            "encoding": self.env._(
                "The file is not in UTF-8. Save it as UTF-8 and upload it again."
            ),
            "json": self.env._(
                "The file is not complete JSON (%s). Let the scanner write SARIF and upload the "
                "whole file.",
                error.value,
            ),
            "format": self.env._(
                "The file is not a SARIF report. Let the scanner write SARIF 2.1.0, most have an "
                "option such as “--format sarif”."
            ),
            "version": self.env._(
                "The report has the SARIF version “%s”, only 2.1.0 can be read. Let the scanner "
                "write 2.1.0.",
                error.value,
            ),
            "size": self.env._(
                "The file is larger than %s MB. Split it by folder or leave out the code flows.",
                sarif.MAX_BYTES // 2**20,
            ),
            "depth": self.env._(
                "The file is nested deeper than %s levels, which no scanner does. "
                "Check where it comes from.",
                error.value,
            ),
            "runs": self.env._(
                "The report has more than %s runs. Split it and upload the parts.", error.value
            ),
            "results": self.env._(
                "A run of the report has more than %s results. Switch off the noisiest rules or "
                "split it by folder, each with a category of its own.",
                error.value,
            ),
            "values": self.env._(
                "Parts of the report are larger than any scanner writes. Check where it comes from."
            ),
        }
        return explanations[error.code]

    def _scopes(self, runs, category=False):
        """Return {(tool, category): positions of its runs}, all runs in `category` if given."""
        scopes = defaultdict(list)
        for position, run in enumerate(runs):
            tool = run.tool
            if tool == instance.TOOL:
                # Nobody's file may resolve what the audit of this Odoo found.
                tool = self.env._("%s (report)", tool)
            scopes[tool, category or run.category].append(position)
        return scopes

    @contextmanager
    def _exclusively(self, application, environment, scopes):
        """Let nobody else import into the same scopes.

        The locks live in a transaction of their own, so that the import's snapshot of the database
        is taken after they were granted and shows what the import before it wrote.
        """
        with closing(self.env.registry.cursor()) as cr:
            cr.execute(SQL("SELECT set_config('lock_timeout', %s, true)", LOCK_TIMEOUT))
            for scope in sorted(scopes):
                name = repr((self._name, application.id, environment.id, *scope))
                try:
                    cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name))
                except LockNotAvailable as error:
                    raise UserError(
                        self.env._(
                            "Another report of the same tool is being imported. "
                            "Wait a minute and import this one again."
                        )
                    ) from error
            yield
            cr.commit()  # pylint: disable=invalid-commit; the cursor is our own

    def _apply_report(self, report, scopes, digest, confirmed):
        """Import every scope of the report, the first one as this scan, the others as copies."""
        for number, ((tool, category), positions) in enumerate(scopes.items()):
            runs = [report.runs[position] for position in positions]
            run = Run(
                tool=tool,
                version=runs[-1].version,
                category=category,
                revision=runs[-1].revision,
                ended_at=runs[-1].ended_at,
                complete=all(run.complete for run in runs),
                problem="\n".join(run.problem for run in runs if run.problem),
                rules={code: text for run in runs for code, text in run.rules.items()},
            )
            scan = self.copy() if number else self
            scan._apply(
                run,
                lambda positions=positions: (
                    observation
                    for position, observation in report.observations()
                    if position in positions
                ),
                digest,
                confirmed,
            )

    def _apply(self, run, observe, digest, confirmed=False):
        """Bring the findings in line with what a run saw.

        :param Run run: of which tool, category and completeness
        :param observe: called twice, each time returns an iterator of the same observations
        :param str digest: of the report; if it is the same as last time, nothing is done
        :param bool confirmed: a person said that a large drop is true
        """
        self.ensure_one()
        self.write({"tool": run.tool, "category": run.category, "sha256": digest})
        previous = self.search(
            [*self._scope_domain(), ("state", "=", "done"), ("id", "!=", self.id)], limit=1
        )
        outdated = bool(
            run.ended_at and previous.reported_at and run.ended_at < previous.reported_at
        )
        values = {
            "date": fields.Datetime.now(),
            "tool_version": run.version,
            "revision": run.revision,
            "reported_at": run.ended_at,
            "complete": run.complete and not outdated,
            "problem": run.problem
            or (outdated and self.env._("The report is older than the last one.")),
            "message": False,
            "state": "done",
        }
        if previous.sha256 == digest:
            self.write(
                values
                | {
                    "total_count": previous.total_count,
                    "unchanged_count": previous.total_count,
                    "suppressed_count": previous.suppressed_count,
                    "message": self.env._("The same report as last time: nothing changed."),
                }
            )
            return

        known = self._known_findings()
        keys, digests, suppressed = [], [], 0
        for observation in observe():
            keys.append(key(observation))
            digests.append(content_digest(observation))
            suppressed += bool(observation.suppressed)
        matches = match(keys, [finding.key for finding in known])
        seen = {pair.known for pair in matches}
        missing = [
            finding
            for position, finding in enumerate(known)
            if values["complete"] and position not in seen and not finding.gone
        ]
        mended = [finding.id for finding in missing if finding.state in MENDABLE_STATES]
        mendable = sum(finding.state in MENDABLE_STATES for finding in known)
        values |= {"total_count": len(keys), "suppressed_count": suppressed}
        if not confirmed and len(mended) > SUSPICIOUS_DROP and 2 * len(mended) > mendable:
            self._park(values, len(mended), mendable)
            return

        rules = self.env["ops.finding.rule"]._of_report(
            run.tool, self.company_id, sorted({key.rule for key in keys}), run.rules
        )
        new, reopened = self._write_findings(
            observe(), keys, digests, rules, known, {pair.observed: pair for pair in matches}
        )
        self._write_missing([finding.id for finding in missing], mended, previous.date)
        self.write(
            values
            | {
                "new_count": len(new),
                "unchanged_count": len(keys) - len(new) - len(reopened),
                "reopened_count": len(reopened),
                "resolved_count": len(mended),
            }
        )
        self._announce(new, reopened, self.env["ops.finding"].browse(mended))

    def _known_findings(self):
        """Read all findings of the scope, and of each only what an import needs."""
        self.env["ops.finding"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.id, f.state, f.digest, f.seen_until IS NOT NULL,
                       f.accepted_until >= CURRENT_DATE, f.ordinal,
                       COALESCE(f.reopened_count, 0),
                       f.source_id, f.fingerprint, f.identity, r.code, f.path, f.line, f.snippet
                  FROM ops_finding f
                  JOIN ops_finding_rule r ON r.id = f.rule_id
                 WHERE f.application_id = %s
                   AND f.environment_id IS NOT DISTINCT FROM %s
                   AND f.tool = %s
                   AND f.category = %s
                """,
                self.application_id.id,
                self.environment_id.id or None,
                self.tool,
                self.category or "",
            )
        )
        return [KnownFinding(*row[:7], Key(*row[7:], closed=row[3])) for row in rows]

    def _park(self, values, mended, mendable):
        self.write(
            values
            | {
                "state": "parked",
                "message": self.env._(
                    "This report would resolve %(mended)s of %(total)s findings. If the scanner "
                    "looked at all of the code, confirm it. Otherwise discard it: nothing was "
                    "changed yet.",
                    mended=mended,
                    total=mendable,
                ),
            }
        )
        self.env["ops.event"]._record(
            "scan.parked",
            self.env._("A report of %s waits for confirmation", self.tool),
            environment=self.environment_id,
            record=self,
            level="warning",
            detail=self.message,
        )

    def _write_findings(self, observations, keys, digests, rules, known, matches):
        """Create what is new, write what changed, leave alone what did not.

        :return: the new and the reopened findings
        """
        Finding = self.env["ops.finding"].with_context(tracking_disable=True)
        ordinals = defaultdict(int)
        for finding in known:
            ordinals[finding.key.identity] = max(
                ordinals[finding.key.identity], finding.ordinal + 1
            )
        new, reopened, changes = Finding, Finding, []
        for batch in split_every(BATCH, enumerate(observations)):
            to_create = []
            for position, observation in batch:
                pair = matches.get(position)
                before = pair and known[pair.known]
                state = self._state_after(before, observation)
                if (
                    before
                    and before.digest == digests[position]
                    and before.state == state
                    and not before.gone
                ):
                    continue
                identity = keys[position].identity
                rule = rules[observation.rule]
                values = self._observed_values(observation, rule) | {
                    "state": state,
                    "snippet": keys[position].snippet,
                    "digest": digests[position],
                }
                if not before or before.key.rule != observation.rule:
                    values["rule_id"] = rule.id
                if not before or before.key.identity != identity:
                    values |= {"identity": identity, "ordinal": ordinals[identity]}
                    ordinals[identity] += 1
                if not before:
                    to_create.append(values | self._birth_values())
                    continue
                finding = Finding.browse(before.id)
                if before.state == "resolved":
                    reopened |= finding
                    changes.append((before.id, "reopened", False))
                    values |= {"resolved_at": False, "reopened_count": before.reopened_count + 1}
                elif state != before.state and state == "suppressed_in_source":
                    changes.append((before.id, "suppressed", observation.suppressed))
                if pair.likely:
                    changes.append((before.id, "moved", f"{before.key.path}:{before.key.line}"))
                finding.write(values | {"seen_until": False})
            new += Finding.create(to_create)
        self._log_changes(changes)
        return new, reopened

    @api.model
    def _state_after(self, before, observation):
        """The state of a finding once it was seen (again)."""
        if not before or before.state in ("resolved", "suppressed_in_source"):
            if observation.suppressed:
                return "suppressed_in_source"
            return "accepted" if before and before.accepted else "new"
        if observation.suppressed and before.state in OPEN_STATES:
            return "suppressed_in_source"
        return before.state

    @api.model
    def _observed_values(self, observation, rule):
        """What a finding shows of what was observed."""
        return {
            "name": observation.title or rule.name,
            "kind": observation.kind,
            "severity": observation.severity,
            "message": observation.message,
            "evidence": observation.evidence,
            "path": observation.path,
            "line": observation.line,
            "suppression": observation.suppressed,
            "source_id": observation.source_id,
            "fingerprint": observation.fingerprint,
        }

    def _birth_values(self):
        """What a finding keeps from the scan that saw it first."""
        return {
            "tool": self.tool,
            "category": self.category or "",
            "application_id": self.application_id.id,
            "environment_id": self.environment_id.id,
            "company_id": self.company_id.id,
            "first_scan_id": self.id,
            "first_seen_at": self.date,
        }

    def _write_missing(self, missing, mended, seen_until):
        Finding = self.env["ops.finding"].with_context(tracking_disable=True)
        Finding.browse(missing).write({"seen_until": seen_until})
        Finding.browse(mended).write({"state": "resolved", "resolved_at": fields.Datetime.now()})
        self._log_changes([(finding_id, "resolved", False) for finding_id in mended])

    def _log_changes(self, changes):
        self.env["ops.finding.change"].create(
            [
                {"finding_id": finding_id, "scan_id": self.id, "kind": kind, "detail": detail}
                for finding_id, kind, detail in changes
            ]
        )

    def _announce(self, new, reopened, mended):
        """Write what a scan changed into the timeline: one line, and one per grave finding."""
        opened = new.filtered("is_open") | reopened.filtered("is_open")
        grave = Domain("severity", "in", ("critical", "high"))
        if opened or mended:
            self.env["ops.event"]._record(
                "scan.imported",
                self.env._(
                    "%(tool)s: %(new)s new findings, %(reopened)s reopened, %(resolved)s resolved",
                    tool=self.tool,
                    new=len(new),
                    reopened=len(reopened),
                    resolved=len(mended),
                ),
                environment=self.environment_id,
                record=self,
                level="warning" if opened else "success",
            )
        for kind, level, findings in (
            ("finding.opened", "danger", opened),
            ("finding.resolved", "success", mended),
        ):
            for finding in findings.filtered_domain(grave).sorted("severity")[:EVENT_LIMIT]:
                self.env["ops.event"]._record(
                    kind,
                    finding.name,
                    environment=finding.environment_id,
                    record=finding,
                    level=level,
                    detail=finding.location,
                )

    @api.model
    def _run_audit_instance(self):
        """Loop: look at the Odoo that this is."""
        self._audit_instance()

    @api.model
    def _audit_instance(self):
        """Check this Odoo now.

        :return: one sentence about the outcome
        """
        environment = self.env.ref("ops_center_base.environment_self").sudo()
        # Read by the auditor alone, which keeps no secret; see `Facts`.
        observations = instance.audit(self.env["ops.instance"].sudo()._audit_facts())
        scope = (instance.TOOL, instance.CATEGORY)
        with self._exclusively(environment.application_id, environment, [scope]):
            return run_in_new_transaction(
                # Whoever may check may also let the outcome be recorded.
                self.env(su=True),
                lambda env: self.with_env(env)._record_audit(environment.id, observations),
            )

    @api.model
    def _record_audit(self, environment_id, observations):
        """Record the audit as a new scan or, when nothing changed, as the last one's new date."""
        run = Run(tool=instance.TOOL, category=instance.CATEGORY)
        digest = sha256(repr(observations).encode()).hexdigest()
        last = self.search([("source", "=", "instance"), ("state", "=", "done")], limit=1)
        if last.sha256 == digest:
            last.date = fields.Datetime.now()
            return self.env._("nothing changed")
        scan = self.create({"environment_id": environment_id, "source": "instance"})
        scan._apply(run, lambda: iter(observations), digest, confirmed=True)
        return self.env._(
            "%(new)s new findings, %(reopened)s reopened, %(resolved)s resolved",
            new=scan.new_count,
            reopened=scan.reopened_count,
            resolved=scan.resolved_count,
        )
