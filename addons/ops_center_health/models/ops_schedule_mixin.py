from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..recurrence import Schedule, weekly

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class OpsScheduleMixin(models.AbstractModel):
    """Times that take place once, on days of the week, or by a rule."""

    _name = "ops.schedule.mixin"
    _description = "Schedule"
    _inherit = ["mail.thread"]

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    recurrence = fields.Selection(
        [("once", "Once"), ("weekly", "Every Week"), ("rule", "By a Rule")],
        string="Takes Place",
        required=True,
        default="once",
        tracking=True,
    )
    date_from = fields.Datetime(
        string="From", required=True, default=fields.Datetime.now, tracking=True
    )
    date_to = fields.Datetime(string="To", compute="_compute_date_to", inverse="_inverse_date_to")
    duration = fields.Float(
        string="Lasts", required=True, default=1, tracking=True, help="Hours and minutes."
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="Repetitions begin at the same time of day there, in summer and in winter.",
    )
    monday = fields.Boolean()
    tuesday = fields.Boolean()
    wednesday = fields.Boolean()
    thursday = fields.Boolean()
    friday = fields.Boolean()
    saturday = fields.Boolean()
    sunday = fields.Boolean()
    rule = fields.Char(
        tracking=True,
        help="An RRULE as calendars use it, such as FREQ=MONTHLY;BYDAY=1SU for each first Sunday.",
    )
    _duration_min = models.Constraint(
        "CHECK(duration > 0)",
        "It ends before it begins: correct “To” or “Lasts”.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("recurrence", "rule", "tz", "date_from", *WEEKDAYS)
    def _check_recurrence(self):
        for record in self:
            if record.recurrence == "weekly" and not record._weekdays():
                raise ValidationError(
                    self.env._("Choose on which days of the week “%s” begins.", record.name)
                )
            try:
                record._schedule().check()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“Rule” of %(name)s can't be used. %(reason)s",
                        name=record.name,
                        reason=error,
                    )
                ) from error

    # === COMPUTE METHODS === #

    @api.depends("date_from", "duration")
    def _compute_date_to(self):
        for record in self:
            record.date_to = record.date_from and (record.date_from + record._length())

    def _inverse_date_to(self):
        for record in self:
            if record.date_from and record.date_to:
                lasts = record.date_to - record.date_from
                record.duration = lasts / timedelta(hours=1)

    # === BUSINESS METHODS === #

    def _length(self):
        return timedelta(seconds=round(self.duration * 3600))

    def _weekdays(self):
        return [day for day, name in enumerate(WEEKDAYS) if self[name]]

    def _schedule(self):
        rules = {"once": "", "weekly": weekly(self._weekdays()), "rule": self.rule or " "}
        return Schedule(
            self.date_from, self._length(), rules[self.recurrence], ZoneInfo(self.tz or "UTC")
        )
