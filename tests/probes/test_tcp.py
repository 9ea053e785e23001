"""Ports that accept connections, and others."""

import socket

import pytest

from .support import blackhole, closed_port, open_files, probe


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def test_accepted_connection_is_up_and_closed_without_a_word(listener):
    result = probe(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    assert (result.verdict, result.status, result.address) == ("up", None, "127.0.0.1")
    assert list(result.phases) == ["dns", "connect", "total"]
    connection, _address = listener.accept()
    with connection:
        connection.settimeout(5)
        assert connection.recv(100) == b""


def test_connections_do_not_pile_up(listener):
    url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    probe(url)
    before = open_files()
    for _attempt in range(20):
        assert probe(url).verdict == "up"
    assert open_files() <= before


def test_ipv6_address():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        result = probe(f"tcp://[::1]:{server.getsockname()[1]}")
    assert (result.verdict, result.address) == ("up", "::1")


def test_closed_port_is_down():
    port = closed_port()
    result = probe(f"tcp://127.0.0.1:{port}")
    assert (result.verdict, result.error) == ("down", "connect_refused")
    assert result.message == (
        f"127.0.0.1 refuses connections on port {port}: nothing listens there."
    )


def test_dropped_connection_request_times_out():
    with blackhole() as port:
        result = probe(f"tcp://127.0.0.1:{port}", timeout=0.3)
    assert (result.verdict, result.error) == ("down", "connect_timeout")


def test_slow_connection_is_degraded(listener):
    url = f"tcp://localhost:{listener.getsockname()[1]}"
    assert probe(url, degraded_ms=0.001).verdict == "degraded"
