"""Two real workers escalate an incident at the same moment: each step is told once."""

import pytest

from tests.harness import databases
from tests.harness.processes import wait_until
from tests.health.test_watching import create_checks


@pytest.fixture
def query(database):
    return lambda text, *parameters: databases.execute(database, text, parameters)


def test_two_workers_take_each_step_once(database, query, start_server, start_worker):
    query("UPDATE ops_health_check SET state = 'paused'")
    server = start_server(database, arguments=["--max-cron-threads=0"])
    call = server.session()
    # The template's marker of the original belongs to another database name.
    call("ops.instance", "action_bind", [])
    [admin] = call("res.users", "search", [["login", "=", "admin"]])
    channel = {"kind": "activity", "user_ids": [[6, 0, [admin]]], "reminder_minutes": 5}
    channels = call(
        "ops.notification.channel", "create", [{"name": f"{n}", **channel} for n in range(5)]
    )
    steps = [[0, 0, {"delay": 1, "channel_ids": [[6, 0, [channel]]]}] for channel in channels]
    policy = {"name": "Everywhere", "is_default": True, "step_ids": steps}
    call("ops.escalation.policy", "create", [policy])
    create_checks(server, "tcp://127.0.0.1:9", kind="tcp", failure_threshold=1)
    worker = start_worker(database)
    incident = "SELECT 1 FROM ops_health_incident"
    wait_until(lambda: query(incident), 60, "the incident")
    worker.terminate()
    query("DELETE FROM ops_notification")
    query("UPDATE ops_health_incident SET opened_at = opened_at - interval '1 hour'")

    for _worker in range(2):
        start_worker(database)
    prompted = "SELECT 1 FROM ops_health_incident WHERE prompted_at IS NOT NULL"
    wait_until(lambda: query(prompted), 60, "the escalation")
    wait_until(lambda: query("SELECT 2 FROM ops_worker OFFSET 1"), 30, "both workers")
    wait_until(
        lambda: query("SELECT 1 FROM ops_notification HAVING bool_and(state = 'done')"),
        30,
        "the messages",
    )
    told = query("SELECT channel_id, count(*) FROM ops_notification GROUP BY 1 ORDER BY 1")
    assert told == [(channel, 1) for channel in channels]
    events = query("SELECT count(*) FROM ops_event WHERE kind = 'incident.escalated'")
    assert events == [(len(steps),)]
