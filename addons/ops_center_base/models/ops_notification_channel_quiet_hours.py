from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..quiet_hours import WEEK, QuietHours, time_of_day

DAYS = {"all": WEEK, "workdays": range(5), "weekend": range(5, 7)}


class OpsNotificationChannel(models.Model):
    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    quiet = fields.Boolean(
        string="Quiet Hours",
        tracking=True,
        help="Messages wait until the quiet hours are over. More than three come as one.",
    )
    quiet_from = fields.Float(string="From", default=22, tracking=True)
    quiet_to = fields.Float(string="To", default=7, tracking=True)
    quiet_days = fields.Selection(
        [
            ("all", "Every day"),
            ("workdays", "Monday to Friday"),
            ("weekend", "Saturday and Sunday"),
        ],
        string="Beginning On",
        required=True,
        default="all",
        tracking=True,
    )
    quiet_tz = fields.Selection(
        _tz_get, string="Time Zone", required=True, default=lambda self: self.env.user.tz or "UTC"
    )
    wake_for_failures = fields.Boolean(
        string="Wake Me for Failures",
        default=True,
        tracking=True,
        help="Failures, and their end, are told in the quiet hours as well.",
    )

    held_until = fields.Datetime(
        string="Messages Wait Until",
        compute="_compute_held_until",
        help="When the quiet hours end that messages wait for.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("quiet", "quiet_from", "quiet_to", "quiet_days")
    def _check_quiet_hours(self):
        for channel in self.filtered("quiet"):
            if not all(
                0 <= round(h * 60) < 24 * 60 for h in (channel.quiet_from, channel.quiet_to)
            ):
                raise ValidationError(
                    self.env._("Quiet hours go from and to a time of day: 00:00 to 23:59.")
                )
            if channel.quiet_from == channel.quiet_to and channel.quiet_days == "all":
                raise ValidationError(
                    self.env._(
                        "These quiet hours would never end. Enter different times, or archive the"
                        " channel."
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends("notification_ids.state", "notification_ids.not_before")
    def _compute_held_until(self):
        held = dict(
            self.env["ops.notification"]._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("state", "=", "pending"),
                    ("not_before", ">", fields.Datetime.now()),
                ],
                ["channel_id"],
                ["not_before:min"],
            )
        )
        for channel in self:
            channel.held_until = held.get(channel._origin)

    # === BUSINESS METHODS === #

    def _quiet_hours(self):
        return QuietHours(
            time_of_day(self.quiet_from),
            time_of_day(self.quiet_to),
            frozenset(DAYS[self.quiet_days]),
            ZoneInfo(self.quiet_tz),
        )

    def _held_until(self, level):
        if not self.quiet or (level == "danger" and self.wake_for_failures):
            return super()._held_until(level)
        end = self._quiet_hours().until(fields.Datetime.now().replace(tzinfo=UTC))
        return end.replace(tzinfo=None) if end else super()._held_until(level)
