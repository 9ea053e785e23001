"""What is wrong with Odoo, its database server or its worker, by what was seen in one look.

One cause makes one trouble: what only follows from another trouble is not known to be wrong.
"""

import json
from collections.abc import Mapping

from ..result import Result
from .web import Answer

READY_STATUSES = {200, 503}


def judge(
    ready: Answer, login: Result, postgresql: Result | None, worker_expected: bool
) -> dict[str, str | None]:
    """Return by key (``postgresql``, ``odoo``, ``modules``, ``worker``) what is wrong.

    None says that all is well; what is missing could not be told.

    :param ready: what ``/ops/ready`` answered
    :param login: how the login page is
    :param postgresql: whether the port of the database server is open, if it has one
    :param worker_expected: whether a worker was at work not long ago
    """
    report = read_ready(ready)
    if report is None:
        # Where Odoo says that its database is well, a closed port is a matter of the sentinel's.
        if postgresql and postgresql.verdict == "down":
            return {"postgresql": f"PostgreSQL does not answer: {postgresql.message}"}
        problem = ready.problem or f"/ops/ready answered with status {ready.status}."
        known = {"odoo": f"Odoo does not answer as it should: {problem}"}
        return known | _if_known("postgresql", postgresql)
    if message := _failure(report, "database"):
        return {"postgresql": f"Odoo has no database: {message}"}
    verdicts = {"postgresql": None, **_if_known("odoo", login)}
    if login.verdict == "down":
        verdicts["odoo"] = f"The login page of Odoo fails: {login.message}"
    verdicts["modules"] = _failure(report, "modules")
    # The worker pauses, and scheduled actions stand still, while modules are waiting.
    if not verdicts["modules"]:
        verdicts["worker"] = _failure(report, "worker")
        if not verdicts["worker"] and worker_expected and report.get("work") == "cron":
            verdicts["worker"] = (
                "The worker is dead. Scheduled actions do its work, more slowly: start it again."
            )
    return verdicts


def works(ready: Answer) -> bool:
    """Tell whether Odoo says that a worker is at work."""
    return (read_ready(ready) or {}).get("work") == "worker"


def read_ready(answer: Answer) -> Mapping | None:
    """Return what ``/ops/ready`` said, None if that is not what answered."""
    if answer.status not in READY_STATUSES:
        return None
    try:
        report = json.loads(answer.body)
    except ValueError:
        return None
    is_report = isinstance(report, dict) and isinstance(report.get("checks"), dict)
    return report if is_report else None


def _if_known(key: str, result: Result | None) -> dict[str, None]:
    """All is well, unless the probe could not look."""
    return {key: None} if result and result.verdict != "unknown" else {}


def _failure(report: Mapping, name: str) -> str | None:
    check = report["checks"].get(name)
    if not isinstance(check, dict) or check.get("status") != "fail":
        return None
    return str(check.get("message", "")) or f"{name} is not in order."
