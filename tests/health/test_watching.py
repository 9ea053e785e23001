"""A real worker watches a real server and a target that breaks and is mended."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.http_target import HttpTarget
from tests.harness import databases
from tests.harness.processes import wait_until

NONCE = "nonce-b5e07c"
SELF_CHECKS = 10


@pytest.fixture
def target():
    with HttpTarget() as target:
        yield target


@pytest.fixture
def query(database):
    return lambda text, *parameters: databases.execute(database, text, parameters)


@pytest.fixture
def probe_nothing_else(query):
    query("UPDATE ops_health_check SET state = 'paused'")


def create_checks(server, url, count=1, **values):
    """Add checks of ``url`` as the administrator would; return their ids."""
    call = server.session()
    call("res.company", "write", [1], {"ops_allowed_networks": "127.0.0.0/8"})
    [application] = call("ops.application", "create", [{"name": "Shop"}])
    [environment] = call(
        "ops.environment", "create", [{"name": "Live", "application_id": application}]
    )
    check = {"environment_id": environment, "url": url, "interval": 5, "timeout": 2, **values}
    return call("ops.health.check", "create", [{"name": f"{n}", **check} for n in range(count)])


def announce_incidents(server):
    """Have incidents be told, as a task for the administrator; return the channel."""
    call = server.session()
    # The template's marker of the original belongs to another database name.
    call("ops.instance", "action_bind", [])
    [admin] = call("res.users", "search", [["login", "=", "admin"]])
    values = {"name": "Tasks", "kind": "activity", "user_ids": [[6, 0, [admin]]]}
    [channel] = call("ops.notification.channel", "create", [values])
    return channel


def test_first_heartbeats_come_within_ten_seconds(database, query, start_server, start_worker):
    server = start_server(database)
    start_worker(database, arguments=["--http-port", str(server.port)])
    wait_until(lambda: query("SELECT 1 FROM ops_worker"), 60, "the start of the worker")
    wait_until(
        lambda: (
            query(
                "SELECT count(DISTINCT check_id) FROM ops_health_sample s"
                " JOIN ops_health_check c ON c.id = s.check_id WHERE c.kind = 'self'"
            )
            == [(SELF_CHECKS,)]
        ),
        10,
        "the first heartbeat of every self check",
    )
    wait_until(
        lambda: query(
            "SELECT 1 FROM ops_health_check c JOIN ops_health_check d ON d.self_check = 'web'"
            " WHERE c.self_check = 'readiness' AND c.state = 'up' AND d.state = 'up'"
        ),
        20,
        "the server being seen as up",
    )


@pytest.mark.usefixtures("probe_nothing_else")
def test_two_workers_notice_an_outage_and_its_end_once(
    database, query, target, start_server, start_worker
):
    server = start_server(database)
    target.set_status(200)
    check, *_others = create_checks(server, target.url("/switch"), count=10)
    for _worker in range(2):
        start_worker(database)
    state = "SELECT 1 FROM ops_health_check WHERE id = %s AND state = %s"
    wait_until(lambda: query(state, check, "up"), 60, "the check being up")
    target.set_status(500, NONCE)
    wait_until(lambda: query(state, check, "down"), 30, "the outage being noticed")
    target.set_status(200)
    wait_until(lambda: query(state, check, "up"), 30, "its end being noticed")
    kinds = "SELECT kind FROM ops_event WHERE res_id = %s AND kind LIKE 'incident.%%' ORDER BY id"
    found = query("SELECT id, evidence FROM ops_health_incident WHERE check_id = %s", check)
    [(incident, evidence)] = found
    assert NONCE in evidence
    assert query(kinds, incident) == [("incident.opened",), ("incident.resolved",)]
    # Each lease but the one that is running led to one result that counted.
    assert not query(
        "SELECT 1 FROM ops_health_check_state s"
        " WHERE fence > 1 + (SELECT count(*) FROM ops_health_sample WHERE check_id = s.check_id)"
    ), "two workers probed the same slot"


@pytest.mark.usefixtures("probe_nothing_else")
def test_what_dead_workers_began_is_done_by_others_and_told_once(
    database, query, target, start_server, start_worker
):
    # Without scheduled actions, which would look in the place of a worker that dies.
    server = start_server(database, arguments=["--max-cron-threads=0"])
    channel = announce_incidents(server)
    [check] = create_checks(server, target.url("/status/500"), failure_threshold=1)
    samples = "SELECT count(*) FROM ops_health_sample WHERE check_id = %s"
    state = "SELECT state FROM ops_health_check WHERE id = %s"

    worker = start_worker(database, environment={"OPS_CRASHPOINT": "claimed"})
    assert worker.process.wait(60) == 9, worker.tail()
    assert query(samples, check) == [(0,)]
    # What nobody does but the clock: the lease comes to its end.
    query("UPDATE ops_health_check_state SET lease_until = now() AT TIME ZONE 'UTC'")

    worker = start_worker(database, environment={"OPS_CRASHPOINT": "stored"})
    assert worker.process.wait(60) == 9, worker.tail()
    assert query(samples, check) == [(1,)]
    assert query(state, check) == [("unknown",)]

    start_worker(database)
    wait_until(lambda: query(state, check) == [("down",)], 60, "the outage being noticed")
    looks = query(samples, check)
    wait_until(lambda: query(samples, check) > looks, 30, "further looks")
    wait_until(
        lambda: query("SELECT 1 FROM ops_notification WHERE state = 'done'"), 30, "the message"
    )
    assert query("SELECT check_id FROM ops_health_incident") == [(check,)]
    assert query("SELECT channel_id FROM ops_notification") == [(channel,)]
    # Each lease that was not lost led to one sample.
    [(leases, running)] = query(
        "SELECT fence, (lease_until IS NOT NULL)::int FROM ops_health_check_state"
        " WHERE check_id = %s",
        check,
    )
    [(stored,)] = query(samples, check)
    assert leases - running - 2 <= stored <= leases - 1


@pytest.mark.usefixtures("probe_nothing_else")
def test_what_fails_because_of_another_check_is_told_with_that_one(
    database, query, target, start_server, start_worker
):
    # Scheduled actions would look, too, while the checks are being changed.
    server = start_server(database, arguments=["--max-cron-threads=0"])
    target.set_status(200)
    # The one that the others depend on would be looked at long after they failed.
    parent, *children = create_checks(server, target.url("/switch"), count=4, interval=60)
    call = server.session()
    call("ops.health.check", "write", children, {"interval": 5, "depends_on_ids": [parent]})
    start_worker(database)
    states = "SELECT state, count(*) FROM ops_health_check WHERE url IS NOT NULL GROUP BY 1"
    wait_until(lambda: dict(query(states)).get("up") == 4, 60, "the checks being up")
    target.set_status(500, NONCE)
    suppressed = {"down": 1, "suppressed": 3}
    wait_until(lambda: suppressed.items() <= dict(query(states)).items(), 45, "the outage")
    [(incident, check)] = query("SELECT id, check_id FROM ops_health_incident")
    assert check == parent
    affected = query(
        "SELECT check_id FROM ops_health_incident_affected WHERE incident_id = %s", incident
    )
    assert sorted(affected) == [(child,) for child in sorted(children)]
    target.set_status(200)
    call("ops.health.check", "action_run_now", parent)
    wait_until(lambda: dict(query(states)).get("up") == 4, 30, "the end of the outage")
    assert query("SELECT count(*) FROM ops_health_incident") == [(1,)]


@pytest.mark.usefixtures("probe_nothing_else")
def test_maintenance_begins_and_ends_at_its_second(
    database, query, target, start_server, start_worker
):
    server = start_server(database)
    [check] = create_checks(server, target.url("/status/500"))
    start_worker(database)
    state = "SELECT state FROM ops_health_check WHERE id = %s"
    wait_until(lambda: query(state, check) == [("down",)], 60, "the check being down")
    call = server.session()
    begin = datetime.now(UTC).replace(microsecond=0, tzinfo=None) + timedelta(seconds=4)
    values = {
        "name": "New disks",
        "check_ids": [[6, 0, [check]]],
        "date_from": str(begin),
        "date_to": str(begin + timedelta(seconds=4)),
    }
    call("ops.health.maintenance", "create", [values])
    seen = (
        "SELECT state, started_at FROM ops_health_interval"
        " WHERE check_id = %s AND started_at >= %s ORDER BY started_at LIMIT 2"
    )
    end = begin + timedelta(seconds=4)
    wait_until(lambda: len(query(seen, check, begin)) == 2, 20, "the end of the maintenance")
    assert query(seen, check, begin) == [("maintenance", begin), ("unknown", end)]
    assert query("SELECT count(*) FROM ops_health_incident WHERE check_id = %s", check) == [(1,)]
