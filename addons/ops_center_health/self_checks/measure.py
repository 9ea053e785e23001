"""What a self check gets, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KIB = 1024


@dataclass(frozen=True)
class Surroundings:
    """Where to look.

    :param cr: a database cursor, to read with
    :param dsn: parameters of `psycopg2.connect` for a connection to the same database
    :param data_dir: where Odoo keeps its files
    :param window: seconds since the last look
    """

    cr: Any
    dsn: Mapping[str, Any]
    data_dir: str
    window: float


@dataclass(frozen=True)
class Measure:
    """What was seen.

    :param verdict: ``up``, ``degraded``, ``down`` or ``unknown``
    :param message: one English sentence
    :param value: the number that counts: percent, milliseconds or a count
    :param evidence: what a human would look at next
    :param latency_ms: milliseconds, where they tell something
    :param due_in: seconds until the verdict may be another one; by default the check's interval
    """

    verdict: str
    message: str
    value: float | None = None
    evidence: str = ""
    latency_ms: float | None = None
    due_in: float | None = None


def grade(value: float, *, degraded: float, down: float) -> str:
    """The verdict on a number that is worse the higher it is."""
    if value >= down:
        return "down"
    return "degraded" if value >= degraded else "up"


def size(count: float) -> str:
    """Bytes in words, such as ``3.4 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < KIB:
            return f"{count:.1f} {unit}"
        count /= KIB
    return f"{count:.1f} TiB"


def number(count: int, noun: str) -> str:
    """A count with its noun, such as ``1 message`` or ``2 messages``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
