"""What goes wrong on our own side is no outage of what we watch."""

import os
import resource
import time

from tests.fakes.http_target import HttpTarget
from tests.harness import databases
from tests.harness.processes import wait_until

from .test_watching import announce_incidents, create_checks

WORKER_FAULTS = (
    "bad query",  # Odoo's word for whatever was asked when the connection ended
    "terminating connection",
    "server closed the connection",
    "connection already closed",
    "Too many open files",
    "unable to open",
    "not currently accepting connections",
)


def first_free_file(pid):
    """Return the number that the next file which a process opens will have, a moment later."""
    time.sleep(0.02)
    taken = set(map(int, os.listdir(f"/proc/{pid}/fd")))
    return min(set(range(len(taken) + 1)) - taken)


def no_more_files(pid):
    """Let a process open nothing more; return what lets it again."""
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # What a probe has open for a moment would be free again later.
    first_free = min(first_free_file(pid) for _look in range(50))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (first_free, limits[1]))
    return lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def test_our_own_faults_open_no_incident_and_results_go_on(database, start_server, start_worker):
    def query(text, *parameters):
        return databases.execute(database, text, parameters)

    def newest():
        return query("SELECT max(id) FROM ops_health_sample WHERE check_id = ANY(%s)", checks)[0][0]

    def count(states):
        return len(
            query(
                "SELECT 1 FROM ops_health_check WHERE id = ANY(%s) AND state = ANY(%s)",
                checks,
                states,
            )
        )

    query("UPDATE ops_health_check SET state = 'paused'")
    server = start_server(database, arguments=["--max-cron-threads=0"])
    with HttpTarget() as target:
        target.set_status(200)
        url = target.url("/switch")
        [number] = create_checks(server, url, failure_threshold=1, failure_window=1)
        [environment] = query("SELECT environment_id FROM ops_health_check WHERE id = %s", number)
        named = {
            "name": "By its name",
            "environment_id": environment[0],
            "url": url.replace("127.0.0.1", "localhost"),
            "interval": 5,
            "timeout": 2,
            "failure_threshold": 1,
            "failure_window": 1,
        }
        server.session()("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8, ::1"})
        checks = [number, *server.session()("ops.health.check", "create", [named])]
        channel = announce_incidents(server)
        worker = start_worker(database)
        worker.expect_errors(*WORKER_FAULTS)
        server.expect_errors(*WORKER_FAULTS)
        wait_until(lambda: count(["up"]) == 2, 60, "the checks being up")

        allow_files = no_more_files(worker.pid)
        wait_until(lambda: "Loop probe" in worker.tail(), 30, "the worker noticing that")
        before = newest()
        allow_files()
        wait_until(lambda: newest() > before, 30, "results once files may be opened")
        assert not query("SELECT 1 FROM ops_health_incident")

        # What a restart of PostgreSQL is to its clients.
        databases.execute("postgres", f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        databases.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [database],
        )
        target.set_status(500)
        databases.execute("postgres", f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
        before = newest()
        wait_until(lambda: count(["down"]) == 2, 60, "results after the restart")
        assert newest() > before
        target.set_status(200)
        wait_until(lambda: count(["up"]) == 2, 30, "the end of the outage")
    assert query("SELECT check_id FROM ops_health_incident ORDER BY 1") == [
        (check,) for check in sorted(checks)
    ]
    told = "SELECT res_id, channel_id, level FROM ops_notification ORDER BY res_id, id"
    assert [message for _incident, *message in query(told)] == [
        [channel, level] for _check in checks for level in ("danger", "success")
    ]
