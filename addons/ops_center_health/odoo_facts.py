"""What an Odoo elsewhere reports about itself, or is asked for, and what that says of it.

Free of Odoo.

All texts of a report come from strangers. The README of ops_center_agent describes the document.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .outcome import plain_text
from .self_checks import Measure, disk, mail, scheduled_actions
from .self_checks.measure import number

FORMAT = 1
MISSED = 3  # reports that may be missing before an agent is called silent
MAX_COUNT = 2**53  # what JSON tells exactly
MAX_ITEMS = 5000  # modules, or scheduled actions in trouble
MAX_NAME = 200  # characters
MAX_TEXT = 1000  # characters
LAST_YEAR = 9999  # that Python knows

VERDICTS = ("up", "degraded", "down")  # the later, the worse


@dataclass(frozen=True)
class Facts:
    """What was reported last.

    :param document: what `parse` gave
    :param received_at: UTC, naive as everywhere in Odoo
    :param awaited_since: when Ops Center was back after nobody had looked, if it was away
    :param is_pulled: whether Ops Center asked for it, and no agent reported it
    """

    document: dict
    received_at: datetime
    awaited_since: datetime | None = None
    is_pulled: bool = False

    def silent_since(self, now: datetime) -> datetime | None:
        """When the last report came, if the next ones should have come since."""
        allowed = timedelta(seconds=MISSED * self.document["period"])
        # Who knocks in vain is not silent.
        since = max(self.received_at, self.awaited_since or self.received_at)
        return self.received_at if now - since > allowed else None


@dataclass(frozen=True)
class Expectation:
    """What the facts have to be like.

    :param backup_hours: how old the last backup may be, None for any age
    """

    backup_hours: float | None = None

    def judge(self, facts: Facts, now: datetime) -> Measure:
        """:param now: UTC, naive"""
        measures = self.troubles(facts, now)
        if not measures:
            return Measure("up", "No problem is reported.", 0)
        return Measure(
            max((measure.verdict for measure in measures), key=VERDICTS.index),
            " ".join(measure.message for measure in measures),
            len(measures),
            "\n".join(measure.evidence for measure in measures if measure.evidence),
        )

    def troubles(self, facts: Facts, now: datetime) -> list[Measure]:
        """What is not as it should be, the worst first."""
        if since := facts.silent_since(now):
            # What it said before may be no longer true; and why nothing more was fetched, the check
            # says by itself.
            if facts.is_pulled:
                return []
            return [Measure("degraded", f"The agent has been silent since {_time(since)}.")]
        measures = [
            *_judge_known(facts.document, "problem", _judge_problem),
            *_judge_known(facts.document, "crons", _judge_actions),
            *_judge_known(facts.document, "mail", _judge_mail),
            *_judge_known(facts.document, "jobs", _judge_jobs),
            *_judge_known(facts.document, "disk", _judge_disk),
        ]
        if self.backup_hours is not None:
            measures += _judge_known(
                facts.document, "backup", lambda backup: self._judge_backup(backup, now)
            )
        troubles = [measure for measure in measures if measure.verdict != "up"]
        return sorted(troubles, key=lambda measure: -VERDICTS.index(measure.verdict))

    def _judge_backup(self, backup, now):
        if "newest_at" not in backup:
            return None
        if backup["newest_at"] is None:
            return Measure("degraded", "There is no backup where the agent looks for it.")
        made_at = from_seconds(backup["newest_at"])
        if now - made_at > timedelta(hours=self.backup_hours):
            return Measure("degraded", f"The last backup is of {_time(made_at)}.")
        return None


def _judge_known(document, name, judge):
    """The measure of a part of the document, in a list; none if nothing is known of it."""
    measure = judge(document[name]) if name in document else None
    return [measure] if measure else []


def _judge_problem(problem):
    return Measure("degraded", problem) if problem else None


def _judge_actions(actions):
    return scheduled_actions.assess(
        [
            {"cron_name": action["name"], "nextcall": f"{from_seconds(action['due_at']):%F %H:%M}"}
            for action in actions.get("late", ())
        ],
        [
            {"cron_name": action["name"], "failures": action["failures"]}
            for action in actions.get("failing", ())
        ],
        [],
        actions.get("active", 0),
    )


def _judge_mail(queue):
    return mail.judge(queue.get("stuck", 0), queue.get("failed", 0), queue.get("reason", ""))


def _judge_jobs(jobs):
    failed = jobs.get("failed", 0)
    if not failed:
        return None
    return Measure("degraded", f"{number(failed, 'job')} failed in the last 24 hours.", failed)


def _judge_disk(space):
    total, free = space.get("total", 0), space.get("free", 0)
    if not total:
        return None
    # Of the number of files that it can hold, which would be in the evidence, nothing is reported.
    used = 100 * max(total - free, 0) / total
    return replace(disk.judge("that Odoo", used, 0.0, free), evidence="")


def from_seconds(seconds: int) -> datetime:
    """:param seconds: since 1970, UTC"""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _time(at):
    return f"{at:%Y-%m-%d %H:%M} UTC"


# === PARSING === #


def clean(pulled: Mapping) -> dict:
    """The document that was fetched, if its values can be those of an Odoo."""
    try:
        return PULLED("", pulled)
    except ValueError as error:
        return {
            "format": FORMAT,
            "period": pulled["period"],
            "problem": f"What was fetched with the API key can't be used: {error}",
        }


def parse(body: bytes) -> dict:
    """The document of a report, without what isn't known here.

    :raise ValueError: with a sentence for who sent it
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError("The report is not JSON.") from error
    if not isinstance(document, dict):
        raise ValueError("The report is not a JSON object.")
    if document.get("format") != FORMAT:
        raise ValueError(
            f"“format” is not {FORMAT}. Install the agent that came with this Ops Center, or"
            " upgrade Ops Center."
        )
    report = REPORT("", document)
    if "period" not in report:
        raise ValueError("“period” is missing: the seconds between two reports.")
    return report


def _refuse_constant(name):
    raise ValueError(name)


def _whole(low, high):
    def read(name, value):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"“{name}” is not a whole number from {low} to {high}.")
        return value

    return read


def _text(limit):
    def read(name, value):
        if not isinstance(value, str):
            raise ValueError(f"“{name}” is not a text.")
        return plain_text(value)[:limit]

    return read


def _optional(shape):
    return lambda name, value: None if value is None else shape(name, value)


def _record(**shapes):
    """An object with these keys; those that are missing are unknown."""

    def read(name, value):
        if not isinstance(value, dict):
            raise ValueError(f"“{name}” is not an object.")
        return {
            key: shape(f"{name}.{key}" if name else key, value[key])
            for key, shape in shapes.items()
            if key in value
        }

    return read


def _rows(**shapes):
    """A list of objects that have all these keys."""
    record = _record(**shapes)

    def read(name, value):
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ValueError(f"“{name}” is not a list of at most {MAX_ITEMS} objects.")
        rows = [record(name, row) for row in value]
        if any(row.keys() != shapes.keys() for row in rows):
            raise ValueError(f"An object in “{name}” lacks one of: {', '.join(shapes)}.")
        return rows

    return read


def _versions(name, value):
    if not isinstance(value, dict) or len(value) > MAX_ITEMS:
        raise ValueError(f"“{name}” is not an object with at most {MAX_ITEMS} keys.")
    text = _text(MAX_NAME)
    return {text(name, module): text(name, version) for module, version in value.items()}


COUNT = _whole(0, MAX_COUNT)
TIME = _whole(0, int(datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp()))
NAME = _text(MAX_NAME)

SHAPES = {
    "format": COUNT,
    "period": _whole(60, 86400),
    "odoo": _record(version=NAME, edition=NAME),
    "modules": _versions,
    "crons": _record(
        active=COUNT,
        late=_rows(name=NAME, due_at=TIME),
        failing=_rows(name=NAME, failures=COUNT),
    ),
    "mail": _record(stuck=COUNT, failed=COUNT, reason=_text(MAX_TEXT)),
    "jobs": _record(failed=COUNT),
    "users_online": COUNT,
    "disk": _record(total=COUNT, free=COUNT),
    "database": _record(size=COUNT),
    "backup": _record(newest_at=_optional(TIME)),
}
REPORT = _record(**SHAPES)
# With what kept the rest from being fetched.
PULLED = _record(**SHAPES, problem=_text(MAX_TEXT), note=_text(MAX_TEXT))
