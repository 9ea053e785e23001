"""What somebody who carries out a deployment reports of it. Free of Odoo.

A report is a JSON object::

    {"id": "…", "state": "deploying", "message": "…", "reference": "build 7",
     "steps": [{"name": "Build", "state": "done"}], "log": "…", "log_from": 1200}

``id`` and ``state`` are required. The id is that of the request: as the signature covers it, the
report of one deployment is none of another.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import states

MAX_TEXT = 500  # characters
MAX_STEPS = 100
MAX_OFFSET = 2**31 - 2**20  # characters of a log
#: Which state of ours a reported one is. What succeeded there is verified here before it is live.
STATES = {
    "building": states.BUILDING,
    "deploying": states.DEPLOYING,
    "succeeded": states.VERIFYING,
    "failed": states.FAILED,
    "cancelled": states.CANCELLED,
}
STEP_STATES = ("pending", "running", "done", "failed", "skipped")


@dataclass(frozen=True)
class Step:
    """One step of a deployment.

    :param state: one of `STEP_STATES`
    :param started_at: naive UTC; None: when we first hear of it
    :param finished_at: as above
    """

    name: str
    state: str
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """What is told of a deployment.

    :param id: the marker of the request that the deployment followed
    :param state: a state of `states`
    :param message: one sentence, such as why it failed
    :param reference: how the other side calls the deployment
    :param steps: all steps so far; None if nothing is told of them
    :param log: what the log says next, whole lines
    :param log_from: how much of the log comes before that, in characters; None: all told so far
    """

    id: str
    state: str
    message: str = ""
    reference: str = ""
    steps: tuple[Step, ...] | None = None
    log: str = ""
    log_from: int | None = None


def storable(text: str) -> str:
    """What PostgreSQL can store of a text of somebody else's JSON, `MAX_TEXT` of it at most."""
    # JSON may hold halves of characters, and one that PostgreSQL has no text with.
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:MAX_TEXT]


def parse(body: bytes) -> Report:
    """Read a report.

    :raise ValueError: naming the value that is missing or wrong, and what it should be
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the report must be JSON") from None
    if not isinstance(told, dict):
        raise ValueError("the report must be a JSON object")
    steps = told.get("steps")
    if steps is not None and not (isinstance(steps, list) and len(steps) <= MAX_STEPS):
        raise ValueError(f"steps must be a list of at most {MAX_STEPS}")
    return Report(
        id=_text(told, "id"),
        state=STATES[_choice(told, "state", tuple(STATES))],
        message=_text(told, "message", ""),
        reference=_text(told, "reference", ""),
        steps=None if steps is None else tuple(map(_step, steps)),
        log=_log(told),
        log_from=_offset(told),
    )


def _log(told: dict[str, Any]) -> str:
    log = told.get("log", "")
    if not isinstance(log, str):
        raise ValueError("log must be text")
    return log


def _offset(told: dict[str, Any]) -> int | None:
    offset = told.get("log_from")
    if offset is not None and not (type(offset) is int and 0 <= offset <= MAX_OFFSET):
        raise ValueError("log_from must be a number of characters")
    return offset


def _step(told: Any) -> Step:
    if not isinstance(told, dict):
        raise ValueError("each of the steps must be a JSON object")
    return Step(name=_text(told, "name"), state=_choice(told, "state", STEP_STATES))


def _text(told: dict[str, Any], name: str, default: str | None = None) -> str:
    value = told.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise ValueError(f"{name} must be text")
    return storable(value)


def _choice(told: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = told.get(name)
    if value not in choices:
        raise ValueError(f"{name} must be one of: {', '.join(choices)}")
    return value
