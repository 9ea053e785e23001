"""Probe addresses from a shell."""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Sequence

from . import cli_http
from .engine import run
from .postgresql_target import PostgresqlExpectation
from .result import Result
from .sentinel import cli as sentinel
from .target import FAMILIES, SCHEMES, Target

ODOO = "odoo+"  # before the scheme, as pip writes it
PHASES = ("dns", "connect", "tls", "first_byte", "transfer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the probes saw. Returns 0 when all targets are up, else 1.

    After the word ``sentinel``, everything is for :mod:`.sentinel.cli`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["sentinel"]:
        return sentinel.main(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="probes",
        description="Probe addresses; times are in milliseconds.",
        epilog="“probes sentinel CONFIG” watches an Odoo from outside, see its --help.",
    )
    parser.add_argument(
        "urls",
        metavar="URL",
        nargs="+",
        help="http://, https://, tcp://host:port, tls://host:port, dns://server/name?type=MX (or"
        " dns:///name), postgresql://user@host:port/database (its password in PGPASSWORD) or"
        " odoo+https://host",
    )
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for each (default 10)")
    parser.add_argument("--family", choices=FAMILIES, default="any", help="addresses to connect to")
    parser.add_argument("--json", action="store_true", help="print everything that was seen")
    cli_http.add_options(parser)
    options = parser.parse_args(arguments)
    try:
        targets = [_target(number, url, options) for number, url in enumerate(options.urls)]
    except ValueError as error:
        parser.error(str(error))
    results = sorted(run(targets), key=lambda result: result.key)
    if options.json:
        lines = [json.dumps(list(map(_plain, results, options.urls)), indent=2)]
    else:
        lines = _table(results, options.urls)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(any(result.verdict != "up" for result in results))


def _target(key: int, url: str, options: argparse.Namespace) -> Target:
    scheme = url.partition(":")[0]
    if scheme.startswith(ODOO):
        kind, url = "odoo", url.removeprefix(ODOO)
    else:
        kind = next((kind for kind, schemes in SCHEMES.items() if scheme in schemes), "http")
    further = cli_http.target_values(options) if kind == "http" else {}
    password = os.environ.get("PGPASSWORD", "")
    return Target(
        key=key,
        kind=kind,
        url=url,
        timeout=options.timeout,
        family=options.family,
        postgresql=PostgresqlExpectation(password=password),
        **further,
    )


def _plain(result: Result, url: str) -> dict:
    """The result as JSON can carry it; bytes that are not UTF-8 become replacement signs."""
    fields = dataclasses.asdict(result)
    return {**fields, "key": url, "body": result.body.decode("utf-8", "replace")}


def _table(results: Iterable[Result], urls: Iterable[str]) -> Iterable[str]:
    """The lines of a table with aligned columns."""
    rows = [("verdict", "status", "total", *PHASES, "address")]
    for result, url in zip(results, urls, strict=True):
        times = (_milliseconds(result.phases.get(phase)) for phase in ("total", *PHASES))
        seen = url if result.verdict == "up" else f"{url}: {result.message}"
        rows.append((result.verdict, str(result.status or "-"), *times, seen))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for verdict, *numbers, seen in rows:
        cells = (cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True))
        yield "  ".join((verdict.ljust(widths[0]), *cells, seen))


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
