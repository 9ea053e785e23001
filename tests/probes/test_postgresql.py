"""Logins to a real PostgreSQL on loopback, and to what only looks like one."""

import contextlib
import os
import signal
import socket
import threading
import time

import psycopg2
import pytest
from probes import AddressPolicy, PostgresqlExpectation

from tests.fakes.postgresql_cluster import PASSWORD, PostgresqlServer

from .support import closed_port, open_files, probe


@pytest.fixture(scope="module")
def primary():
    with PostgresqlServer.primary() as server:
        server.execute(
            "CREATE ROLE watcher LOGIN PASSWORD 'secret of the tests'",
            "CREATE TABLE orders (id int)",
        )
        yield server


@pytest.fixture(scope="module")
def replica(primary):
    with primary.replica() as server:
        yield server


def look(url, timeout=10.0, allow=None, password=PASSWORD, latencies=None, **expectations):
    expected = PostgresqlExpectation(password=password, **expectations)
    return probe(url, timeout=timeout, allow=allow, postgresql=expected, **(latencies or {}))


def test_login_is_up(primary):
    result = look(primary.url())
    assert (result.verdict, result.address) == ("up", "127.0.0.1"), result.message
    assert list(result.phases) == ["dns", "connect", "first_byte", "total"]
    assert look(primary.url().replace("127.0.0.1", "localhost")).verdict == "up"
    assert look(primary.url(), latencies={"degraded_ms": 0.001}).error == "slow"
    down = look(primary.url(), latencies={"degraded_ms": 0.001, "max_latency_ms": 0.002})
    assert (down.verdict, down.error) == ("down", "too_slow")
    assert "more than 0.002 ms count as down" in down.message


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ({"user": "nobody"}, 'password authentication failed for user "nobody"'),
        ({"database": "gone"}, 'database "gone" does not exist'),
    ],
)
def test_refused_login_is_down_and_says_why(primary, url, words):
    result = look(primary.url(**url))
    assert (result.verdict, result.error) == ("down", "pg_refused"), result.message
    assert words in result.message


def test_password_of_this_process_is_not_shown_to_others(primary, monkeypatch, tmp_path):
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{PASSWORD}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    assert look(primary.url(), password="").error != ""
    assert look(primary.url(), password="wrong").error == "pg_refused"
    assert look(primary.url()).verdict == "up"


def test_password_is_in_no_text(primary):
    result = look(primary.url(user="nobody"))
    assert PASSWORD not in repr(result) + repr(PostgresqlExpectation(password=PASSWORD))


def test_closed_port_is_down():
    port = closed_port()
    result = look(f"postgresql://me@127.0.0.1:{port}/shop")
    assert (result.verdict, result.error) == ("down", "connect_refused"), result.message
    assert f"on port {port}" in result.message


def test_encryption_that_is_not_offered(primary):
    result = look(primary.url(options="?sslmode=require"))
    assert (result.verdict, result.error) == ("down", "connect")
    assert "server does not support SSL" in result.message


def test_server_is_subject_to_the_policy(primary):
    for url in (primary.url(), primary.url().replace("127.0.0.1", "localhost")):
        result = look(url, allow=AddressPolicy())
        assert (result.verdict, result.error) == ("unknown", "address_denied")
        assert look(url, allow=AddressPolicy(("127.0.0.0/8",))).verdict == "up"


# === QUERIES === #


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("SELECT 42", "42"),
        ("SELECT true;", "true"),
        ("SELECT 'a % b' -- a remark", "a % b"),
        ("VALUES ('first'), ('second')", "first"),
        ("SELECT generate_series(1, 100000000)", "1"),
        ("SELECT count(*) FROM orders", "0"),
    ],
)
def test_expected_value(primary, query, value):
    result = look(primary.url(), query=query, value=value)
    assert result.verdict == "up", result.message
    assert value.encode() in result.body


@pytest.mark.parametrize(
    ("query", "value", "error", "words"),
    [
        ("SELECT 42", "43", "pg_value", "returned 42, expected 43"),
        ("SELECT 1 WHERE false", "1", "pg_value", "returned no row"),
        ("SELECT 1 / 0", "", "pg_query", "division by zero"),
        ("SELECT nonsense", "", "pg_query", "does not exist"),
        ("DELETE FROM orders", "", "pg_query", "syntax error"),
    ],
)
def test_wrong_value_is_down(primary, query, value, error, words):
    result = look(primary.url(), query=query, value=value)
    assert (result.verdict, result.error) == ("down", error), result.message
    assert words in result.message


def test_nothing_can_be_written(primary):
    primary.execute(
        "CREATE OR REPLACE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
        " SET transaction_read_only = off; INSERT INTO orders VALUES (1); RETURN 1; END $$"
    )
    assert look(primary.url(), query="SELECT sneak()").error == "pg_query"
    assert primary.execute("SELECT count(*) FROM orders") == [(0,)]


def test_endless_query_ends_on_both_sides(primary):
    started = time.monotonic()
    result = look(primary.url(), timeout=0.5, query="SELECT pg_sleep(60)")
    assert (result.verdict, result.error) == ("down", "timeout"), result.message
    assert time.monotonic() - started < 1
    time.sleep(0.3)
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'OpsCenterProbe'"
    assert primary.execute(running) == [(0,)]


def test_answer_without_end_is_not_read(primary):
    result = look(primary.url(), query="SELECT repeat(md5('x'), 1000000)")
    assert (result.verdict, result.error) == ("down", "pg_too_much"), result.message


# === LIMITS === #


@pytest.mark.parametrize(
    ("limits", "verdict", "error"),
    [
        ({"connections_down": 100}, "up", ""),
        ({"connections_degraded": 1}, "degraded", "pg_connections_degraded"),
        ({"connections_degraded": 1, "connections_down": 2}, "down", "pg_connections"),
    ],
)
def test_connections_in_use(primary, limits, verdict, error):
    result = look(primary.url("watcher"), **limits)
    assert (result.verdict, result.error) == (verdict, error), result.message
    assert b" of 20" in result.body


def test_no_connection_left(primary):
    with contextlib.ExitStack() as stack:
        for _session in range(17):
            connection = psycopg2.connect(primary.dsn())
            stack.callback(connection.close)
        result = look(primary.url("watcher"))
    assert (result.verdict, result.error) == ("down", "pg_refused"), result.message
    assert "connection slots" in result.message


def test_primary_without_its_replica_is_degraded(primary):
    result = look(primary.url(), lag_degraded=5)
    assert (result.verdict, result.error) == ("degraded", "pg_no_replica")


def test_replica_that_keeps_up(primary, replica):
    primary.execute("INSERT INTO orders SELECT 1 WHERE false", "CREATE TABLE IF NOT EXISTS a ()")
    for server in (primary, replica):
        result = look(server.url(), lag_degraded=30, lag_down=60)
        assert result.verdict == "up", result.message
        assert b"Replication lag" in result.body


def test_replica_that_falls_behind(primary, replica):
    # Delayed, it receives what it doesn't apply yet.
    replica.execute("ALTER SYSTEM SET recovery_min_apply_delay = '1h'", "SELECT pg_reload_conf()")
    primary.execute("CREATE TABLE IF NOT EXISTS b ()")
    time.sleep(1.2)
    result = look(replica.url(), lag_degraded=0.5, lag_down=60)
    assert (result.verdict, result.error) == ("degraded", "pg_lag_degraded"), result.message
    result = look(replica.url(), lag_degraded=0.5, lag_down=1)
    assert (result.verdict, result.error) == ("down", "pg_lag"), result.message
    replica.execute("ALTER SYSTEM RESET recovery_min_apply_delay", "SELECT pg_reload_conf()")


@pytest.mark.usefixtures("replica")
def test_user_who_may_not_see_replicas_blames_nobody(primary):
    result = look(primary.url("watcher"), lag_degraded=30)
    assert (result.verdict, result.error) == ("unknown", "pg_lag_hidden")
    assert "GRANT pg_monitor TO watcher" in result.message


# === WHAT ONLY LOOKS LIKE POSTGRESQL === #


def test_server_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        result = look(f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/shop", timeout=0.3)
    assert (result.verdict, result.error) == ("down", "pg_timeout")
    assert time.monotonic() - started < 0.6


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"N" + b"x" * 99])
def test_server_of_another_kind_is_down(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    connection.recv(100)
                    connection.sendall(answer)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        result = look(f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/shop", timeout=2)
        server.shutdown(socket.SHUT_RDWR)
    assert (result.verdict, result.error) == ("down", "connect"), result.message


def test_no_connection_is_left_open(primary):
    look(primary.url())
    before = open_files()
    for _attempt in range(3):
        look(primary.url())
        look(primary.url(database="gone"))
        look(primary.url(), query="SELECT 1 / 0")
    assert open_files() <= before


def test_stopped_server_delays_no_longer_than_the_timeout(primary):
    [[process]] = primary.execute("SELECT pg_backend_pid()")
    postmaster = int((primary.folder / "postmaster.pid").read_text().split()[0])
    assert process != postmaster
    os.kill(postmaster, signal.SIGSTOP)
    try:
        assert look(primary.url(), timeout=0.3).error == "pg_timeout"
    finally:
        os.kill(postmaster, signal.SIGCONT)
    assert look(primary.url()).verdict == "up"
