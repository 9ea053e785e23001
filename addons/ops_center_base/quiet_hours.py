"""The time in which messages wait. Free of Odoo."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

WEEK = range(7)


def time_of_day(hours: float) -> time:
    """Return the time of day that so many hours after midnight stand for, to the minute."""
    hour, minute = divmod(round(hours * 60), 60)
    return time(hour, minute)


class QuietHours(NamedTuple):
    """Begin on certain days at a local time and last until another one, if need be overnight."""

    begin: time
    end: time  #: equal to ``begin``: around the clock
    days: frozenset[int]  #: on which they begin; Monday is 0
    zone: ZoneInfo

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet that reigns at a moment ends, in UTC; None if there is none."""
        end = None
        # One quiet time may follow another, for a week at most unless it never ends.
        for _day in WEEK:
            later = self._end_of_span(end or moment)
            if not later:
                break
            end = later
        return end

    def _end_of_span(self, moment: datetime) -> datetime | None:
        today = moment.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days:
                begin, end = self._span(day)
                if begin <= moment < end:
                    return end
        return None

    def _span(self, day: date) -> tuple[datetime, datetime]:
        last_day = day if self.end > self.begin else day + timedelta(days=1)
        return (
            datetime.combine(day, self.begin, self.zone).astimezone(UTC),
            datetime.combine(last_day, self.end, self.zone).astimezone(UTC),
        )
