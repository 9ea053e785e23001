"""The private cluster: made once, closed to others, its data kept over stop and start."""

import shutil
import stat

import pytest

SETUP = """
import os, subprocess, sys
import failure, postgresql

def sql(cluster, text):
    return subprocess.run(
        ["psql", "--dbname=postgres", "--tuples-only", "--no-align", "--command", text],
        env={**os.environ, **cluster.variables}, capture_output=True, text=True, check=True,
    ).stdout.strip()

cluster = postgresql.Cluster("postgresql", postgresql.DISPOSABLE)
"""
WRITE = (
    SETUP
    + """
cluster.start()
try:
    sql(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    print(sql(cluster, "SHOW listen_addresses"), cluster.variables["PGHOST"])
finally:
    cluster.stop()
"""
)
READ = (
    SETUP
    + """
cluster.start()
try:
    print(sql(cluster, "TABLE kept"))
finally:
    cluster.stop()
"""
)
START = (
    SETUP
    + """
failure.report(cluster.start)
"""
)
NAMED = """
import postgresql
print(sorted((postgresql.named_server() or {}).items()))
"""


@pytest.fixture
def own_cluster(checkout):
    """The checkout, its cluster deleted at the end, wherever it had to live."""
    yield checkout
    cluster = (checkout.local / "postgresql").resolve()
    if cluster != checkout.local / "postgresql":
        shutil.rmtree(cluster.parent)


def test_data_survive_and_others_stay_out(own_cluster):
    written = own_cluster.run(own_cluster.script(WRITE))
    assert written.returncode == 0, written.stderr
    folder = (own_cluster.local / "postgresql").resolve()
    # The address list is empty: no TCP port at all.
    assert written.stdout.splitlines()[-1] == f" {folder}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert own_cluster.run(own_cluster.script(READ)).stdout == "42\n"


def test_data_of_another_version(own_cluster, one_line):
    assert own_cluster.run(own_cluster.script(WRITE)).returncode == 0
    data = (own_cluster.local / "postgresql").resolve() / "data"
    (data / "PG_VERSION").write_text("9\n")
    result = own_cluster.run(own_cluster.script(START))
    one_line(result, "PostgreSQL 9, which made", "is not installed", "PGHOST")


def test_broken_data(own_cluster, one_line):
    assert own_cluster.run(own_cluster.script(WRITE)).returncode == 0
    data = (own_cluster.local / "postgresql").resolve() / "data"
    (data / "global" / "pg_control").unlink()
    result = own_cluster.run(own_cluster.script(START))
    one_line(result, "PostgreSQL does not start", "pg_control", "make clean")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, []),
        ({"PGPASSWORD": "secret"}, []),
        ({"PGHOST": "db"}, [("PGHOST", "db")]),
        ({"PGUSER": "me", "PGPORT": ""}, [("PGUSER", "me")]),
    ],
)
def test_named_server(checkout, variables, named):
    assert checkout.run(checkout.script(NAMED), **variables).stdout.strip() == str(named)
