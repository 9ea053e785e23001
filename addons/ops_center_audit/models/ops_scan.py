import io
from collections import defaultdict
from contextlib import closing, contextmanager
from hashlib import sha256

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from ..auditor import instance
from ..importers import sarif
from ..importers.observation import Run
from ..reconciliation import Reconciliation
from ..report_errors import explain

LOCK_TIMEOUT = "10s"


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
            self.sudo().write({"state": "failed", "message": explain(self.env, error)})
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
            Reconciliation(
                scan,
                run,
                lambda positions=positions: (
                    observation
                    for position, observation in report.observations()
                    if position in positions
                ),
                digest,
            ).apply(confirmed)

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
        Reconciliation(scan, run, lambda: iter(observations), digest).apply(confirmed=True)
        return self.env._(
            "%(new)s new findings, %(reopened)s reopened, %(resolved)s resolved",
            new=scan.new_count,
            reopened=scan.reopened_count,
            resolved=scan.resolved_count,
        )
