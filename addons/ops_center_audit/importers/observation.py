"""What a scan saw, whatever the scanner and the format of its report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

SEVERITIES = ("critical", "high", "medium", "low", "info")
KINDS = ("code", "vulnerability", "misconfiguration", "secret", "license", "delivery")

TEXT_LIMIT = 64 * 1024  # characters kept of one text
CODE_LIMIT = 256
PATH_LIMIT = 1024
LINE_LIMIT = 2**31 - 1  # what a PostgreSQL integer holds

_UNPRINTABLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Observation:
    """One result of one scan. Texts are plain, cleaned by `plain`."""

    rule: str
    title: str
    severity: str
    kind: str = "code"
    message: str = ""
    evidence: str = ""
    path: str = ""
    line: int = 0  # 1-based, 0 when the result has no line
    snippet: str = ""  # exactly the code that the result points at, never a secret
    fingerprint: str = ""  # of the tool; trusted only after `matching.placeholders`
    source_id: str = ""  # guaranteed by the source to stay with the problem
    suppressed: str = ""  # why the source itself silenced the result, "" when it did not


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a report says about one of its rules."""

    code: str
    name: str
    description: str = ""
    remediation: str = ""
    url: str = ""
    cwe: str = ""


@dataclass(slots=True)
class Run:
    """One run of one tool. `complete` is false when absence proves nothing."""

    tool: str
    version: str = ""
    category: str = ""
    revision: str = ""
    ended_at: datetime | None = None  # UTC, naive
    complete: bool = True
    problem: str = ""  # the tool's own words about why it is not complete
    result_count: int = 0
    rules: dict[str, RuleText] = field(default_factory=dict)


def plain(value: object, limit: int = TEXT_LIMIT) -> str:
    """Return a text that PostgreSQL and a terminal take: no control characters, no escape
    sequences, no lone surrogates, at most `limit` characters; "" for anything but a text.
    """
    if not isinstance(value, str):
        return ""
    text = value[:limit]
    return (text if text.isprintable() else _UNPRINTABLE.sub("", text)).strip()
