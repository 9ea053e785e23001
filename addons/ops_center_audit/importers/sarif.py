"""Reader of SARIF 2.1.0 (OASIS standard, "Static Analysis Results Interchange Format").

The file is read twice, never held: `read` takes everything but the results and checks the size of
every part, `Report.observations` then streams the results at the speed of ijson's C reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from .identity import normalised_path
from .observation import (
    CODE_LIMIT,
    KINDS,
    LINE_LIMIT,
    SEVERITIES,
    Observation,
    RuleText,
    Run,
    plain,
)

HIGHEST_SCORE = 10  # CVSS
MAX_BYTES = 200 * 1024 * 1024
MAX_RUNS = 20  # as GitHub code scanning
MAX_RESULTS = 25_000  # of one run, as GitHub code scanning
MAX_DEPTH = 64
MAX_VALUES = 1_000_000  # outside the results
MAX_RESULT_VALUES = 200_000  # in one result

_IN_DOCUMENT = 1  # open brackets inside {
_IN_RUN = 3  # inside {"runs": [{
_IN_RESULTS = 4  # and inside "results": [
_LEVELS = {"error": "high", "warning": "medium", "note": "info", "none": "info"}
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_CWE = re.compile(r"cwe-([0-9]{1,5})\b")
_LINK = re.compile(r"\[([^][\\]*)\]\([0-9]+\)")  # to a location of the result
_NO_PROBLEM_KINDS = ("pass", "notApplicable")


class ReportError(Exception):
    """The file cannot be imported. `code` is one of: empty, packed, encoding, json, format,
    version, size, depth, runs, results, values; `value` is what was seen, if that helps.
    """

    def __init__(self, code: str, value: object = ""):
        self.code = code
        self.value = plain(str(value), 200)
        super().__init__(f"{code}: {self.value}" if self.value else code)


class Report:
    """The runs of one file and, on demand, their results."""

    def __init__(self, stream: BinaryIO, start: int, skeleton: dict, counts: list[int]):
        self._stream, self._start = stream, start
        self._readers = [_RunReader(run) for run in skeleton["runs"]]
        self.runs = [reader.run for reader in self._readers]
        for run, count in zip(self.runs, counts, strict=True):
            run.result_count = count

    def observations(self) -> Iterator[tuple[int, Observation]]:
        """Yield (position of the run, observation) for every result that states a problem.

        May raise ReportError where the file only looks like SARIF.
        """
        self._stream.seek(self._start)
        results = ijson.items(self._stream, "runs.item.results.item", use_float=True)
        for position, reader in enumerate(self._readers):
            for _number in range(reader.run.result_count):
                result = next(results, None)
                if not isinstance(result, dict):
                    raise ReportError("format")
                observation = reader.observation(result)
                if observation:
                    yield position, observation


def read(stream: BinaryIO) -> Report:
    """Check a whole file and return its runs; raises ReportError before anything is used."""
    start = _start(stream)
    try:
        skeleton, counts = _skeleton(stream)
    except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise ReportError("json", error) from error
    runs = skeleton.get("runs") if isinstance(skeleton, dict) else None
    if not isinstance(runs, list) or len(runs) != len(counts):
        raise ReportError("format")
    if skeleton.get("version") != "2.1.0":
        raise ReportError("version", skeleton.get("version") or "")
    return Report(stream, start, skeleton, counts)


def _start(stream: BinaryIO) -> int:
    """Return where the JSON begins, refusing what is no JSON text at first sight."""
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(4)
    if not size:
        raise ReportError("empty")
    if size > MAX_BYTES:
        raise ReportError("size", size)
    if head.startswith(_PACKED):
        raise ReportError("packed")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReportError("encoding")
    start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    stream.seek(start)
    return start


def _skeleton(stream: BinaryIO) -> tuple[Any, list[int]]:
    """Return the document without its results, and the number of results of each run."""
    builder = ObjectBuilder()
    results = _ResultCounter()
    keys = {_IN_DOCUMENT: "", _IN_RUN: ""}  # the last ones on these levels
    values = 0
    in_results = False
    for depth, event, value in _events(stream):
        if in_results and depth >= _IN_RESULTS:
            results.value(depth, event)
            continue
        in_results = False
        builder.event(event, value)
        values += 1
        if values > MAX_VALUES:
            raise ReportError("values", MAX_VALUES)
        if event == "map_key":
            if depth in keys:
                keys[depth] = value
        elif keys[_IN_DOCUMENT] == "runs":
            if event == "start_map" and depth == _IN_RUN:
                results.run()
            in_results = (
                event == "start_array" and depth == _IN_RESULTS and keys[_IN_RUN] == "results"
            )
    return builder.value, results.counts


def _events(stream: BinaryIO) -> Iterator[tuple[int, str, Any]]:
    """Yield ijson's events, each with the number of brackets that are open after it."""
    depth = 0
    for event, value in ijson.basic_parse(stream, use_float=True):
        if event in ("start_map", "start_array"):
            depth += 1
            if depth > MAX_DEPTH:
                raise ReportError("depth", MAX_DEPTH)
        elif event in ("end_map", "end_array"):
            depth -= 1
        yield depth, event, value


class _ResultCounter:
    """Counts the results of every run without keeping any, and bounds them."""

    def __init__(self):
        self.counts: list[int] = []
        self._values = 0

    def run(self) -> None:
        self.counts.append(0)
        if len(self.counts) > MAX_RUNS:
            raise ReportError("runs", MAX_RUNS)

    def value(self, depth: int, event: str) -> None:
        self._values += 1
        if self._values > MAX_RESULT_VALUES:
            raise ReportError("values", MAX_RESULT_VALUES)
        if depth == _IN_RESULTS:
            if event != "end_map":
                raise ReportError("format")
            self._values = 0
            self.counts[-1] += 1
            if self.counts[-1] > MAX_RESULTS:
                raise ReportError("results", MAX_RESULTS)


class _RunReader:
    """Turns the results of one run into observations."""

    def __init__(self, document: dict):
        tool = _map(document, "tool")
        self._driver = _map(tool, "driver")
        self._components = [self._driver, *_maps(tool, "extensions")]
        self._rules = [_maps(component, "rules") for component in self._components]
        self._by_id: dict[str, dict] = {}
        for rules in self._rules:
            for rule in rules:
                self._by_id.setdefault(plain(rule.get("id"), CODE_LIMIT), rule)
        self._bases = _map(document, "originalUriBaseIds")
        self._artifacts = _maps(document, "artifacts")
        invocations = _maps(document, "invocations")
        self._roots = tuple(
            uri
            for uri in [
                *(_text(_map(invocation, "workingDirectory"), "uri") for invocation in invocations),
                *(_text(base, "uri") for base in self._bases.values() if isinstance(base, dict)),
            ]
            if uri.lower().startswith("file:") or uri.startswith("/")
        )
        self.run = self._read_run(document, invocations)

    def _read_run(self, document: dict, invocations: list[dict]) -> Run:
        name = plain(self._driver.get("name"), CODE_LIMIT)
        category = plain(_map(document, "automationDetails").get("id"), CODE_LIMIT)
        problems = [
            _text(_map(notification, "message"), "text") or "error"
            for invocation in invocations
            for key in ("toolExecutionNotifications", "toolConfigurationNotifications")
            for notification in _maps(invocation, key)
            if notification.get("level") == "error"
        ]
        failed = any(invocation.get("executionSuccessful") is False for invocation in invocations)
        started = isinstance(document.get("results"), list)
        provenance = _maps(document, "versionControlProvenance")
        return Run(
            tool=name or "SARIF",
            version=plain(
                self._driver.get("semanticVersion") or self._driver.get("version"), CODE_LIMIT
            ),
            # "category/run id": only what stands before the last slash stays from run to run.
            category=category.rpartition("/")[0] if "/" in category else category,
            revision=_text(provenance[0], "revisionId")[:CODE_LIMIT] if provenance else "",
            ended_at=max(
                filter(None, (_time(invocation.get("endTimeUtc")) for invocation in invocations)),
                default=None,
            ),
            complete=started and not failed and not problems,
            problem=plain("\n".join(problems)),
            rules={code: self._rule_text(code, rule) for code, rule in self._by_id.items() if code},
        )

    def _rule_text(self, code: str, rule: dict) -> RuleText:
        cwes = (match for tag in _tags(rule) for match in _CWE.findall(tag))
        url = plain(rule.get("helpUri"), CODE_LIMIT)
        return RuleText(
            code=code,
            name=_text(_map(rule, "shortDescription"), "text")[:CODE_LIMIT]
            or plain(rule.get("name"), CODE_LIMIT)
            or code,
            description=_text(_map(rule, "fullDescription"), "text"),
            remediation=_text(_map(rule, "help"), "text"),
            url=url if url.startswith(("https://", "http://")) else "",
            cwe=", ".join(f"CWE-{int(number)}" for number in cwes),
        )

    def observation(self, result: dict) -> Observation | None:
        """Return the problem, or None where the result says that there is none."""
        kind = result.get("kind")
        if kind in _NO_PROBLEM_KINDS or result.get("baselineState") == "absent":
            return None
        code, rule = self._rule(result)
        location = next(iter(_maps(result, "locations")), {})
        physical = _map(location, "physicalLocation")
        region = _map(physical, "region")
        snippet = _text(_map(region, "snippet"), "text")
        message = self._message(result, rule)
        finding_kind = _kind(code, rule)
        line = region.get("startLine")
        return Observation(
            rule=code,
            title=message.partition("\n")[0][:CODE_LIMIT] or code,
            severity=self._severity(result, rule, kind),
            kind=finding_kind,
            message=message,
            # The code around a secret is the secret.
            evidence=""
            if finding_kind == "secret"
            else _text(_map(_map(physical, "contextRegion"), "snippet"), "text") or snippet,
            path=self._path(_map(physical, "artifactLocation")),
            line=line if isinstance(line, int) and 0 < line <= LINE_LIMIT else 0,
            snippet="" if finding_kind == "secret" else snippet,
            fingerprint=_fingerprint(result),
            source_id=plain(result.get("correlationGuid"), CODE_LIMIT),
            suppressed=_suppression(result),
        )

    def _rule(self, result: dict) -> tuple[str, dict]:
        """Return the rule's id and its description, which may stand in an extension."""
        reference = _map(result, "rule")
        code = plain(result.get("ruleId") or reference.get("id"), CODE_LIMIT)
        component = _map(reference, "toolComponent").get("index", -1)
        index = reference.get("index", result.get("ruleIndex", -1))
        rules = _item(self._rules, component + 1) if isinstance(component, int) else None
        rule = _item(rules or [], index) or {}
        indexed = plain(rule.get("id"), CODE_LIMIT)
        # A wrong index must not lend one rule's severity to another.
        if code and indexed and code != indexed and not code.startswith(indexed + "/"):
            rule = {}
        rule = rule or self._by_id.get(code) or self._by_id.get(code.rpartition("/")[0]) or {}
        return code or plain(rule.get("id"), CODE_LIMIT) or "unknown", rule

    def _severity(self, result: dict, rule: dict, kind: object) -> str:
        for properties in (_map(result, "properties"), _map(rule, "properties")):
            score = _score(properties.get("security-severity"))
            if score is not None:
                return _score_severity(score)
        level = result.get("level") or _map(rule, "defaultConfiguration").get("level")
        if level is None:
            level = "warning" if kind in (None, "fail") else "none"
        return _LEVELS.get(level, "medium") if isinstance(level, str) else "medium"

    def _message(self, result: dict, rule: dict) -> str:
        message = _map(result, "message")
        text = message.get("text") or message.get("markdown")
        if not text:
            key = plain(message.get("id"))
            strings = _map(_map(rule, "messageStrings"), key) or _map(
                _map(self._driver, "globalMessageStrings"), key
            )
            text = strings.get("text")
        text = plain(text)
        arguments = message.get("arguments")
        for index, argument in enumerate(arguments[:20] if isinstance(arguments, list) else []):
            text = text.replace(f"{{{index}}}", plain(argument, CODE_LIMIT))
        return _LINK.sub(r"\1", plain(text)) or _text(_map(rule, "shortDescription"), "text")

    def _path(self, location: dict) -> str:
        if "uri" not in location:
            artifact = _item(self._artifacts, location.get("index", -1)) or {}
            location = _map(artifact, "location")
        uri = _text(location, "uri")
        base_id = location.get("uriBaseId")
        for _step in range(MAX_DEPTH):
            base = _map(self._bases, base_id) if isinstance(base_id, str) else {}
            prefix = _text(base, "uri")
            if not prefix or ":" in prefix or prefix.startswith("/"):
                break  # an absolute base is the root itself
            uri = f"{prefix.rstrip('/')}/{uri}"
            base_id = base.get("uriBaseId")
        return normalised_path(uri, self._roots)


def _tags(rule: dict) -> list[str]:
    tags = _map(rule, "properties").get("tags")
    return [plain(tag).lower() for tag in tags] if isinstance(tags, list) else []


def _kind(code: str, rule: dict) -> str:
    tags = _tags(rule)
    for kind in KINDS:
        if kind in tags:
            return kind
    return "vulnerability" if code.startswith(("CVE-", "GHSA-")) else "code"


def _fingerprint(result: dict) -> str:
    """Return the most telling fingerprint: the source's own ones, then GitHub's hash of the line,
    then the others; those of whole files last.
    """
    for name, first in (("fingerprints", ""), ("partialFingerprints", "primaryLocationLineHash")):
        prints = _map(result, name)
        for key in sorted(prints, key=lambda key: (key != first, "file" in key.lower(), key)):
            value = plain(prints[key], CODE_LIMIT)
            if value:
                return value
    return ""


def _suppression(result: dict) -> str:
    """Return the reason of an effective suppression. One under review or rejected is none."""
    for suppression in _maps(result, "suppressions"):
        if suppression.get("status", "accepted") == "accepted":
            return _text(suppression, "justification") or plain(suppression.get("kind")) or "source"
    return ""


def _score(value: object) -> float | None:
    try:
        score = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return score if 0 <= score <= HIGHEST_SCORE else None


def _score_severity(score: float) -> str:
    """CVSS v3.1 section 5, the qualitative scale."""
    for floor, severity in zip((9.0, 7.0, 4.0, 0.1), SEVERITIES, strict=False):
        if score >= floor:
            return severity
    return "info"


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]
        if time.tzinfo:
            time = time.astimezone(UTC)
        return time.replace(tzinfo=None, microsecond=0)
    except (TypeError, ValueError, OverflowError):
        return None


def _map(container: dict, key: str) -> dict:
    value = container.get(key)
    return value if isinstance(value, dict) else {}


def _maps(container: dict, key: str) -> list[dict]:
    value = container.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _item(items: list, index: object) -> Any:
    return items[index] if isinstance(index, int) and 0 <= index < len(items) else None


def _text(container: dict, key: str) -> str:
    return plain(container.get(key))
