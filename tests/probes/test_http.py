"""Each verdict on HTTP, from servers on loopback that behave so."""

import time

import pytest
from probes import HttpRequest

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, blackhole, closed_port, probe


def test_good_answer_is_up_with_its_phases(web):
    result = probe(web.url("/status/200"))
    assert (result.verdict, result.error, result.status) == ("up", "", 200)
    assert result.address == "127.0.0.1"
    assert result.body == b"body of a target"
    assert result.headers["content-type"] == "text/html; charset=utf-8"
    assert list(result.phases) == ["dns", "connect", "first_byte", "transfer", "total"]
    parts = [value for phase, value in result.phases.items() if phase != "total"]
    assert sum(parts) == pytest.approx(result.latency_ms, abs=0.01)
    assert abs(result.started_at - time.time()) < 5
    assert result.message == f"Answered in {result.latency_ms:.0f} ms."


@pytest.mark.parametrize(
    ("path", "expectations", "error"),
    [
        ("/status/500", {}, "status"),
        ("/status/200", {"expected_status": "201-299,404"}, "status"),
        ("/text?say=hello", {"body_contains": "goodbye"}, "body"),
        ("/binary", {"body_contains": "hello"}, "body"),
        ("/hang", {"timeout": 0.3}, "timeout"),
        ("/slow/5", {"timeout": 0.3}, "timeout"),
        ("/empty", {}, "empty"),
        ("/reset", {}, "reset"),
        ("/garbage", {}, "protocol"),
        ("/half", {}, "truncated"),
        ("/bad-gzip", {}, "protocol"),
        ("/header-flood", {}, "headers_too_large"),
        ("/huge", {"body_contains": "hello"}, "too_large"),
        ("/gzip-bomb", {"body_contains": "hello"}, "too_large"),
        ("/loop", {"request": FOLLOW}, "redirects"),
        ("/redirect?to=file:///etc/passwd", {"request": FOLLOW}, "redirect_refused"),
        ("/redirect?to=http://a:99999/", {"request": FOLLOW}, "redirect_refused"),
    ],
)
def test_bad_answer_is_down(web, path, expectations, error):
    result = probe(web.url(path), **expectations)
    assert (result.verdict, result.error) == ("down", error), result.message


@pytest.mark.parametrize(
    ("path", "expectations"),
    [
        ("/status/404", {"expected_status": "200-299,404"}),
        ("/status/204", {}),
        ("/status/200", {"request": HttpRequest(method="HEAD")}),
        ("/text?say=gr%C3%BC%C3%9Fe", {"body_contains": "grüße"}),
        ("/redirect?to=/status/500", {}),
        ("/redirect?to=/status/200", {"request": FOLLOW, "expected_status": "200"}),
        ("/huge", {}),
        ("/gzip-bomb", {}),
        ("/binary", {}),
    ],
)
def test_expected_answer_is_up(web, path, expectations):
    result = probe(web.url(path), **expectations)
    assert result.verdict == "up", result.message


def test_slow_good_answer_is_degraded(web):
    result = probe(web.url("/slow/0.2"), degraded_ms=100)
    assert (result.verdict, result.error) == ("degraded", "slow")
    assert result.message.endswith("slower than the 100 ms allowed.")
    assert probe(web.url("/slow/0.2"), degraded_ms=5000).verdict == "up"


def test_slow_bad_answer_is_down(web):
    assert probe(web.url("/slow/0.2"), degraded_ms=100, expected_status="500").error == "status"


def test_message_and_evidence_name_what_was_seen(web):
    web.set_status(503, "nonce-4711")
    result = probe(web.url("/switch"))
    assert result.message == "Answered status 503, expected 200-399."
    assert result.body == b"nonce-4711"
    web.set_status(200)
    assert probe(web.url("/switch")).verdict == "up"


def test_body_excerpt_is_bounded_and_the_cap_is_the_target_s(web):
    assert len(probe(web.url("/huge")).body) == 4096
    far = web.url(f"/text?say={'x' * 2000}needle")
    assert probe(far, body_contains="needle").verdict == "up"
    assert probe(far, body_contains="needle", max_body=1000).error == "too_large"
    whole = probe(far, body_contains="thread", max_body=2006)
    assert whole.error == "body"


def test_closed_port_refuses():
    result = probe(f"http://127.0.0.1:{closed_port()}/")
    assert (result.verdict, result.error, result.status) == ("down", "connect_refused", None)
    assert list(result.phases) == ["dns", "connect", "total"]


def test_message_names_the_hop_that_failed(web):
    port = closed_port()
    redirect = web.url(f"/redirect?to=http://127.0.0.2:{port}/")
    result = probe(redirect, request=FOLLOW)
    assert result.error == "connect_refused"
    assert result.message == (
        f"127.0.0.2 refuses connections on port {port}: nothing listens there."
    )


def test_header_excerpt_is_bounded(web):
    result = probe(web.url("/header-flood"))
    assert result.error == "headers_too_large"
    assert sum(map(len, [*result.headers, *result.headers.values()])) <= 4096


def test_dropped_connection_request_times_out():
    with blackhole() as port:
        result = probe(f"http://127.0.0.1:{port}/", timeout=0.4)
    assert (result.verdict, result.error) == ("down", "connect_timeout")
    assert result.phases["connect"] == pytest.approx(400, abs=300)
    assert result.message == f"127.0.0.1 did not accept a connection on port {port} within 0.4 s."


def test_unknown_name_is_not_resolved():
    result = probe("http://nothing.invalid/")
    assert (result.verdict, result.error) == ("down", "dns")
    assert list(result.phases) == ["dns", "total"]


def test_total_deadline_ends_a_body_that_drips(web):
    started = time.monotonic()
    result = probe(web.url("/drip/0.05"), timeout=1.0)
    assert time.monotonic() - started == pytest.approx(1.0, abs=0.3)
    assert (result.verdict, result.error, result.status) == ("down", "timeout", 200)


def test_ipv6_address():
    with HttpTarget("::1") as web:
        result = probe(web.url())
    assert (result.verdict, result.address) == ("up", "::1")


def test_international_name_is_encoded():
    result = probe("http://bücher.invalid/grüße")
    assert result.message.startswith("The name bücher.invalid cannot be resolved: ")


def test_credentials_of_the_machine_stay_at_home(web, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bob password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    head = probe(web.url("/echo")).body.decode()
    assert "authorization" not in head.lower()


def test_proxies_of_the_environment_are_not_used(web, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{closed_port()}")
    assert probe(web.url()).verdict == "up"


def test_cookies_are_neither_sent_on_nor_kept(web):
    redirect = web.url("/redirect?to=/echo")
    assert "cookie" not in probe(redirect, request=FOLLOW).body.decode().lower()
    assert "set-cookie" not in probe(redirect).headers


def test_headers_are_sent_and_credentials_not_to_another_host(web):
    headers = {"Authorization": "Bearer canary", "X-Empty": "", "X-Name": "grüße"}
    request = HttpRequest(headers=headers, redirects="any")
    head = probe(web.url("/echo"), request=request).body.decode("utf-8")
    assert "Authorization: Bearer canary\r\n" in head
    assert "X-Empty:\r\n" in head
    elsewhere = web.url("/echo", host="localhost")
    redirected = probe(web.url(f"/redirect?to={elsewhere}"), request=request)
    assert redirected.body.startswith(b"GET /echo")
    assert b"canary" not in redirected.body
