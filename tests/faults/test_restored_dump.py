"""A database that is older than what was sent from it sends none of that again."""

import subprocess

import pytest

from tests.fakes.digitalocean import FakeDigitalOcean
from tests.faults.test_app_platform import KEY, connect, queue
from tests.harness import databases
from tests.harness.processes import wait_until

QUEUED = 3


@pytest.fixture
def cloud():
    with FakeDigitalOcean(phase_seconds=0.1) as fake:
        yield fake


def test_what_was_sent_after_the_dump_is_not_sent_again(start, cloud, database, tmp_path):
    server, call, environments = connect(start, cloud)
    deployments = queue(call, environments[:QUEUED], 1)
    server.terminate()
    dump = tmp_path / "dump"
    # Queued, and not one of the requests is stored yet.
    query = "SELECT COUNT(*) FROM ops_operation WHERE kind = 'deploy'"
    assert databases.execute(database, query) == [(0,)]
    run("pg_dump", "--format=custom", f"--file={dump}", database)

    def wait_until_live():
        worker = start(**KEY)
        query = "SELECT COUNT(*) FROM ops_deployment WHERE id = ANY(%s) AND state = 'live'"
        wait_until(
            lambda: databases.execute(database, query, [deployments]) == [(QUEUED,)],
            60,
            "the deployments",
        )
        worker.terminate()

    wait_until_live()
    sent = list(cloud.writes)
    assert len(sent) == QUEUED
    run("dropdb", "--force", database)
    run("createdb", "--template=template0", database)
    run("pg_restore", "--no-owner", f"--dbname={database}", dump)
    wait_until_live()
    assert cloud.writes == sent
    assert not cloud.violations


def run(*command):
    subprocess.run(command, check=True)
