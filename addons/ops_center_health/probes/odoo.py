"""Odoo 16 to 19, asked what it tells everybody: version, database selector, readiness.

Who has an API key of it is told its facts as well: see :mod:`.odoo_pull`.

Nothing is asked that makes Odoo write to its log, open a session or render a page of a website.
Source: the controllers ``home``, ``webclient`` and ``database`` of Odoo's addon ``web``.
"""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from . import engine, odoo_pull
from .http_expectation import HttpExpectation
from .json_condition import parse_json
from .odoo_target import VERSION
from .result import Result
from .target import Target
from .threaded import Fault, ThreadedProbe

HEALTH = "/web/health"
# Odoo 16 doesn't know the parameter, and complains in its log.
HEALTH_OF_DATABASE = "/web/health?db_server_status=1"
VERSION_INFO = "/web/webclient/version_info"
SELECTOR = "/web/database/selector"
READY = "/ops/ready"  # of Ops Center

# The first series that is known to know the parameter, and that Ops Center is made for.
RECENT = 19
ENTERPRISE = "e"  # the last item of the version
QUESTION = {
    "method": "POST",
    "headers": {"Content-Type": "application/json"},
    "body": json.dumps({"jsonrpc": "2.0", "method": "call", "params": {}}),
}
# The page has the list in either case, and says instead of the names that they are not shown.
OPEN_SELECTOR = {
    "body_contains": "o_database_list",
    "expectation": HttpExpectation(body_excludes="The database manager has been disabled"),
}
MAX_TEXT = 300  # characters
MOST_AT_ONCE = 2  # questions that occupy a worker of that Odoo


class OdooProbe(ThreadedProbe):
    """Asks several pages within one deadline; the first of them stands for them all."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self._page: Result | None = None
        self._facts_seen: dict[str, str] = {}
        self._pulled: dict[str, Any] | None = None

    def result(self, code: int, detail: str = "") -> Result:
        own = super().result(code, detail)
        if not self._page:
            return own
        # How long it takes is that of one page; the others are not what users wait for.
        seen = replace(
            self._page,
            key=own.key,
            started_at=own.started_at,
            odoo=self._facts_seen,
            facts=self._pulled,
        )
        if not self._error or seen.verdict == "down":
            return seen
        return replace(seen, verdict=own.verdict, error=own.error, message=own.message)

    def _look(self, _addresses: list[str]) -> None:
        pages = self._ask(HEALTH, VERSION_INFO, SELECTOR)
        self._page = pages[HEALTH]
        if self._page.error and self._page.verdict != "degraded":
            return
        health = _document(self._page)
        if not isinstance(health.get("status"), str):
            raise Fault("odoo_other", host=self.target.host)
        self._facts_seen = {**_version(pages[VERSION_INFO]), **_selector(pages[SELECTOR])}
        readiness = self._readiness()
        if readiness.get(HEALTH_OF_DATABASE, {}).get("db_server_status") is False:
            raise Fault("odoo_database", host=self.target.host)
        if access := self.target.odoo.access:
            version, edition = self._facts_seen.get("version"), self._facts_seen.get("edition")
            self._pulled = odoo_pull.pull(access, version, edition, self._ask_as_user)
        if failed := _failed_checks(readiness.get(READY, {})):
            raise Fault("odoo_not_ready", host=self.target.host, detail=failed)
        self._judge_facts()

    def _ask(self, *paths: str) -> dict[str, Result]:
        """The answers to questions that are asked all at once."""
        targets = [self._page_target(path) for path in paths]
        return {result.key: result for result in engine.run(targets, per_host=len(targets))}

    def _ask_as_user(self, questions: odoo_pull.Requests) -> dict[str, Result]:
        """The answers to questions that work the other side, so that few are asked at once."""
        targets = [
            replace(
                self.target,
                key=name,
                kind="http",
                url=self.target.url.rstrip("/") + path,
                timeout=max(0.001, self._seconds_left()),
                expected_status="200",
                body_contains="",
                degraded_ms=None,
                max_latency_ms=None,
                certificate_days=0,
                max_body=odoo_pull.MAX_ANSWER,
                max_excerpt=odoo_pull.MAX_ANSWER,
                request=replace(request, authorities=self.target.request.authorities),
            )
            for name, (path, request) in questions.items()
        ]
        # Those that wait for their turn have no time of their own.
        results = engine.run(targets, per_host=MOST_AT_ONCE, deadline=self._seconds_left())
        return {result.key: result for result in results}

    def _page_target(self, path: str) -> Target:
        whole = replace(
            self.target,
            key=path,
            kind="http",
            url=self.target.url.rstrip("/") + path,
            timeout=max(0.001, self._seconds_left()),
            expected_status="200",
        )
        if path == HEALTH:
            return whole
        further = replace(whole, degraded_ms=None, max_latency_ms=None, certificate_days=0)
        if path == SELECTOR:
            return replace(further, **OPEN_SELECTOR)
        if path == VERSION_INFO:
            return replace(further, request=replace(further.request, **QUESTION))
        return further

    def _readiness(self) -> dict[str, dict[str, Any]]:
        """By page what a recent one tells of its database, and whether it can do its work."""
        series = self._facts_seen.get("version", "").removeprefix("saas~").partition(".")[0]
        if not series or int(series) < RECENT:
            return {}
        pages = self._ask(HEALTH_OF_DATABASE, READY)
        return {path: _document(page) for path, page in pages.items()}

    def _judge_facts(self) -> None:
        expected, seen = self.target.odoo, self._facts_seen
        version = seen.get("version")
        if expected.version and version != expected.version:
            raise Fault(
                "odoo_version" if version else "odoo_version_hidden",
                host=self.target.host,
                version=version,
                expected_version=expected.version,
            )
        if expected.selector_closed and seen.get("selector") == "open":
            raise Fault("odoo_selector", host=self.target.host)


def _document(page: Result) -> dict[str, Any]:
    """The JSON object that a page answered with, empty if it did with anything else."""
    try:
        document = parse_json(page.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _version(page: Result) -> dict[str, str]:
    """``version`` and ``edition``, as far as they can be told."""
    told = _document(page).get("result")
    version = told.get("server_serie") if isinstance(told, dict) else None
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        return {}
    info = told.get("server_version_info")
    is_enterprise = isinstance(info, Collection) and [*info][-1:] == [ENTERPRISE]
    return {"version": version, "edition": "enterprise" if is_enterprise else "community"}


def _selector(page: Result) -> dict[str, str]:
    """``selector``: ``open`` or ``closed``; nothing if nobody answered."""
    if page.verdict == "up":
        return {"selector": "open"}
    return {"selector": "closed"} if page.status else {}


def _failed_checks(document: dict[str, Any]) -> str:
    """What Ops Center says there, in words; nothing if it isn't installed."""
    checks = document.get("checks")
    if not isinstance(checks, dict):
        return ""
    failed = [
        check.get("message") or name
        for name, check in checks.items()
        if isinstance(check, dict) and check.get("status") == "fail"
    ]
    return " ".join(map(str, failed))[:MAX_TEXT].rstrip(".")
