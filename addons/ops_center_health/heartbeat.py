"""What the pings of a job say about it: silence is the failure. Free of Odoo.

A job pings when it has succeeded; it may also say when it starts, that it failed, and things worth
remembering. The rules are those of healthchecks.io (https://healthchecks.io/docs/).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .cron_schedule import CronSchedule
from .self_checks import Measure

SOON = 1.0  # seconds


@dataclass(frozen=True)
class Pings:
    """What a job said last. Times are UTC, naive as everywhere in Odoo.

    :param started_at: when the run began that has not ended yet
    :param ended_at: when the last run ended
    :param failed: whether that run failed
    :param exit_code: of that run, if it told
    :param duration_ms: milliseconds that run took, if it told when it started
    :param note: what that run sent along
    :param log: what was sent since
    :param unjudged: a failure before, if nobody has looked since
    """

    started_at: datetime | None = None
    ended_at: datetime | None = None
    failed: bool = False
    exit_code: int | None = None
    duration_ms: float | None = None
    note: str = ""
    log: str = ""
    unjudged: "Pings | None" = None


@dataclass(frozen=True)
class Rhythm:
    """What is expected of a job.

    :param period: seconds between two successes
    :param grace: seconds that a success may be late, and that a run may take
    :param cron: when it runs, in the place of the period
    """

    period: float
    grace: float
    cron: CronSchedule | None = None

    def next_after(self, ended_at: datetime) -> datetime:
        """When a success is expected after one that ended at a time (UTC, naive)."""
        if self.cron:
            return self.cron.next_after(ended_at)
        return ended_at + timedelta(seconds=self.period)

    def judge(self, pings: Pings, now: datetime) -> Measure:
        """The verdict on a job, and when it has to be looked at again if it stays silent."""
        grace = timedelta(seconds=self.grace)
        if pings.unjudged and not pings.failed:
            # What follows of it follows first, however soon the job succeeded again.
            return replace(self.judge(pings.unjudged, now), due_in=SOON)
        if pings.failed:
            code = "" if pings.exit_code is None else f" with exit code {pings.exit_code}"
            return Measure(
                "down",
                f"The run that ended at {_time(pings.ended_at)} failed{code}.",
                evidence=pings.note,
                latency_ms=pings.duration_ms,
            )
        if pings.started_at and now >= pings.started_at + grace:
            return Measure(
                "down",
                f"Started at {_time(pings.started_at)} and did not end within {self.grace:g} s.",
                evidence=pings.log,
            )
        deadlines = [pings.started_at + grace] if pings.started_at else []
        if not pings.ended_at:
            message = (
                f"Started at {_time(pings.started_at)}, not ended yet."
                if pings.started_at
                else "Waiting for the first ping."
            )
            return Measure("unknown", message, due_in=_seconds_to_first(deadlines, now))
        expected_at = self.next_after(pings.ended_at)
        if now >= expected_at + grace:
            return Measure(
                "down",
                f"Silent since {_time(pings.ended_at)}, expected at {_time(expected_at)}"
                f" and at most {self.grace:g} s later.",
                evidence=pings.log or pings.note,
            )
        took = "" if pings.duration_ms is None else f" after {pings.duration_ms / 1000:.1f} s"
        return Measure(
            "up",
            f"Succeeded at {_time(pings.ended_at)}{took}.",
            latency_ms=pings.duration_ms,
            due_in=_seconds_to_first([*deadlines, expected_at + grace], now),
        )


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _seconds_to_first(deadlines: list[datetime], now: datetime) -> float | None:
    return (min(deadlines) - now).total_seconds() if deadlines else None
