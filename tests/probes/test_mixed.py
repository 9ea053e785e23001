"""Targets of all sorts in one run: each gets the verdict that it deserves, in its time."""

import contextlib
import socket
import threading
import time

import pytest
from probes import HttpRequest, run

from tests.fakes.http2_target import http2_target
from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, blackhole, closed_port, probe, target

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# Answers, byte by byte, with what is to be said of them; the connection is closed behind them.
ANSWERS = {
    "early hints": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + LENGTH + b"ok", ""),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + b"ok", ""),
    "many of 1xx": (b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + OK + LENGTH + b"ok", ""),
    "early hints of a fault": (
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Oops\r\n" + LENGTH + b"no",
        "status",
    ),
    "nothing but early hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n", "empty"),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "empty"),
    "chunks": (CHUNKED + b"2\r\nok\r\n0\r\nX-Trailer: a\r\n\r\n", ""),
    "chunk with an extension": (CHUNKED + b"2;a=b\r\nok\r\n0\r\n\r\n", ""),
    "chunk without a size": (CHUNKED + b"zz\r\nok\r\n0\r\n\r\n", "protocol"),
    "chunk of astronomic size": (CHUNKED + b"f" * 18 + b"\r\nok", "protocol"),
    "chunk that breaks off": (CHUNKED + b"5\r\nok", "truncated"),
    "chunks without the last": (CHUNKED + b"2\r\nok\r\n", "truncated"),
    "body that breaks off": (OK + b"Content-Length: 10\r\n\r\nok", "truncated"),
    "headers that break off": (OK + b"X-A: b", "truncated"),
    "headers that end early": (OK + b"X-A: b\r\n", "truncated"),
    "status line alone": (OK, "truncated"),
    "negative length": (OK + b"Content-Length: -5\r\n\r\nok", "protocol"),
    "two lengths": (OK + b"Content-Length: 5\r\n" + LENGTH + b"ok", "protocol"),
    "no length": (OK + b"\r\nok", ""),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n", ""),
    "no headers at all": (b"just text", "protocol"),
    "zero byte in a header": (OK + b"X-A: a\0b\r\n" + LENGTH + b"ok", "protocol"),
    "unknown status": (b"HTTP/1.1 999 What\r\n" + LENGTH + b"ok", "status"),
    "frames of HTTP/2": (b"\0\0\0\4\0\0\0\0\0", "protocol"),
    "a mail server": (b"220 mail.example.com ESMTP\r\n", "protocol"),
}


@pytest.fixture
def tls_farm(trusted):
    """HTTPS servers with a good certificate and with bad ones, their URLs by error code."""
    with contextlib.ExitStack() as stack:

        def serve(*names, **validity):
            context = trusted.server_context(*names, **validity)
            return stack.enter_context(HttpTarget(tls=context)).url()

        yield {
            "": serve("127.0.0.1"),
            "tls_hostname": serve("shop.example"),
            "tls_expired": serve("127.0.0.1", days=(-10, -2)),
            "tls_not_yet_valid": serve("127.0.0.1", days=(2, 10)),
        }


def test_mixed_targets(web, tls_farm):
    expected = {name: error for name, (_answer, error) in ANSWERS.items()}
    targets = [
        target(web.url(f"/raw?hex={answer.hex()}"), key=name, timeout=5)
        for name, (answer, _error) in ANSWERS.items()
    ]

    def add(key, error, url, **expectations):
        expected[key] = error
        targets.append(target(url, key=key, **{"timeout": 5, **expectations}))

    with blackhole() as silent_port, HttpTarget("::1") as six:
        for error, url in tls_farm.items():
            add(f"certificate {error}", error, url)
        add("good", "", web.url())
        add("IPv6 only", "", six.url())
        add("reset", "reset", web.url("/reset"))
        add("empty", "empty", web.url("/empty"))
        add("half-closed", "", web.url("/half-closed"))
        add("half-closed in silence", "empty", web.url("/half-closed-empty"))
        add("huge", "", web.url("/huge"))
        add("bomb", "", web.url("/gzip-bomb"))
        add("bad gzip", "protocol", web.url("/bad-gzip"))
        add("headers without end", "headers_too_large", web.url("/header-flood"))
        add("loop", "redirects", web.url("/loop"), request=FOLLOW)
        add("slow but in time", "", web.url("/slow/0.5"))
        add("slow", "timeout", web.url("/slow/30"), timeout=1)
        add("silent", "timeout", web.url("/hang"), timeout=1)
        add("drip", "timeout", web.url("/drip/0.05"), timeout=1)
        add("1xx without end", "timeout", web.url("/informing/0.01"), timeout=1)
        add("refused", "connect_refused", f"http://127.0.0.1:{closed_port()}/")
        add("dropped", "connect_timeout", f"http://127.0.0.1:{silent_port}/", timeout=1)
        started = time.monotonic()
        results = {result.key: result for result in run(targets, per_host=100)}
        took = time.monotonic() - started
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
