from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_datetime

from odoo.addons.base.models.res_partner import _tz_get

from ..cron_schedule import CronSchedule
from ..storage import pings

PREVIEWED = 3  # runs
MAX_EXPRESSION = 100  # characters


class OpsHealthCheck(models.Model):
    """Heartbeats of jobs that run at certain times rather than every so many seconds."""

    # Each theme has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    cron_expression = fields.Char(
        string="Runs At",
        size=MAX_EXPRESSION,
        tracking=True,
        help="The cron expression that starts the job, such as 30 2 * * 1-5: minute, hour, day,"
        " month, day of the week. Empty: it succeeds “Every” so many seconds.",
    )
    cron_tz = fields.Selection(
        _tz_get,
        string="Time Zone of the Job",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="That of the machine that the job runs on.",
    )
    cron_preview = fields.Char(string="Next Runs", compute="_compute_cron_preview")
    next_expected_at = fields.Datetime(
        string="Next Expected",
        compute="_compute_next_expected_at",
        help="When the job should call next. The grace begins then.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("cron_expression", "cron_tz")
    def _check_cron_expression(self):
        for check in self.filtered("cron_expression"):
            try:
                check._cron_schedule()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“Runs At” of %(name)s is no cron expression. %(reason)s Write one such as"
                        " 30 2 * * 1-5, or empty it and say “Every” how many seconds the job"
                        " succeeds.",
                        name=check.name,
                        reason=error,
                    )
                ) from error

    # === COMPUTE METHODS === #

    @api.depends("cron_expression", "cron_tz")
    def _compute_cron_preview(self):
        now = self.env.cr.now()
        for check in self:
            try:
                schedule = check._cron_schedule()
            except ValueError as error:
                check.cron_preview = str(error)
                continue
            runs = schedule.next_runs(now, PREVIEWED) if schedule else []
            check.cron_preview = " · ".join(
                format_datetime(self.env, run, tz=check.cron_tz, dt_format="EEE d MMM HH:mm")
                for run in runs
            )

    def _compute_next_expected_at(self):
        heartbeats = self.filtered(lambda check: check.kind == "heartbeat")
        _now, said = pings.latest(self.env.cr, heartbeats.ids)
        for check in self:
            ended_at = said[check.id].ended_at if check in heartbeats else None
            check.next_expected_at = ended_at and check._rhythm().next_after(ended_at)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._follow_cron()
        return checks

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"kind", "cron_expression", "cron_tz", "interval"}:
            self._follow_cron()
        return result

    def _follow_cron(self):
        """Let the interval be the longest pause, for by it unseen time is told from silence."""
        for check in self:
            pause = check.kind == "heartbeat" and check.cron_expression and check._longest_pause()
            if pause and check.interval != pause:
                check.interval = pause

    # === BUSINESS METHODS === #

    def _longest_pause(self):
        return self._cron_schedule().longest_pause()

    def _cron_schedule(self):
        """When the job runs, None if it follows no cron expression.

        :raise ValueError: with a sentence for the user
        """
        if not self.cron_expression:
            return None
        return CronSchedule(self.cron_expression, self.cron_tz or "UTC")

    def _probe_fields(self):
        return super()._probe_fields() | {"cron_expression", "cron_tz"}

    def _record_change(self, names):
        by_cron = self.filtered("cron_expression")
        # The interval of such a job only follows.
        if set_by_hand := names - {"interval"}:
            super(OpsHealthCheck, by_cron)._record_change(set_by_hand)
        return super(OpsHealthCheck, self - by_cron)._record_change(names)

    def _rhythm(self):
        return replace(super()._rhythm(), cron=self._cron_schedule())
