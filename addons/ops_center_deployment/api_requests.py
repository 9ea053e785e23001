"""What pipelines tell `/ops/api/v1`, and how they are told what is wrong. Free of Odoo.

Errors are those of RFC 9457 (problem details). Unknown members are refused, so that a slip of the
pen is noticed by who made it.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .report import STATES, STEP_STATES, storable

PREFIX = "Bearer "
START = {
    "environment_id": int,
    "revision": str,
    "image_digest": str,
    "version": str,
    "summary": str,
    "author": str,
}
STEP = {"name": str, "state": str}
LOG = {"text": str, "from": int}
FINISH = {"state": str, "message": str}
#: How a pipeline may say that it is done.
ENDS = tuple(name for name in STATES if name not in {"building", "deploying"})
KINDS = {int: "a whole number", str: "text"}


class Problem(Exception):
    """A request that is refused; the detail is a sentence for whoever wrote the pipeline."""

    def __init__(self, status: HTTPStatus, detail: str):
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def told(self) -> dict[str, Any]:
        """Return the problem details (RFC 9457, 3.1)."""
        return {"title": self.status.phrase, "status": self.status.value, "detail": self.detail}


def read_key(authorization: str) -> str:
    """Return the key of an `Authorization` header.

    :raise Problem: there is none
    """
    key = authorization.removeprefix(PREFIX).strip()
    if not authorization.startswith(PREFIX) or not key:
        raise Problem(
            HTTPStatus.UNAUTHORIZED, "Send the environment's key as “Authorization: Bearer …”."
        )
    return key


def read_body(body: bytes, members: Mapping[str, type], required: tuple[str, ...]) -> dict:
    """Read the JSON object of a request.

    :param members: what it may hold, and of which type that is
    :param required: what it must hold
    :raise Problem: naming the member, and what it should be
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body must be a JSON object.")
    for name, value in told.items():
        if name not in members:
            raise _wrong(f"{storable(name)} is unknown; there are: {', '.join(members)}")
        if type(value) is not members[name]:
            raise _wrong(f"{name} must be {KINDS[members[name]]}")
    for name in required:
        if not told.get(name):
            raise _wrong(f"{name} is missing")
    return told


def read_step(body: bytes) -> tuple[str, str]:
    """Return the name and the state of a step; raises `Problem`."""
    told = read_body(body, STEP, ("name", "state"))
    return storable(told["name"]), _choice(told["state"], STEP_STATES)


def read_end(body: bytes) -> tuple[str, str]:
    """Return how it ended, as a state of ours, and the message; raises `Problem`."""
    told = read_body(body, FINISH, ("state",))
    return STATES[_choice(told["state"], ENDS)], storable(told.get("message", ""))


def _choice(state: str, choices: tuple[str, ...]) -> str:
    if state not in choices:
        raise _wrong(f"state must be one of: {', '.join(choices)}")
    return state


def _wrong(sentence: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{sentence}.")
