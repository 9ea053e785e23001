from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..histogram import percentile
from ..storage import intervals, rollups

UPTIME_DAYS = (1, 7, 30, 90, 365)
BARS = 90  # results, hours or days
MAX_CHANGES = 50  # told on a chart
# The kinds of events told there: of the whole environment, and of the check alone.
CHANGES = ("cron.deactivated", "odoo.modules_changed", "odoo.version_changed", "settings.changed")
OWN_CHANGES = ("certificate.changed", "check.changed")

# By days that a latency chart shows: what it is read from, and the time of each point.
LATENCY_CHARTS = {
    1: (rollups.SAMPLES, timedelta(minutes=15)),
    7: (rollups.HOURS, timedelta(hours=1)),
    30: (rollups.HOURS, timedelta(hours=4)),
    90: (rollups.DAYS, timedelta(days=1)),
}


class OpsHealthCheck(models.Model):
    """What a check was like: the states it was in, and how latencies went."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    uptimes = fields.Json(
        string="Uptime",
        compute="_compute_uptimes",
        help="The time in which the check was up or degraded, as a share of the time in which this"
        " is known. Pauses, maintenance and time in which nobody looked don't count. While a check"
        " is suppressed it counts as down, for it did not answer.",
    )
    unseen_since = fields.Datetime(
        string="Not Looked At Since",
        compute="_compute_unseen_since",
        help="Set while nobody looks though it is time to: what is shown of the check is old.",
    )

    # === COMPUTE METHODS === #

    def _compute_uptimes(self):
        shares = {
            days: intervals.uptime(self.env.cr, self.ids, timedelta(days=days))
            for days in UPTIME_DAYS
        }
        for check in self:
            check.uptimes = [
                {"days": days, "share": share.get(check._origin.id)}
                for days, share in shares.items()
            ]

    @api.depends("state")
    def _compute_unseen_since(self):
        since = intervals.unseen_since(self.env.cr, self.ids)
        for check in self:
            is_seen = check.state in intervals.SEEN
            check.unseen_since = is_seen and since.get(check._origin.id)

    # === CRUD METHODS === #

    def init(self):
        intervals.create_table(self.env.cr)
        return super().init()

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        begun = checks.grouped(lambda check: (check.state, check.state_since))
        for (state, since), those in begun.items():
            intervals.begin(self.env.cr, those.ids, state, since)
        return checks

    def write(self, vals):
        state = vals.get("state")
        changed = self.filtered(lambda check: state and check.state != state)
        result = super().write(vals)
        if changed:
            since = vals.get("state_since") or fields.Datetime.now()
            intervals.begin(self.env.cr, changed.ids, state, since)
        return result

    # === BUSINESS METHODS === #

    @api.readonly
    def retrieve_bars(self, unit):
        """What the bars of a check show.

        :param str unit: ``result``, ``hour`` or ``day``, those of the user's time zone
        :return: oldest first, results as `_heartbeats` has them, or the beginning of each period
            (``at``) and its ``seconds`` by state
        """
        self.ensure_one()
        self.check_access("read")
        if unit == "result":
            return self._heartbeats(BARS).get(self.id, [])
        bounds = self._period_bounds(unit)
        periods = intervals.seconds_by_state(self.env.cr, self.ids, bounds)[self.id]
        return [
            {"at": fields.Datetime.to_string(at), "seconds": seconds}
            for at, seconds in zip(bounds, periods, strict=False)
        ]

    def _period_bounds(self, unit):
        """The beginnings of the last periods, and the end of the present one."""
        if unit == "hour":
            end = fields.Datetime.now().replace(minute=0, second=0) + rollups.HOUR
            return [end - rollups.HOUR * ago for ago in range(BARS, -1, -1)]
        if unit != "day":
            raise UserError(self.env._("Bars show results, hours or days."))
        zone = self.env.tz
        tomorrow = datetime.now(zone).date() + rollups.DAY
        # A day isn't always 24 hours long.
        return [
            zone.localize(datetime.combine(tomorrow - rollups.DAY * ago, time.min))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for ago in range(BARS, -1, -1)
        ]

    @api.readonly
    def retrieve_latency(self, days):
        """What the latency chart of a check shows.

        :param int days: one of `LATENCY_CHARTS`
        :return: the time that it shows, ``points`` (times without results are left out) with
            latencies in milliseconds, and ``changes``, what was done to the environment meanwhile
        """
        self.ensure_one()
        self.check_access("read")
        if days not in LATENCY_CHARTS:
            raise UserError(self.env._("Latency is shown of 1, 7, 30 or 90 days."))
        source, width = LATENCY_CHARTS[days]
        end = fields.Datetime.now()
        begin = _floor(end - timedelta(days=days), width)
        return {
            "begin": fields.Datetime.to_string(begin),
            "end": fields.Datetime.to_string(end),
            "width": width.total_seconds(),
            "points": [
                _point(row)
                for row in rollups.read(self.env.cr, self.id, source, width, begin)
                if row["histogram"]
            ],
            "changes": self._changes(begin),
        }

    def _change_domain(self):
        """Which events may be why a check goes otherwise than before. Addons add theirs."""
        own = Domain("kind", "in", OWN_CHANGES) & Domain(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        return own | Domain("kind", "in", CHANGES)

    def _changes(self, begin):
        # What was set for a whole company counts in each of its environments.
        here = Domain("environment_id", "=", self.environment_id.id) | Domain(
            [("environment_id", "=", False), ("company_id", "=", self.company_id.id)]
        )
        events = self.env["ops.event"].search(
            self._change_domain() & here & Domain("date", ">=", begin), limit=MAX_CHANGES
        )
        return [
            {"at": fields.Datetime.to_string(event.date), "name": event.name}
            for event in reversed(events)
        ]


def _floor(moment, width):
    """The beginning of the time of a width, counted from 1970, that holds a moment."""
    return moment - (moment - datetime(1970, 1, 1)) % width


def _point(row):
    """What a chart shows of a time."""
    return {
        "at": fields.Datetime.to_string(row["begin"]),
        "p50": _bounded_percentile(row, 0.5),
        "p95": _bounded_percentile(row, 0.95),
        "max": row["latency_max"],
        "mean": row["latency_sum"] / sum(row["histogram"].values()),
        "results": row["up"] + row["degraded"] + row["down"] + row["unknown"],
        "up": row["up"],
    }


def _bounded_percentile(row, share):
    """A percentile, whose error can't lead it beyond what was measured."""
    value = percentile(row["histogram"], share)
    return min(max(value, row["latency_min"]), row["latency_max"])
