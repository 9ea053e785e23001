"""Who is on call when. Free of Odoo; people are whatever can be compared."""

from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Turns(NamedTuple):
    """Turns of equal length, which people take one after the other."""

    first: date  #: the day of some hand-over
    at: time  #: local time of each hand-over
    days: int  #: from one hand-over to the next
    zone: ZoneInfo

    def begin(self, number: int) -> datetime:
        """Return when a turn begins, in UTC."""
        day = self.first + timedelta(days=number * self.days)
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def number(self, moment: datetime) -> int:
        """Return which turn a moment falls into."""
        number = (moment.astimezone(self.zone).date() - self.first).days // self.days
        return number - (moment < self.begin(number))


class Absence(NamedTuple):
    """Time in which somebody does not stand in."""

    person: Hashable
    begin: datetime
    end: datetime


class Shift(NamedTuple):
    """Time in which somebody is on call without a break."""

    person: Hashable
    begin: datetime
    end: datetime


def shifts(
    turns: Turns,
    people: Sequence[Hashable],
    absences: Sequence[Absence],
    begin: datetime,
    end: datetime,
) -> Iterator[Shift]:
    """Yield the shifts that touch a span of time, the earliest first.

    Who is absent is replaced by the next in order who is not. Where all are absent, the one whose
    turn it is stays on call: an alarm that reaches nobody is worse than one that disturbs.
    """
    last = None
    for shift in _pieces(turns, people, absences, turns.number(begin)):
        if last and last.person == shift.person and shift.begin <= end:
            last = last._replace(end=shift.end)
            continue
        if last and last.end > begin:
            yield last
        if shift.begin > end:
            return
        last = shift


def _pieces(
    turns: Turns, people: Sequence[Hashable], absences: Sequence[Absence], number: int
) -> Iterator[Shift]:
    """Yield turns without end, cut where an absence begins or ends."""
    while True:
        first, last = turns.begin(number), turns.begin(number + 1)
        cuts = {moment for absence in absences for moment in (absence.begin, absence.end)}
        bounds = [first, *sorted(cut for cut in cuts if first < cut < last), last]
        order = [people[(number + step) % len(people)] for step in range(len(people))]
        for begin, end in pairwise(bounds):
            absent = {a.person for a in absences if a.begin <= begin < a.end}
            present = (person for person in order if person not in absent)
            yield Shift(next(present, order[0]), begin, end)
        number += 1
