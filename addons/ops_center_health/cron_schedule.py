"""When a job runs that is started by a cron expression. Free of Odoo."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS = 5  # minute, hour, day of the month, month, day of the week
# A leap year that begins on a Monday. The longest pause is looked for in it, in a week of it where
# a job runs each minute, and in the years that follow where it runs seldom.
REFERENCE = datetime(2024, 1, 1)
END = datetime(2100, 1, 1)
MOST_RUNS = 5000
FEW_RUNS = 100


@dataclass(frozen=True)
class CronSchedule:
    """A cron expression in a time zone, read as Debian's cron does. Times are UTC and naive.

    A run whose time is skipped in spring is due as soon as the clocks went forward; one whose time
    comes twice in autumn is due the first time, unless it runs every so many minutes or hours.

    :param expression: such as ``30 2 * * 1-5``
    :param tz: name of the time zone
    :raise ValueError: with a sentence for the user
    """

    expression: str
    tz: str = "UTC"

    def __post_init__(self):
        if len(self.expression.split()) != FIELDS:
            raise ValueError("It has five fields: minute, hour, day, month and day of the week.")
        try:
            CronSim(self.expression, REFERENCE)
        except CronSimError as error:
            raise ValueError(f"Its {str(error).removeprefix('Bad ')} is wrong.") from error
        if not list(islice(self._runs(REFERENCE), 1)):
            raise ValueError("That day never comes.")

    def next_after(self, at: datetime) -> datetime:
        """The first run after a time."""
        return self.next_runs(at, 1)[0]

    def next_runs(self, at: datetime, count: int) -> list[datetime]:
        """So many runs after a time."""
        # When the clocks go back, an hour has run once already that is about to begin again.
        return list(islice((run for run in self._runs(at) if run > at), count))

    def longest_pause(self) -> int:
        """Seconds that lie between two runs at most."""
        longest = timedelta()
        for number, (run, later) in enumerate(pairwise(islice(self._runs(REFERENCE), MOST_RUNS))):
            if later > END:
                break
            longest = max(longest, later - run)
            if number > FEW_RUNS and later.year > REFERENCE.year:
                break
        return int(longest.total_seconds())

    def _runs(self, at: datetime) -> Iterator[datetime]:
        local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.tz))
        for run in CronSim(self.expression, local):
            yield run.astimezone(UTC).replace(tzinfo=None)
