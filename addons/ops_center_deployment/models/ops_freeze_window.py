from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_datetime


class Freeze(NamedTuple):
    """Why nothing is deployed now, and until when (naive UTC, None: nobody can say)."""

    window: models.Model
    until: object

    def tell(self):
        """Return a sentence for the user, in the user's time zone."""
        env = self.window.env
        if not self.until:
            return env._("Frozen by “%s”. Ask a manager.", self.window.name)
        return env._(
            "Frozen by “%(window)s” until %(until)s.",
            window=self.window.name,
            until=format_datetime(env, self.until, tz=env.user.tz or "UTC"),
        )


class OpsFreezeWindow(models.Model):
    """Times in which nothing new is deployed, or the only ones in which it is."""

    _name = "ops.freeze.window"
    _description = "Freeze Window"
    _inherit = ["ops.schedule.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    effect = fields.Selection(
        [
            ("deny", "Nothing new is deployed then"),
            ("allow", "New things are deployed only then"),
        ],
        required=True,
        default="deny",
        tracking=True,
        help="Where both apply, nothing is deployed.",
    )
    environment_kind = fields.Selection(
        [
            ("production", "Production"),
            ("staging", "Staging"),
            ("preview", "Preview"),
            ("development", "Development"),
        ],
        string="Only",
        default="production",
        tracking=True,
        help="Empty: environments of all kinds.",
    )
    environment_ids = fields.Many2many(
        "ops.environment", string="Environments", check_company=True, tracking=True
    )
    application_ids = fields.Many2many(
        "ops.application", string="Applications", check_company=True, tracking=True
    )
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", check_company=True, tracking=True
    )
    is_now = fields.Boolean(string="Now", compute="_compute_is_now")
    next_date_from = fields.Datetime(string="Next", compute="_compute_is_now")

    # === COMPUTE METHODS === #

    @api.depends("date_from", "duration", "recurrence", "rule", "tz", "active")
    def _compute_is_now(self):
        now = fields.Datetime.now()
        for window in self:
            schedule = window._schedule()
            window.is_now = window.active and bool(schedule.at(now))
            window.next_date_from = schedule.next_begin(now)

    # === BUSINESS METHODS === #

    def _covers(self, environment):
        """Say whether this is about an environment: one that is chosen, or any if none is."""
        if self.environment_kind and self.environment_kind != environment.kind:
            return False
        chosen = self.environment_ids or self.application_ids or self.partner_ids
        return not chosen or bool(
            environment in self.environment_ids
            or environment.application_id in self.application_ids
            or environment.partner_id in self.partner_ids
        )

    def _freeze_of(self, environment, moment):
        """Return the `Freeze` of an environment at a time, None if there is none.

        :param moment: naive UTC
        """
        windows = self.filtered(lambda window: window._covers(environment))
        for window in windows.filtered(lambda window: window.effect == "deny"):
            if now := window._schedule().at(moment):
                return Freeze(window, now.end)
        allowing = windows.filtered(lambda window: window.effect == "allow")
        schedules = [window._schedule() for window in allowing]
        if not allowing or any(schedule.at(moment) for schedule in schedules):
            return None
        coming = filter(None, (schedule.next_begin(moment) for schedule in schedules))
        return Freeze(allowing[0], min(coming, default=None))
