"""The rules about a running Odoo that need no credential.

A rule has a code and a check; why it matters and what to do stands in the records of
`ops.finding.rule` with the same code, where it can be translated. The evidence is what was
observed, without what changes by itself, so that an unchanged problem stays unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from ..importers.observation import Observation
from .facts import Facts

TOOL = "Ops Center"
CATEGORY = "instance"

BACKUP_AGE = timedelta(days=2)
RELEASE_AGE = timedelta(days=90)
LATE_INTERVALS = 3
LATE_AT_LEAST = timedelta(hours=1)
MANY_USERS = 10  # one process still answers so many people in turn

Check = Callable[[Facts], Iterator[Observation]]
_CHECKS: dict[str, Check] = {}


class _Problem(NamedTuple):
    """What a check yields. The subject tells several problems with one rule apart."""

    severity: str
    evidence: str
    subject: str = ""
    line: int = 0


def audit(facts: Facts) -> list[Observation]:
    """Return every problem that the facts show, in a stable order."""
    return [observation for check in _CHECKS.values() for observation in check(facts)]


def codes() -> tuple[str, ...]:
    """Return the codes of all rules."""
    return tuple(_CHECKS)


def _rule(code: str) -> Callable[[Callable[[Facts], Iterator[_Problem]]], Check]:
    """Register a check."""

    def register(check: Callable[[Facts], Iterator[_Problem]]) -> Check:
        def observe(facts: Facts) -> Iterator[Observation]:
            for problem in check(facts):
                yield Observation(
                    rule=code,
                    title="",
                    severity=problem.severity,
                    kind="misconfiguration",
                    evidence=problem.evidence,
                    path=problem.subject,
                    line=problem.line,
                )

        _CHECKS[code] = observe
        return observe

    return register


@_rule("admin-password")
def _admin_password(facts: Facts) -> Iterator[_Problem]:
    for login in facts.default_logins:
        yield _Problem("critical", f"login {login}: the password is the default one", login)


@_rule("master-password")
def _master_password(facts: Facts) -> Iterator[_Problem]:
    if facts.master_password != "set":  # noqa: S105 - a word about it, not the password
        # Without the database manager nothing asks for it.
        severity = "critical" if facts.database_list else "medium"
        yield _Problem(severity, f"admin_passwd: {facts.master_password}")


@_rule("database-list")
def _database_list(facts: Facts) -> Iterator[_Problem]:
    if facts.database_list:
        yield _Problem("high", "list_db = True")


@_rule("database-filter")
def _database_filter(facts: Facts) -> Iterator[_Problem]:
    if not facts.database_filter and not facts.database_names:
        yield _Problem("medium", "dbfilter = (empty), db_name = (empty)")


@_rule("proxy-mode")
def _proxy_mode(facts: Facts) -> Iterator[_Problem]:
    if facts.base_url.startswith("https:") and not facts.proxy_mode:
        yield _Problem("medium", f"web.base.url = {facts.base_url}\nproxy_mode = False")


@_rule("workers")
def _workers(facts: Facts) -> Iterator[_Problem]:
    if facts.workers == 0:
        many = facts.internal_users > MANY_USERS
        users = f"\nmore than {MANY_USERS} internal users" if many else ""
        yield _Problem("medium" if many else "low", f"workers = 0{users}")


@_rule("limits")
def _limits(facts: Facts) -> Iterator[_Problem]:
    # The threaded server has no memory limit of its own to switch off.
    unlimited = [("limit_time_real", facts.time_limit)]
    if facts.workers:
        unlimited.append(("limit_memory_hard", facts.memory_limit))
    missing = [name for name, value in unlimited if value <= 0]
    if missing:
        yield _Problem("medium", "\n".join(f"{name} = 0" for name in missing))


@_rule("pdf-engine")
def _pdf_engine(facts: Facts) -> Iterator[_Problem]:
    if not facts.pdf_engine:
        yield _Problem("medium", "wkhtmltopdf: not found")


@_rule("backup")
def _backup(facts: Facts) -> Iterator[_Problem]:
    if facts.backup_at is None:
        yield _Problem("high", "no backup was ever seen")
    elif facts.now - facts.backup_at > BACKUP_AGE:
        yield _Problem("high", f"last backup seen: {facts.backup_at:%Y-%m-%d %H:%M} UTC")


@_rule("unknown-option")
def _unknown_option(facts: Facts) -> Iterator[_Problem]:
    for option in facts.unknown_options:
        # The value stays out: a misspelt password is a password.
        meant = f"\nprobably meant: {option.meant}" if option.meant else ""
        subject = f"{facts.config_name}: {option.name}"
        yield _Problem("low", f"unknown option: {option.name}{meant}", subject, option.line)


@_rule("cron-failing")
def _cron_failing(facts: Facts) -> Iterator[_Problem]:
    for action in facts.scheduled_actions:
        if action.active and action.failures:
            yield _Problem("high", f"{action.name}\nthe last run failed", action.reference)


@_rule("cron-late")
def _cron_late(facts: Facts) -> Iterator[_Problem]:
    for action in facts.scheduled_actions:
        tolerance = max(LATE_AT_LEAST, timedelta(seconds=action.interval * LATE_INTERVALS))
        if action.active and facts.now - action.next_call > tolerance:
            evidence = f"{action.name}\nwas due: {action.next_call:%Y-%m-%d %H:%M} UTC"
            yield _Problem("high", evidence, action.reference)


@_rule("cron-off")
def _cron_off(facts: Facts) -> Iterator[_Problem]:
    for action in facts.scheduled_actions:
        if not action.active and action.last_call:
            evidence = f"{action.name}\nlast run: {action.last_call:%Y-%m-%d %H:%M} UTC"
            yield _Problem("low", evidence, action.reference)


@_rule("cron-threads")
def _cron_threads(facts: Facts) -> Iterator[_Problem]:
    if facts.cron_threads == 0:
        yield _Problem("high", "max_cron_threads = 0")


@_rule("missing-addon")
def _missing_addon(facts: Facts) -> Iterator[_Problem]:
    for name in facts.missing_addons:
        yield _Problem("high", f"installed, but its code was not found: {name}", name)


@_rule("release-age")
def _release_age(facts: Facts) -> Iterator[_Problem]:
    if facts.released_at and facts.now - facts.released_at > RELEASE_AGE:
        yield _Problem("medium", f"Odoo {facts.release}, built {facts.released_at:%Y-%m-%d}")
