"""Options of the shell for what is sent to web servers, and expected of them."""

import argparse

from .http_expectation import HttpExpectation
from .http_request import METHODS, REDIRECTS, HttpRequest, parse_headers
from .json_condition import JsonCondition


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only matter to http:// and https://."""
    request = parser.add_argument_group("what is sent (http, https)")
    request.add_argument("--method", choices=METHODS, default="GET")
    request.add_argument("--header", metavar="NAME: VALUE", action="append", default=[])
    request.add_argument("--data", metavar="BODY", default="")
    request.add_argument("--redirects", choices=REDIRECTS, default="none")
    request.add_argument("--proxy", metavar="URL", default="")
    answer = parser.add_argument_group("what is expected (http, https)")
    answer.add_argument("--status", metavar="RANGES", default="200-399")
    answer.add_argument("--has-header", metavar="NAME: TEXT", action="append", default=[])
    answer.add_argument("--contains", metavar="TEXT", default="")
    answer.add_argument("--excludes", metavar="TEXT", default="")
    answer.add_argument("--matches", metavar="PATTERN", default="")
    answer.add_argument(
        "--holds",
        metavar="CONDITION",
        action="append",
        default=[],
        help="""on a value of a JSON answer, such as '$.status == "ok"'""",
    )


def target_values(options: argparse.Namespace) -> dict[str, object]:
    """The part of a `Target` that the options are about. Raises ValueError as its parts do."""
    return {
        "expected_status": options.status,
        "body_contains": options.contains,
        "request": HttpRequest(
            method=options.method,
            headers=dict(parse_headers("\n".join(options.header))),
            body=options.data,
            redirects=options.redirects,
            proxy=options.proxy,
        ),
        "expectation": HttpExpectation(
            headers=parse_headers("\n".join(options.has_header)),
            body_excludes=options.excludes,
            body_pattern=options.matches,
            json=tuple(map(JsonCondition.parse, options.holds)),
        ),
    }
