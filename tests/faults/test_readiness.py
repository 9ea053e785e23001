"""A server says what is wrong with its database, broken for real in a cluster of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from tests.harness import databases
from tests.harness.processes import REPOSITORY, OdooServer, wait_until

NAME = "ops_test_readiness"


@pytest.fixture(scope="module")
def cluster():
    """A running PostgreSQL server that may be stopped, with a copy of the template."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(REPOSITORY / "tools")
        import postgresql  # noqa: PLC0415 - the tools are no package

        server = postgresql.Cluster("postgresql-faults", postgresql.DISPOSABLE)
    shutil.rmtree(folder(server), ignore_errors=True)
    server.start()
    try:
        server_environment = {**os.environ, **server.variables}
        dump = ["pg_dump", "--no-owner", databases.template_name()]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
            for command in (
                ["dropdb", "--if-exists", "--force", NAME],
                ["createdb", NAME],
                ["psql", "--quiet", "--dbname", NAME, "--output", os.devnull],
            ):
                subprocess.run(command, stdin=dumping.stdout, env=server_environment, check=True)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder(server))


def folder(cluster):
    return Path(cluster.variables["PGHOST"])


@pytest.fixture
def server(cluster, start_process):
    """A server on the cluster; its loading of the database is awaited."""
    server = start_process(
        OdooServer,
        NAME,
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
    standby = folder(cluster) / "data" / "standby.signal"
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
    execute(cluster, f"DROP DATABASE {NAME} WITH (FORCE)")
    wait_until_failing(server, "No database matches")
