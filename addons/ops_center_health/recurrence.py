"""When something takes place, once or again and again. Free of Odoo."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from dateutil.rrule import rrule, rrulestr

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
TIMES_OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Window(NamedTuple):
    """One time it takes place, in naive UTC as everywhere in Odoo."""

    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Schedule:
    """When something begins, and how long it lasts.

    :param begin: of the first window at the earliest, naive UTC
    :param duration: of each window, by the clock of physics: also while clocks are put forward
    :param rule: an RRULE (RFC 5545) of days, such as ``FREQ=WEEKLY;BYDAY=SU``; empty: just once
    :param zone: whose wall clock tells the time of day, and on which day it is
    """

    begin: datetime
    duration: timedelta
    rule: str = ""
    zone: tzinfo = UTC

    def windows(self, after: datetime, before: datetime) -> Iterator[Window]:
        """The windows that end after a time and begin before another, both naive UTC.

        :raise ValueError: with a sentence for the user, if the rule can't be used
        """
        for begin in self._begins():
            if begin >= before:
                break
            window = Window(begin, begin + self.duration)
            if window.end > after:
                yield window

    def at(self, moment: datetime) -> Window | None:
        """The window that a time lies in, naive UTC."""
        return next(self.windows(moment, moment + timedelta(microseconds=1)), None)

    def next_begin(self, moment: datetime) -> datetime | None:
        """When the first window after a time begins, both naive UTC; None if not within a year."""
        coming = self.windows(moment, moment + timedelta(days=366))
        return next((window.begin for window in coming if window.begin > moment), None)

    def check(self) -> None:
        """Raise a ValueError with a sentence for the user if this never takes place."""
        if next(self._begins(), None) is None:
            raise ValueError("It describes no day at all.")

    def _begins(self) -> Iterator[datetime]:
        if not self.rule:
            yield self.begin
            return
        # A wall clock that skips a time shows it an hour later, and one that is put back shows it
        # a first time: what Python makes of them, and what the standard asks for.
        for begin in _parse(self.rule, self.begin.replace(tzinfo=UTC).astimezone(self.zone)):
            yield begin.astimezone(UTC).replace(tzinfo=None)


def weekly(days: Iterable[int]) -> str:
    """The rule of every week on certain days; Monday is 0."""
    return "FREQ=WEEKLY;BYDAY=" + ",".join(DAYS[day] for day in days)


def _parse(rule: str, begin: datetime) -> rrule:
    """The rule as dateutil knows it, as far as we use it: one window a day at most."""
    text = rule.strip().upper().removeprefix("RRULE:")
    if not re.fullmatch(r"[A-Z0-9=;,+-]+", text):
        raise ValueError("A rule is one line, such as FREQ=MONTHLY;BYDAY=1SU.")
    parts = dict(part.partition("=")[::2] for part in text.split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError("It must begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    if parts.keys() & set(TIMES_OF_DAY):
        raise ValueError("The time of day is that of the first time: leave it out of the rule.")
    if not int(parts.get("INTERVAL") or 1) > 0:
        raise ValueError("INTERVAL must be 1 or more.")
    return rrulestr(f"RRULE:{text}", dtstart=begin)
