"""What 20 checks a minute cost the Odoo that they run beside (``make bench MINUTES=3``).

Measured on a real server and a real worker in three phases: without us, with the worker, and with
the scheduled action that stands in for a worker. In each of them a scheduled action of somebody
else is triggered again and again; its delay is the time until it runs.
"""

import os
import statistics
import time

import pytest

from tests.bench.processes import Meter, cpu_seconds, peak_memory
from tests.fakes.http_target import HttpTarget
from tests.harness import databases
from tests.harness.processes import wait_until

CHECKS = 20
INTERVAL = 60  # seconds
PAUSE = 1  # seconds between two runs of the other scheduled action
SETTLING = 60  # seconds after the start until every check has found its state
DAY = 86400  # seconds
MONTH = 30  # days
# Days that rows are kept; all others stay.
KEPT_DAYS = {"ops_health_sample": 5, "bus_bus": 1}
# Rows a month that come once an hour or a day, and so hardly while it is measured.
ROLLED_UP = {"ops_health_rollup_hour": CHECKS * 24 * MONTH, "ops_health_rollup_day": CHECKS * MONTH}
# What grows because of the other scheduled action.
NOT_OURS = {"bench_run", "ir_cron_trigger", "ir_cron_progress"}
MEGABYTE = 1000 * 1000

MAX_CPU = 1  # percent of a core
MAX_GROWTH = 20  # MB a month
MAX_DELAY = 2  # seconds more than without us, at the 99th percentile


@pytest.fixture
def seconds():
    """How long each phase is measured."""
    return 60 * float(os.environ.get("MINUTES") or 3)


@pytest.fixture
def query(database):
    return lambda text, *parameters: databases.execute(database, text, parameters)


@pytest.fixture
def server(database, start_server, query):
    query("UPDATE ir_cron SET active = false WHERE starts_with(cron_name, 'Ops Center')")
    return start_server(database)


@pytest.fixture
def other_cron(query, server):
    """A scheduled action of somebody else, which writes down when it runs; its id."""
    query("CREATE TABLE bench_run (at timestamptz DEFAULT clock_timestamp())")
    call = server.session()
    values = {
        "name": "Somebody else's",
        "model_id": call("ir.model", "search", [["model", "=", "res.partner"]])[0],
        "state": "code",
        "code": "env.cr.execute('INSERT INTO bench_run DEFAULT VALUES')",
        "interval_number": 1,
        "interval_type": "days",
    }
    [cron] = call("ir.cron", "create", [values])
    return cron


@pytest.fixture
def checks(query, server):
    """Twenty checks once a minute: those of this Odoo, and others of a target on loopback."""
    with HttpTarget() as target:
        call = server.session()
        call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
        [environment] = call("ops.environment", "search", [["is_self", "=", True]])
        [(existing,)] = query("SELECT count(*) FROM ops_health_check")
        values = {"environment_id": environment, "kind": "http", "url": target.url()}
        more = [{"name": f"Target {number}", **values} for number in range(CHECKS - existing)]
        call("ops.health.check", "create", more)
        query("UPDATE ops_health_check SET interval = %s", INTERVAL)
        yield


class Delays:
    """How long somebody else's scheduled action waits for its turn."""

    def __init__(self, database, cron):
        self._database = database
        self._cron = cron

    def measure(self, seconds, meter=None):
        """Trigger it again and again for so many seconds; return the delays, in seconds."""
        found = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found.append(self._trigger())
            if meter:
                meter.read()
            time.sleep(PAUSE)
        return found

    def _trigger(self):
        [(triggered,)] = databases.execute(
            self._database,
            "INSERT INTO ir_cron_trigger (cron_id, call_at)"
            " VALUES (%s, now() AT TIME ZONE 'UTC') RETURNING clock_timestamp()",
            [self._cron],
        )
        databases.execute("postgres", "SELECT pg_notify('cron_trigger', %s)", [self._database])
        runs = "SELECT min(at) FROM bench_run WHERE at > %s HAVING count(*) > 0"
        [(ran,)] = wait_until(
            lambda: databases.execute(self._database, runs, [triggered]),
            120,
            "the run of the scheduled action",
        )
        return (ran - triggered).total_seconds()


def ninety_ninth(values):
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def count_rows(query):
    """Return how many rows each table holds."""
    tables = query(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {table: query(f"SELECT count(*) FROM {table}")[0][0] for (table,) in tables}  # noqa: S608


def bytes_a_row(query, table):
    """Return what a row takes, indexes included, in a table as long as a day's samples."""
    rows = CHECKS * DAY // INTERVAL
    query(f"CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)")
    # Keys are unique in the copy, too, and its rows are of ever later times, as in life: that
    # decides how full the pages of an index are.
    at = "(to_jsonb(row) ->> 'at')::timestamp"
    order = f"time, {at}"
    later = f"{at} + time * interval '1 hour'"
    keys = f"jsonb_build_object('id', row_number() OVER (ORDER BY {order}), 'at', {later})"
    numbered = f"jsonb_populate_record(row, {keys})"
    query(
        f"INSERT INTO bench_copy SELECT ({numbered}).*"  # noqa: S608 - names of tables
        f" FROM {table} AS row, generate_series(1, %s) AS time ORDER BY {order} LIMIT %s",
        rows,
        rows,
    )
    [(size,)] = query("SELECT pg_total_relation_size('bench_copy')")
    query("DROP TABLE bench_copy")
    return size / rows


def growth(query, before, after, seconds):
    """Return by how many MB each table is larger after a month."""
    larger = {
        table: rows * bytes_a_row(query, table) / MEGABYTE for table, rows in ROLLED_UP.items()
    }
    for table in after.keys() - NOT_OURS - ROLLED_UP.keys():
        if rows := after[table] - before.get(table, 0):
            days = min(MONTH, KEPT_DAYS.get(table, MONTH))
            size = rows / seconds * DAY * days * bytes_a_row(query, table)
            larger[table] = size / MEGABYTE
    return larger


def roll_up(query):
    """Have the worker roll the results up, as if they were of the hour before."""
    query("UPDATE ops_health_sample SET at = at - interval '1 hour'")
    query("UPDATE ops_health_rollup_mark SET closed_until = closed_until - interval '1 hour'")
    query("SELECT pg_notify('ops_center', 'roll_up')")
    rolled_up = "SELECT 1 FROM ops_health_rollup_day HAVING count(*) >= %s"
    wait_until(lambda: query(rolled_up, CHECKS), 60, "the roll-ups")


def show(lines):
    print("\n")
    for label, value, unit, limit in lines:
        allowed = "" if limit is None else f"at most {limit:g}"
        print(f"{label:<58} {value:>8.2f} {unit:<12} {allowed}".rstrip())


@pytest.mark.usefixtures("checks")
def test_host_budget(database, query, server, other_cron, start_worker, seconds):
    delays = Delays(database, other_cron)
    delays.measure(10)
    without = ninety_ninth(delays.measure(seconds))

    query("UPDATE ir_cron SET active = true WHERE starts_with(cron_name, 'Ops Center')")
    # As in life it finds the Odoo that it watches.
    worker = start_worker(database, arguments=["--http-port", str(server.port)])
    probed = "SELECT count(DISTINCT check_id) FROM ops_health_sample"
    wait_until(lambda: query(probed) == [(CHECKS,)], 90, "the first sample of each check")
    wait_until(lambda: query("SELECT 1 FROM ops_scan"), 90, "the first audit")
    startup = cpu_seconds(worker.pid)
    time.sleep(SETTLING)
    rows = count_rows(query)
    begin = time.monotonic()
    meter = Meter(worker.pid, database)
    beside_worker = ninety_ninth(delays.measure(seconds, meter)) - without
    measured = time.monotonic() - begin
    later_rows = count_rows(query)
    roll_up(query)
    larger = growth(query, rows, later_rows, measured)
    memory = peak_memory(worker.pid)
    worker.terminate()

    beside_fallback = ninety_ninth(delays.measure(seconds)) - without

    own, backends = (100 * part / measured for part in (meter.own(), meter.backends()))
    lines = [
        ("Processor time of the worker", own, "% of a core", None),
        ("Processor time of its PostgreSQL backends", backends, "% of a core", None),
        ("Processor time together", own + backends, "% of a core", MAX_CPU),
        ("Processor time of the worker's start", startup, "s", None),
        ("Most memory of the worker", memory, "MiB", None),
        *((f"Growth of {table}", size, "MB a month", None) for table, size in larger.items()),
        ("Growth together", sum(larger.values()), "MB a month", MAX_GROWTH),
        ("Delay of scheduled actions without us (p99)", without, "s", None),
        ("More with the worker (p99)", beside_worker, "s", MAX_DELAY),
        ("More with our scheduled action (p99)", beside_fallback, "s", MAX_DELAY),
    ]
    show(lines)
    exceeded = [label for label, value, _unit, limit in lines if limit and value > limit]
    assert not exceeded
