"""A real server says what keeps it from its work, and that it is ready again once it is mended.

What becomes of it without PostgreSQL or without its database is tested in ``faults``.
"""

import signal

import requests

from tests.harness import databases
from tests.harness.processes import wait_until

RELEASE = "0123abc"
ARGUMENTS = ["--max-cron-threads=0", "--load=base,web,ops_center_base"]
SET_STATE = "UPDATE ir_module_module SET state = %s WHERE name = %s"
SET_VERSION = "UPDATE ir_module_module SET latest_version = %s WHERE name = 'ops_center'"
SET_BEAT = "UPDATE ops_worker SET beat_at = beat_at - interval '1 hour'"
LOSE_CODE = "INSERT INTO ir_module_module (name, state) VALUES ('lost_addon', 'installed')"
FORGET_LOST = "DELETE FROM ir_module_module WHERE name = 'lost_addon'"
FULL = "could not extend file: No space left on device"
# What PostgreSQL answers to writers once its disk is full; readers notice nothing.
FILL_DISK = f"""
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = '{FULL}'; END $$;
    CREATE TRIGGER full_disk BEFORE UPDATE ON ir_config_parameter EXECUTE FUNCTION full_disk()
"""


def ready(server, query=""):
    """Return the status of the answer, and what the checks that failed say."""
    answer = requests.get(f"{server.url}/ops/ready{query}", timeout=30)
    checks = answer.json()["checks"]
    failed = {name: check["message"] for name, check in checks.items() if check["status"] == "fail"}
    assert answer.json()["status"] == ("fail" if failed else "pass")
    return answer.status_code, failed


def assert_broken(server, check, cause, query=""):
    status, failed = ready(server, query)
    assert (status, list(failed)) == (503, [check]), failed
    assert cause in failed[check]


def wait_until_ready(server):
    wait_until(lambda: ready(server) == (200, {}), 60, "the server being ready")


def test_each_broken_state(database, start_server, start_worker):
    def execute(query, *parameters):
        return databases.execute(database, query, parameters)

    server = start_server(
        database, environment={"OPS_CENTER_RELEASE": RELEASE}, arguments=ARGUMENTS
    )
    execute("UPDATE ir_cron SET create_date = create_date - interval '1 hour'")
    assert_broken(server, "worker", "start the worker, or Odoo with max_cron_threads above 0")
    worker = start_worker(database)
    wait_until_ready(server)

    for module, usual, waiting in (
        ("web_hierarchy", "uninstalled", "to install"),
        ("ops_center", "installed", "to upgrade"),
        ("ops_center", "installed", "to remove"),
    ):
        execute(SET_STATE, waiting, module)
        assert_broken(server, "modules", f"{module} ({waiting})")
        execute(SET_STATE, usual, module)
        assert ready(server) == (200, {})

    [(version,)] = execute("SELECT latest_version FROM ir_module_module WHERE name = 'ops_center'")
    execute(SET_VERSION, "19.0.0.0.1")
    cause = f"ops_center is 19.0.0.0.1 in the database, {version} in the code"
    assert_broken(server, "versions", cause)
    execute(SET_VERSION, version)
    assert ready(server) == (200, {})

    execute(LOSE_CODE)
    assert_broken(server, "versions", "lost_addon is installed, but its code is missing")
    execute(FORGET_LOST)
    assert ready(server) == (200, {})

    execute(FILL_DISK)
    assert_broken(server, "database", FULL)
    execute("DROP FUNCTION full_disk CASCADE")
    assert ready(server) == (200, {})

    assert ready(server, f"?release={RELEASE}") == (200, {})
    cause = f"{RELEASE} is running, 4567def is expected"
    assert_broken(server, "release", cause, "?release=4567def")

    worker.signal(signal.SIGKILL)
    worker.process.wait()
    assert ready(server) == (200, {}), "it has not been silent for long"
    execute(SET_BEAT)
    assert_broken(server, "worker", "start the worker")
    start_worker(database)
    wait_until_ready(server)
