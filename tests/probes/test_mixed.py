"""Targets of all sorts in one run: each gets the verdict that it deserves, in its time."""

import socket
import threading
import time

import pytest
from probes import HttpRequest, run

from tests.fakes.http2_target import http2_target
from tests.fakes.http_target import HttpTarget

from .mixed import mixed_targets
from .support import probe, target


def test_mixed_targets(web, trusted):
    with mixed_targets(web, trusted) as mixed:
        started = time.monotonic()
        targets = [target for target, _error in mixed.values()]
        results = {result.key: result for result in run(targets, per_host=100)}
        took = time.monotonic() - started
    expected = {name: error for name, (_target, error) in mixed.items()}
    seen = {key: result.error for key, result in results.items()}
    assert seen == expected
    verdicts = {key: result.verdict for key, result in results.items()}
    assert verdicts == {key: "down" if error else "up" for key, error in expected.items()}
    assert took < 4


def test_server_that_speaks_http2_only(trusted):
    with http2_target(trusted.server_context("127.0.0.1")) as (port, connections):
        url = f"https://127.0.0.1:{port}/"
        results = list(run([target(url, key=key, body_contains="well") for key in range(5)]))
        assert [result.verdict for result in results] == ["up"] * 5, results
        assert "tls" in results[0].phases
        assert len(connections) == 5
        posted = probe(url, request=HttpRequest(method="POST", body="x"))
        assert posted.status == 200, posted.message


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [({"status": 500}, "status"), ({"body": b"out of order"}, "body"), ({"goodbye": True}, "")],
)
def test_bad_answer_by_http2_is_down(trusted, behaviour, error):
    with http2_target(trusted.server_context("127.0.0.1"), **behaviour) as (port, _connections):
        result = probe(f"https://127.0.0.1:{port}/", body_contains="well", timeout=2)
    assert result.verdict == "down"
    assert not error or result.error == error


def test_server_that_offers_both_versions(trusted):
    context = trusted.server_context("127.0.0.1")
    context.set_alpn_protocols(["http/1.1"])
    with HttpTarget(tls=context) as web:
        assert probe(web.url()).verdict == "up"


def test_server_that_accepts_and_dies():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept_and_close, args=(server,), daemon=True).start()
        result = probe(f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert result.verdict == "down"
    assert result.error in {"empty", "reset"}


def accept_and_close(server):
    connection, _address = server.accept()
    connection.close()
