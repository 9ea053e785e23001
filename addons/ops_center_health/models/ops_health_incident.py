from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import get_lang

SEVERITY = {"down": "critical", "degraded": "warning"}
LEVEL = {"critical": "danger", "warning": "warning"}

# The record of what happened, which users can't change.
FACT_FIELDS = {
    "name",
    "check_id",
    "state",
    "severity",
    "opened_at",
    "acknowledged_by_id",
    "acknowledged_through",
    "escalated_step_ids",
    "prompted_at",
    "resolved_at",
    "resolution",
    "cause",
    "evidence",
    "is_flapping",
    "affected_check_ids",
}


class OpsHealthIncident(models.Model):
    _name = "ops.health.incident"
    _description = "Incident"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "opened_at desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="What Happened", required=True, readonly=True)
    check_id = fields.Many2one(
        "ops.health.check", required=True, readonly=True, index=True, ondelete="cascade"
    )
    environment_id = fields.Many2one(related="check_id.environment_id", store=True, index=True)
    company_id = fields.Many2one(
        related="check_id.company_id", store=True, precompute=True, index=True
    )
    state = fields.Selection(
        [("open", "Open"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
        group_expand=True,
    )
    severity = fields.Selection(
        [("critical", "Critical"), ("warning", "Warning")],
        required=True,
        readonly=True,
        tracking=True,
    )
    user_id = fields.Many2one("res.users", string="Assigned To", tracking=True)
    opened_at = fields.Datetime(required=True, readonly=True, index=True)
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    resolved_at = fields.Datetime(readonly=True)
    duration = fields.Char(compute="_compute_duration")
    cause = fields.Char(readonly=True, help="What the check said when the incident opened.")
    resolution = fields.Char(readonly=True, help="Why the incident ended.")
    evidence = fields.Text(readonly=True, help="What the check saw.")

    _one_open_per_check = models.UniqueIndex(
        "(check_id) WHERE state != 'resolved'",
        "This check has an open incident already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("opened_at", "resolved_at")
    @api.depends_context("lang")
    def _compute_duration(self):
        locale = get_lang(self.env).code
        now = fields.Datetime.now()
        for incident in self:
            lasted = (incident.resolved_at or now) - (incident.opened_at or now)
            incident.duration = format_timedelta(lasted, locale=locale)

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su and FACT_FIELDS & vals.keys():
            raise UserError(
                self.env._(
                    "An incident records what happened and can't be changed. Acknowledge it, or"
                    " write a note below it."
                )
            )
        return super().write(vals)

    # === ACTIONS === #

    def action_acknowledge(self):
        self.check_access("write")
        # The right was verified; only this way may it change the state.
        self.sudo()._acknowledge(self.env.user.name, self.env.user)

    def action_run_now(self):
        self.check_id.action_run_now()

    def action_view_check(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ops.health.check",
            "res_id": self.check_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _report(self, check, outcome):
        """Open the incident of a check that is in trouble, or bring the open one up to date."""
        severity = SEVERITY[outcome.verdict]
        incident = self.search([("check_id", "=", check.id), ("state", "!=", "resolved")])
        if incident.severity == severity:
            return
        values = {
            "name": self._title(check, severity),
            "severity": severity,
            "cause": outcome.message,
            "evidence": outcome.evidence,
        }
        if incident:
            incident.write(values)
            incident._announce("incident.changed")
        else:
            incident = self.create({**values, "check_id": check.id, "opened_at": outcome.at})
            incident._announce("incident.opened")

    @api.model
    def _title(self, check, severity):
        if severity == "critical":
            return self.env._("%(check)s: down", check=check.name)
        return self.env._("%(check)s: degraded", check=check.name)

    def _acknowledge(self, name, user=None):
        """Take down who takes care of those that nobody takes care of yet.

        :param str name: of who does
        :param user: the `res.users`, if it is known
        """
        user_id = user.id if user else False
        for incident in self.filtered(lambda incident: incident.state == "open"):
            incident.write(
                {
                    "state": "acknowledged",
                    "acknowledged_by_id": user_id,
                    "user_id": incident.user_id.id or user_id,
                }
            )
            self.env["ops.event"]._record(
                "incident.acknowledged",
                self.env._(
                    "%(user)s takes care of: %(incident)s", user=name, incident=incident.name
                ),
                environment=incident.environment_id,
                record=incident,
            )

    def _resolve(self, reason):
        """Close the incidents that are still open.

        :param str reason: one sentence
        """
        for incident in self.filtered(lambda incident: incident.state != "resolved"):
            # Whoever may pause or archive a check ends its incident with it.
            incident.sudo().write(
                {"state": "resolved", "resolved_at": fields.Datetime.now(), "resolution": reason}
            )
            incident._announce("incident.resolved")

    def _alarm_text(self):
        """What messages say while it lasts, below their subject."""
        return self.cause

    def _announce(self, kind):
        """Put it on the timeline and tell the channels."""
        self.ensure_one()
        title, message = self._news(kind)
        weight = LEVEL[self.severity]
        level = "success" if self.state == "resolved" else weight
        self.env["ops.event"]._record(
            kind,
            title,
            environment=self.environment_id,
            record=self,
            level=level,
            detail=message,
        )
        # Who was woken by the incident wants to know that it is over, whatever else they mute.
        self.env["ops.notification"].sudo()._notify(
            f"{self.environment_id.display_name}: {title}",
            company=self.company_id,
            level=level,
            heard=weight,
            body=message if self.state == "resolved" else self._alarm_text(),
            record=self,
            key=f"{self.id}-{kind}-{self.severity}",
            also=self.escalated_step_ids.channel_ids,
        )

    def _news(self, kind):
        """What an announcement says: its title, and one sentence."""
        if kind == "incident.resolved":
            title = self.env._("%(check)s: incident resolved", check=self.check_id.name)
            return title, self.resolution
        return self.name, self.cause
