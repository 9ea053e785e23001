"""What observes this Odoo, with real workers and connections: once, and at once."""

import threading

import pytest

from tests.harness import databases
from tests.harness.processes import OdooProcess, wait_until

SUMMARIES = (
    "SELECT deployment.summary FROM ops_deployment deployment "
    "JOIN ops_environment environment ON environment.id = deployment.environment_id "
    "WHERE environment.is_self ORDER BY deployment.id"
)


@pytest.fixture
def registry(database, odoo_config, monkeypatch):
    from odoo.modules.registry import Registry  # noqa: PLC0415 - collected without Odoo too
    from odoo.sql_db import close_db  # noqa: PLC0415

    # Else the modules' own tests would run while the registry loads.
    monkeypatch.setitem(odoo_config, "test_enable", False)
    yield Registry(database)
    Registry.delete(database)
    close_db(database)


def _observe_together(registry, workers=4):
    """Let several workers look at the same moment; return what went wrong in them."""
    from odoo.api import SUPERUSER_ID, Environment  # noqa: PLC0415 - collected without Odoo too

    together = threading.Barrier(workers)
    problems = []

    def observe():
        with registry.cursor() as cr:
            environment = Environment(cr, SUPERUSER_ID, {})["ops.environment"]
            together.wait()
            try:
                environment._run_observe()
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=observe) for _worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_workers_that_look_together_record_a_change_once(registry, database):
    databases.execute(database, "DELETE FROM ops_deployment")
    for change in range(10):
        databases.execute(
            database,
            "UPDATE ir_module_module SET latest_version = %s WHERE name = 'bus'",
            [f"19.0.9.{change}"],
        )
        assert not _observe_together(registry)
        assert len(databases.execute(database, SUMMARIES)) == change + 1


def test_history_begins_with_the_installation(database):
    [(summary,)] = databases.execute(database, SUMMARIES)
    assert summary.startswith("First seen: ")


def test_installed_module_is_recorded_at_once(
    database, start_worker, odoo_configuration_file, tmp_path
):
    start_worker(database)
    beats = "SELECT 1 FROM ops_worker"
    wait_until(lambda: databases.execute(database, beats), 20, "the first heartbeat")
    installation = OdooProcess(
        ["--database", database, "-i", "web_hierarchy", "--stop-after-init", "--no-http"],
        odoo_configuration_file,
        tmp_path / "installation.log",
    )
    assert installation.process.wait(120) == 0, installation.tail()

    def recorded():
        [*_, (summary,)] = databases.execute(database, SUMMARIES)
        return summary.startswith("web_hierarchy ") and summary.endswith(" installed")

    # Far less than the 30 seconds between two looks.
    wait_until(recorded, 10, "the record of the installation")
