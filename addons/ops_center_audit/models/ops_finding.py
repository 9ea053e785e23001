from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from ..auditor import instance
from ..importers.observation import KINDS, SEVERITIES
from ..importers.states import MENDABLE_STATES, OPEN_STATES


class OpsFinding(models.Model):
    _name = "ops.finding"
    _description = "Finding"
    _inherit = ["ops.recorded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "severity, id desc"
    _check_company_auto = True

    name = fields.Char(string="Title", required=True, readonly=True)
    rule_id = fields.Many2one(
        "ops.finding.rule",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    description = fields.Text(related="rule_id.description")
    remediation = fields.Text(related="rule_id.remediation")
    url = fields.Char(related="rule_id.url")
    tool = fields.Char(required=True, readonly=True)
    category = fields.Char(readonly=True)
    kind = fields.Selection(
        [
            ("code", "Code"),
            ("vulnerability", "Vulnerability"),
            ("misconfiguration", "Misconfiguration"),
            ("secret", "Secret"),
            ("license", "License"),
            ("delivery", "Delivery"),
        ],
        required=True,
        readonly=True,
        default=KINDS[0],
    )
    severity = fields.Selection(
        [
            ("critical", "Critical"),
            ("high", "High"),
            ("medium", "Medium"),
            ("low", "Low"),
            ("info", "Info"),
        ],
        required=True,
        readonly=True,
        default="medium",
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("confirmed", "Confirmed"),
            ("resolved", "Resolved"),
            ("false_positive", "False Positive"),
            ("accepted", "Risk Accepted"),
            ("not_affected", "Not Affected"),
            ("out_of_scope", "Out of Scope"),
            ("suppressed_in_source", "Suppressed in Source"),
        ],
        required=True,
        readonly=True,
        default="new",
        index=True,
        tracking=True,
    )
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")
    message = fields.Text(readonly=True)
    evidence = fields.Text(readonly=True, help="What was observed, word for word.")
    path = fields.Char(readonly=True)
    line = fields.Integer(readonly=True, aggregator=None)
    location = fields.Char(compute="_compute_location")
    suppression = fields.Char(
        string="Suppressed Because", readonly=True, help="The reason given in the source."
    )
    application_id = fields.Many2one(
        "ops.application",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    environment_id = fields.Many2one(
        "ops.environment",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="Responsible", index="btree_not_null", check_company=True, tracking=True
    )
    decision_reason = fields.Text(readonly=True, tracking=True)
    accepted_until = fields.Date(
        readonly=True, tracking=True, help="From the next day on the finding is open again."
    )
    first_scan_id = fields.Many2one(
        "ops.scan", readonly=True, ondelete="set null", check_company=True
    )
    first_seen_at = fields.Datetime(string="First Seen", readonly=True)
    last_seen_at = fields.Datetime(
        string="Last Seen",
        compute="_compute_last_seen_at",
        help="The last complete scan that saw the problem.",
    )
    seen_until = fields.Datetime(
        readonly=True, help="Set when a complete scan no longer saw the problem."
    )
    resolved_at = fields.Datetime(string="Resolved", readonly=True)
    reopened_count = fields.Integer(string="Reopened", readonly=True)
    change_ids = fields.One2many("ops.finding.change", "finding_id", string="History")
    can_check_again = fields.Boolean(compute="_compute_can_check_again")

    # What the next scan recognises the problem by (`importers.matching`).
    identity = fields.Char(readonly=True, required=True)
    ordinal = fields.Integer(readonly=True, aggregator=None)
    source_id = fields.Char(readonly=True)
    fingerprint = fields.Char(readonly=True)
    snippet = fields.Char(readonly=True)
    digest = fields.Char(readonly=True)

    _identity_uniq = models.UniqueIndex(
        "(application_id, COALESCE(environment_id, 0), tool, category, identity, ordinal)",
        "This problem is known already.",
    )
    _acceptance_complete = models.Constraint(
        "CHECK(state != 'accepted' OR decision_reason IS NOT NULL AND accepted_until IS NOT NULL)",
        "An accepted risk needs a reason and the day until which it is accepted.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state")
    def _compute_is_open(self):
        for finding in self:
            finding.is_open = finding.state in OPEN_STATES

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "in" if True in value else "not in", OPEN_STATES)

    @api.depends("path", "line")
    def _compute_location(self):
        for finding in self:
            finding.location = (
                f"{finding.path}:{finding.line}" if finding.line else finding.path or ""
            )

    @api.depends("seen_until")
    def _compute_last_seen_at(self):
        """An unchanged finding is never written, so the scan says when it was seen."""
        scope = ("application_id", "environment_id", "tool", "category")
        dates = {
            tuple(key): date
            for *key, date in self.env["ops.scan"]._read_group(
                [
                    ("state", "=", "done"),
                    ("complete", "=", True),
                    ("application_id", "in", self.application_id.ids),
                ],
                scope,
                ["date:max"],
            )
        }
        for finding in self:
            last_scan = dates.get(tuple(finding[name] for name in scope))
            finding.last_seen_at = finding.seen_until or last_scan or finding.first_seen_at

    @api.depends("tool", "category")
    def _compute_can_check_again(self):
        for finding in self:
            finding.can_check_again = (
                finding.tool == instance.TOOL and finding.category == instance.CATEGORY
            )

    # === CRUD METHODS === #

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name == "severity":
            position = SQL(
                "array_position(%s, %s)",
                list(SEVERITIES),
                self._field_to_sql(alias, "severity", query),
            )
            return SQL("%s %s %s", position, direction, nulls)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    # === ACTION METHODS === #

    def action_confirm(self):
        self._decide("confirmed", from_states=("new",))

    def action_reopen(self):
        self._decide(
            "new",
            from_states=("confirmed", "false_positive", "accepted", "not_affected", "out_of_scope"),
        )

    def action_decide(self):
        """Ask for the reason; the context says by `default_state` what is decided."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_audit.ops_finding_decision_action"
        )
        return action | {
            "context": {
                "default_finding_ids": self.ids,
                "default_state": self.env.context.get("default_state"),
            }
        }

    def action_check_again(self):
        self.check_access("write")
        if not all(self.mapped("can_check_again")):
            raise UserError(
                self.env._(
                    "Only findings about this Odoo can be checked from here. "
                    "Run the scanner again and upload its report for the others."
                )
            )
        return self.env["ops.scan"].action_check_again()

    # === BUSINESS METHODS === #

    @api.model
    def _open_count_by(self, field_name, records):
        """Return {record: number of open findings}."""
        domain = Domain(field_name, "in", records.ids) & Domain("state", "in", OPEN_STATES)
        return dict(self._read_group(domain, [field_name], ["__count"]))

    @api.model
    def _action_view(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_audit.ops_finding_action"
        )
        return action | {"domain": domain}

    def _decide(self, state, reason=False, until=False, from_states=MENDABLE_STATES):
        """Record a person's decision about these findings."""
        self.check_access("write")
        if state == "accepted" and not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(
                self.env._("Only a manager can accept a risk. Ask one of them to decide.")
            )
        if until and until <= fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day in the future until which it is accepted."))
        wrong = self.filtered(lambda finding: finding.state not in from_states)
        if wrong:
            raise UserError(
                self.env._(
                    "“%(finding)s” is in the state “%(state)s”, where this decision has no "
                    "meaning. Reopen it first, or leave it out.",
                    finding=wrong[0].name,
                    state=dict(self._fields["state"]._description_selection(self.env))[
                        wrong[0].state
                    ],
                )
            )
        # The state is read-only for everybody; the right to decide was checked above.
        self.sudo().write({"state": state, "decision_reason": reason, "accepted_until": until})

    @api.model
    def _run_expire_acceptances(self):
        """Loop: open again what was accepted until a day that has passed."""
        run_in_new_transaction(self.env, lambda env: self.with_env(env)._expire_acceptances())

    @api.model
    def _expire_acceptances(self):
        expired = self.search(
            [("state", "=", "accepted"), ("accepted_until", "<", fields.Date.today())]
        )
        if not expired:
            return
        self.env["ops.finding.change"].create(
            [{"finding_id": finding.id, "kind": "expired"} for finding in expired]
        )
        expired.with_context(tracking_disable=True).write({"state": "new"})
        for environment, company, findings in self._read_group(
            [("id", "in", expired.ids)], ["environment_id", "company_id"], ["id:recordset"]
        ):
            self.env["ops.event"]._record(
                "finding.expired",
                self.env._("Accepted risks that are open again: %s", len(findings)),
                company=company,
                environment=environment,
                level="warning",
            )
