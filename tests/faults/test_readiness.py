"""A server says what is wrong with its database, broken for real in a cluster of its own."""

import os
import subprocess

import pytest
import requests

from tests.harness.processes import OdooServer, wait_until


@pytest.fixture
def server(cluster, start_process):
    """A server on the cluster; its loading of the database is awaited."""
    server = start_process(
        OdooServer,
        cluster.database,
        environment=cluster.variables,
        arguments=["--load", "base,web,ops_center_base"],
    )
    return server.wait_until_serving()


def ready(server):
    answer = requests.get(f"{server.url}/ops/ready", timeout=30)
    return answer.status_code, answer.json()["checks"]["database"]


def wait_until_failing(server, cause):
    def failing():
        status, check = ready(server)
        return status == 503 and check["status"] == "fail" and cause in check["message"]

    wait_until(failing, 30, f"the answer {cause}")


def execute(cluster, statement):
    command = ["psql", "--quiet", "--dbname", "postgres", "--command", statement]
    subprocess.run(command, env={**os.environ, **cluster.variables}, check=True)


def test_stopped(cluster, server):
    assert ready(server)[1]["status"] == "pass"
    cluster.stop()
    wait_until_failing(server, "PostgreSQL does not answer")
    assert requests.get(f"{server.url}/ops/live", timeout=30).json() == {"status": "pass"}
    cluster.start()
    wait_until(lambda: ready(server)[1]["status"] == "pass", 30, "the recovery")


@pytest.mark.expected_log_errors("Listing databases failed", "bad query: .*pg_database")
def test_read_only(cluster, server):
    """A standby that nobody has promoted yet."""
    standby = cluster.folder / "data" / "standby.signal"
    cluster.stop()
    standby.touch()
    cluster.start()
    try:
        wait_until_failing(server, "read-only standby")
    finally:
        cluster.stop()
        standby.unlink()
        cluster.start()
    wait_until(lambda: ready(server)[1]["status"] == "pass", 30, "the recovery")


def test_missing(cluster, server):
    execute(cluster, f"DROP DATABASE {cluster.database} WITH (FORCE)")
    wait_until_failing(server, "No database matches")
