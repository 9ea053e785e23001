"""Nothing is lost and nothing done twice, whenever a process dies and whatever is lost outside."""

import random
import signal
import time
import uuid

import pytest

from tests.harness import databases
from tests.harness.processes import wait_until

OPERATIONS = 24


@pytest.fixture
def unreliable(provider):
    provider.lost = provider.errors = provider.delay = 0.1
    return provider


def kill_workers(start):
    """Run workers that die, at each crash point and then at random moments."""
    dying = [start(OPS_CRASHPOINT=point) for point in ("claimed", "called", "recorded")]
    for worker in dying:
        assert worker.process.wait(60) == 9, worker.tail()
    victims = [start(), start()]
    moments = random.Random(19)
    for worker in victims:
        wait_until_started(worker)
        time.sleep(moments.uniform(0, 1))
        worker.kill()


def wait_until_started(worker):
    wait_until(lambda: "Registry loaded" in worker.tail(200), 60, "the worker's start")


def test_kills_and_lost_answers(start, unreliable, enqueue, states):
    markers = enqueue(OPERATIONS)
    kill_workers(start)
    start()
    wait_until(lambda: states() == {"done": OPERATIONS}, 90, "the end of all operations")
    created = unreliable.created()
    assert set(created) == set(markers), "operations were lost"
    assert not [marker for marker, count in created.items() if count > 1], "duplicates"


@pytest.mark.expected_log_errors("Loop naive failed")
def test_the_crash_test_bites(start, unreliable, database):
    """The usual way, call and then write, fails the same test."""
    for _index in range(OPERATIONS):
        databases.execute(
            database, "INSERT INTO ops_test_naive (marker) VALUES (%s)", [uuid.uuid4().hex]
        )
    assert start(OPS_CRASHPOINT="called").process.wait(60) == 9
    start()
    wait_until(lambda: max(unreliable.created().values()) > 1, 60, "a duplicate")


def test_two_workers_share_the_work(start, unreliable, enqueue, states, database):
    first, second = start(), start()
    query = "SELECT COUNT(*) FROM ops_worker"
    wait_until(lambda: databases.execute(database, query) == [(2,)], 60, "both workers' start")
    markers = enqueue(OPERATIONS)
    wait_until(lambda: sum(unreliable.created().values()) > 4, 30, "the first creations")
    second.kill()
    wait_until(lambda: states() == {"done": OPERATIONS}, 60, "the end of all operations")
    assert set(unreliable.created()) == set(markers)
    assert set(unreliable.created().values()) == {1}
    assert first.running()


@pytest.mark.expected_log_errors("odoo.sql_db: bad query")
def test_lost_connections(start, provider, enqueue, states, database):
    """The worker survives a database that ends all its connections."""
    worker = start()
    provider.delay = 0.3
    wait_until_started(worker)
    markers = enqueue(4)
    wait_until(provider.created, 30, "the first creation")
    databases.execute(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid != pg_backend_pid()",
    )
    wait_until(lambda: states() == {"done": 4}, 60, "the end of all operations")
    assert provider.created() == dict.fromkeys(markers, 1)
    assert worker.running()


def test_sigterm_finishes_what_was_begun(start, provider, enqueue, states):
    provider.delay = 1
    worker = start()
    wait_until_started(worker)
    enqueue(10)
    wait_until(lambda: "sending" in states(), 30, "the first sending")
    worker.signal(signal.SIGTERM)
    assert worker.process.wait(30) == 0
    assert "everything is finished" in worker.tail()
    ended = states()
    assert ended.keys() == {"done", "pending"}
    assert len(provider.ledger) == ended["done"]
