"""What a check costs from its claim to its stored result, PostgreSQL included, and when it comes.

A real worker looks at a thousand addresses on loopback every five seconds, at ten thousand every
minute, and at twenty thousand as fast as it can. What a result costs is judged there, as that of
the peers was measured: a worker that has little to do pays for its passes besides.
"""

import os
import statistics
import time

import pytest

from tests.bench.health.web_farm import WORD, web_farm
from tests.bench.processes import Meter, peak_memory
from tests.harness import databases
from tests.harness.processes import wait_until

OFTEN, SELDOM = 5, 60  # seconds between two looks
SETTLING = 10  # seconds of work before it is measured
GOLDEN_RATIO = 0.618033988749895  # of schedule.py: where on its grid a check stands

MAX_CPU = 0.2  # CPU seconds for 1,000 results
MAX_LATENESS = 0.25  # seconds, at the 99th percentile
MAX_START = 5  # seconds from the start of the worker's loops to 1,000 first results
MIN_RATE = 2000  # results a second


@pytest.fixture
def seconds():
    """How long each phase is measured."""
    return 60 * float(os.environ.get("MINUTES") or 5)


@pytest.fixture
def query(database):
    return lambda text, *parameters: databases.execute(database, text, parameters)


@pytest.fixture
def add_checks(database, query, start_server, peers, tmp_path):
    """Return ``add(number, interval)``: so many checks of loopback, and no others."""
    query("UPDATE ir_cron SET active = false")
    query("UPDATE ops_health_check SET state = 'paused'")
    server = start_server(database)
    call = server.session()
    call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
    [environment] = call("ops.environment", "search", [["is_self", "=", True]])

    def add(number, interval):
        values = {"environment_id": environment, "interval": interval, "timeout": 4}
        for first in range(0, number, len(urls)):
            call(
                "ops.health.check",
                "create",
                [
                    {**values, "name": f"Check {first + index}", "url": url, "body_contains": WORD}
                    for index, url in enumerate(urls[: number - first])
                ],
            )

    with web_farm(peers / "usr/sbin/nginx", tmp_path) as urls:
        yield add


def measure(worker, database, query, interval, seconds):
    """Let the worker work for so many seconds and return what it did and what that took."""
    meter = Meter(worker.pid, database)
    [(begin,)] = query("SELECT now() AT TIME ZONE 'UTC'")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        meter.read()
    samples = query(
        "SELECT check_id, extract(epoch FROM at)::float, verdict FROM ops_health_sample"
        " WHERE at > %s",
        begin,
    )
    assert {verdict for _check, _at, verdict in samples} == {"up"}
    late = [
        (at - check * GOLDEN_RATIO % 1 * interval) % interval for check, at, _verdict in samples
    ]
    return {
        "rate": len(samples) / seconds,
        "worker": meter.own() / len(samples) * 1000,
        "postgresql": meter.backends() / len(samples) * 1000,
        "late": statistics.quantiles(late, n=100)[98],
    }


def settle(worker, query):
    """Wait until every check has found its state, and end the worker."""
    wait_until_known(query)
    assert worker.terminate() == 0


def wait_until_known(query):
    unknown = "SELECT 1 FROM ops_health_check WHERE state = 'unknown'"
    wait_until(lambda: not query(unknown), 900, "all checks being up", pause=2)


def show(title, seen, worker):
    print(f"\n\n{title}")
    print(f"Results stored               {seen['rate']:>8.0f} a second")
    print(f"CPU of the worker            {seen['worker']:>8.3f} s for 1,000 results")
    print(f"CPU of PostgreSQL            {seen['postgresql']:>8.3f} s for 1,000 results")
    print(f"Lateness (p99)               {seen['late']:>8.3f} s")
    print(f"Most memory of the worker    {peak_memory(worker.pid):>8.0f} MiB")


def test_thousand_checks_every_five_seconds(database, query, add_checks, start_worker, seconds):
    add_checks(1000, OFTEN)
    settle(start_worker(database), query)
    query("UPDATE ops_health_check_state SET next_run = now() AT TIME ZONE 'UTC'")
    [(restart,)] = query("SELECT now() AT TIME ZONE 'UTC'")
    worker = start_worker(database)
    wait_until(lambda: query("SELECT 1 FROM ops_worker"), 60, "the start of the worker")
    began = time.monotonic()
    seen = "SELECT count(DISTINCT check_id) FROM ops_health_sample WHERE at > %s"
    wait_until(lambda: query(seen, restart) == [(1000,)], 60, "a result of each check")
    start = time.monotonic() - began
    time.sleep(SETTLING)
    figures = measure(worker, database, query, OFTEN, seconds)
    show("1,000 checks every 5 seconds", figures, worker)
    print(f"All first results after      {start:>8.2f} s")
    assert figures["late"] <= MAX_LATENESS
    assert start <= MAX_START


def test_ten_thousand_checks(database, query, add_checks, start_worker, seconds):
    add_checks(10_000, SELDOM)
    settle(start_worker(database), query)
    worker = start_worker(database)
    wait_until(lambda: query("SELECT 1 FROM ops_worker"), 60, "the start of the worker")
    # What was due while nobody looked is over after a minute.
    time.sleep(SELDOM + SETTLING)
    figures = measure(worker, database, query, SELDOM, seconds)
    show("10,000 checks every minute", figures, worker)
    # Twice as many as are wanted, or it could not be faster than that.
    add_checks(10_000, OFTEN)
    query("UPDATE ops_health_check SET interval = %s WHERE kind = 'http'", OFTEN)
    query(
        "UPDATE ops_health_check_state"
        " SET revision = revision + 1, next_run = now() AT TIME ZONE 'UTC'"
    )
    wait_until_known(query)
    time.sleep(SETTLING)
    hurried = measure(worker, database, query, OFTEN, 30)
    show("20,000 checks every 5 seconds, as many as it can", hurried, worker)
    assert figures["late"] <= MAX_LATENESS
    assert hurried["rate"] >= MIN_RATE
    assert hurried["worker"] + hurried["postgresql"] <= MAX_CPU
