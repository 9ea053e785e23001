"""How the checks of others travel from Ops Center to the sentinel."""

from typing import Any

from ..http_expectation import HttpExpectation
from ..http_request import HttpRequest
from ..json_condition import JsonCondition
from ..target import FAMILIES, Target
from .section import Section

KINDS = ("http", "tcp", "tls")
MAX_TIMEOUT = 60  # seconds


def write(name: str, networks: tuple[str, ...], target: Target) -> dict[str, Any]:
    """Return what `read` makes the same target of, as JSON has it.

    Left out are credentials, and what only makes a good answer degraded: nobody is paged for it.

    :param name: tells the check apart from all others
    :param networks: which its company lets it reach besides public addresses
    :param target: of one of the `KINDS`
    """
    request, expectation = target.request, target.expectation
    return {
        "name": name,
        "networks": list(networks),
        "kind": target.kind,
        "url": target.url,
        "timeout": target.timeout,
        "verify": target.verify,
        "family": target.family,
        "max_latency_ms": target.max_latency_ms,
        "expected_status": target.expected_status,
        "body_contains": target.body_contains,
        "request": {
            "method": request.method,
            "headers": list(map(list, request.headers.items())),
            "body": request.body,
            "redirects": request.redirects,
            "proxy": request.proxy,
            "authorities": request.authorities,
        },
        "expectation": {
            "headers": list(map(list, expectation.headers)),
            "body_excludes": expectation.body_excludes,
            "body_pattern": expectation.body_pattern,
            "json": [condition.text for condition in expectation.json],
            "min_size": expectation.min_size,
            "max_size": expectation.max_size,
        },
    }


def read(configuration: Section) -> tuple[Target, ...]:
    """Return the targets, each with the name of its check as its key.

    :raises ConfigurationError: naming the check and the value that can't be used
    """
    targets: dict[str, Target] = {}
    for check in configuration.sections("checks"):
        target = _target(check)
        if target.key in targets:
            raise check.wrong("name", "is the name of another check as well")
        targets[target.key] = target
    return tuple(targets.values())


def _target(check: Section) -> Target:
    return check.build(
        Target,
        key=check.text("name"),
        url=check.text("url"),
        kind=check.choice("kind", KINDS),
        allow=check.policy("networks"),
        request=_request(check.section("request")),
        expectation=_expectation(check.section("expectation")),
        **check.optional(
            {
                "expected_status": check.text,
                "body_contains": check.text,
                "timeout": lambda name: check.number(name, None, 0.001, MAX_TIMEOUT),
                "verify": lambda name: check.flag(name, True),
                "family": lambda name: check.choice(name, tuple(FAMILIES)),
                "max_latency_ms": lambda name: check.number(name, None, 1),
            }
        ),
    )


def _request(request: Section | None) -> HttpRequest:
    if not request:
        return HttpRequest()
    return request.build(
        HttpRequest,
        headers=dict(request.headers("headers")),
        **request.optional(
            dict.fromkeys(("method", "body", "redirects", "proxy", "authorities"), request.text)
        ),
    )


def _expectation(expectation: Section | None) -> HttpExpectation:
    if not expectation:
        return HttpExpectation()
    return expectation.build(
        HttpExpectation,
        headers=expectation.headers("headers"),
        json=tuple(
            expectation.build(JsonCondition.parse, text=text) for text in expectation.texts("json")
        ),
        **expectation.optional(
            {
                "body_excludes": expectation.text,
                "body_pattern": expectation.text,
                "min_size": lambda name: expectation.number(name, None, 0),
                "max_size": lambda name: expectation.number(name, None, 0),
            }
        ),
    )
