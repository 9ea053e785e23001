"""Who does the work, and when nobody may."""

from tests.faults.conftest import bind
from tests.harness import databases
from tests.harness.processes import OdooServer, wait_until


def test_scheduled_action_works_without_a_worker(start, provider, states):
    server = start(OdooServer, arguments=["--max-cron-threads", "1"]).wait_until_serving()
    call = server.session()
    for _index in range(2):  # a user who clicks twice
        call("ops.operation", "request_test", "the same key")
    wait_until(lambda: states() == {"done": 1}, 60, "the work of the scheduled action")
    assert len(provider.ledger) == 1


def test_a_copy_sends_nothing(start, provider, enqueue, database, odoo_config):
    enqueue(3)
    with databases.clone(database, odoo_config["data_dir"]) as copy:
        worker = start(name=copy)
        passes = "SELECT beat_at > started_at + interval '6 seconds' FROM ops_worker"
        wait_until(lambda: databases.execute(copy, passes) == [(True,)], 60, "a few passes")
        assert provider.requests == 0
        query = "SELECT DISTINCT state FROM ops_operation"
        assert databases.execute(copy, query) == [("pending",)]
        bind(copy)
        databases.execute(copy, "INSERT INTO orm_signaling_stable DEFAULT VALUES")
        wait_until(lambda: databases.execute(copy, query) == [("done",)], 60, "the work")
        assert worker.running()
        worker.terminate()
    assert len(provider.ledger) == 3


def test_the_worker_pauses_while_modules_change(start, provider, enqueue, states, database):
    change = "UPDATE ir_module_module SET state = %s WHERE name = 'bus'"
    databases.execute(database, change, ["to upgrade"])
    enqueue(1)
    worker = start()
    wait_until(lambda: "Paused: module bus is to upgrade" in worker.tail(), 60, "the pause")
    databases.execute(database, change, ["installed"])
    wait_until(lambda: states() == {"done": 1}, 60, "the work after the pause")
    assert "Resumed" in worker.tail()
