"""What probes send, and on which way."""

import ssl

import pytest
from probes import HttpRequest, run
from probes.http_request import basic, bearer, parse_headers
from probes.pem import check_authorities

from tests.fakes.http_proxy import http_proxy
from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, closed_port, probe, target

SECRET = "canary-66f1c2"
SAME_ORIGIN = HttpRequest(redirects="same_origin")


@pytest.fixture
def resolves_to(monkeypatch):
    """Return ``resolves_to(*addresses)``: what every name leads to from now on."""

    def resolves_to(*addresses):
        found = [(None, None, None, "", (address, 0)) for address in addresses]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_names, **_options: found)

    return resolves_to


# === METHOD, BODY, HEADERS === #


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "OPTIONS", "DELETE"])
def test_method(web, method):
    result = probe(web.url("/echo"), request=HttpRequest(method=method))
    assert (result.verdict, result.body.split()[0].decode()) == ("up", method), result.message


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_body(web, method):
    request = HttpRequest(method=method, body="grüße", headers={"Content-Type": "text/plain"})
    head, _blank, body = probe(web.url("/echo"), request=request).body.partition(b"\r\n\r\n")
    assert head.startswith(method.encode())
    assert b"Content-Type: text/plain" in head
    assert body.decode() == "grüße"


def test_body_may_start_with_an_at_sign_and_hold_zeros(web):
    request = HttpRequest(method="POST", body="@/etc/passwd\0x")
    assert probe(web.url("/echo"), request=request).body.endswith(b"\r\n\r\n@/etc/passwd\0x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "TRACE"}, "Use GET, HEAD"),
        ({"body": "x"}, "GET request has no body: use POST"),
        ({"headers": {"X-A": "b\r\nX-C: d"}}, "line break"),
        ({"authorization": "Bearer a\nX-C: d"}, "line break"),
        ({"redirects": "some"}, "use none"),
        ({"proxy": "proxy.example.com:3128"}, "http://, a name and a port"),
        ({"proxy": "http://proxy.example.com"}, "http://, a name and a port"),
        ({"proxy": "http://proxy.example.com:x"}, "http://, a name and a port"),
        ({"proxy": "https://proxy.example.com:3128"}, "http://, a name and a port"),
        ({"proxy": "http://u@proxy.example.com:3128"}, "nothing but"),
        ({"proxy": "http://proxy.example.com:3128/x"}, "nothing but"),
    ],
)
def test_impossible_request_is_refused_in_words(values, words):
    with pytest.raises(ValueError, match=words):
        HttpRequest(**values)


def test_headers_are_read_line_by_line():
    assert parse_headers(" Accept : text/html\n\nX-Time: 10:30\r\nX-Empty:") == (
        ("Accept", "text/html"),
        ("X-Time", "10:30"),
        ("X-Empty", ""),
    )
    for text in ("Accept", ": x", "X Y: z", "Ä: x"):
        with pytest.raises(ValueError, match="one a line"):
            parse_headers(text)


# === CREDENTIALS === #


@pytest.mark.parametrize("authorization", [basic("bob", SECRET), bearer(SECRET)])
def test_credentials_are_sent_and_never_told(web, authorization):
    plain = f"{SECRET} {authorization}"
    request = HttpRequest(authorization=authorization)
    head = "HTTP/1.1 200 OK\r\nX-Say: " + plain + "\r\n\r\n"
    for url in (
        web.url("/echo"),
        web.url(f"/raw?hex={(head + 'x' * 4090 + plain).encode().hex()}"),
        web.url(f"/raw?hex={(head + plain).encode().hex()}"),
    ):
        one = target(url, request=request, timeout=2)
        [result] = run([one])
        assert result.verdict == "up", result.message
        told = f"{result}{one}"
        assert SECRET not in told
        assert authorization.split()[1] not in told
    assert web.heads[-3].count(authorization) == 1


def test_credentials_are_not_sent_to_another_host(web):
    request = HttpRequest(authorization=bearer(SECRET), redirects="any")
    elsewhere = web.url("/echo", host="localhost")
    result = probe(web.url(f"/redirect?to={elsewhere}"), request=request)
    assert result.body.startswith(b"GET /echo")
    assert SECRET not in web.heads[-1]
    assert SECRET in web.heads[-2]


# === REDIRECTS === #


@pytest.mark.parametrize("location", ["/text?say=here", "text?say=here", "?to=/text?say=here"])
def test_redirect_on_the_same_origin_is_followed(web, location):
    result = probe(web.url(f"/redirect?to={location}"), request=SAME_ORIGIN, expected_status="200")
    assert (result.verdict, result.body) == ("up", b"here"), result.message


def test_redirect_to_the_same_origin_written_out_is_followed(web):
    location = web.url("/text?say=here")
    assert probe(web.url(f"/redirect?to={location}"), request=SAME_ORIGIN).body == b"here"


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1/x",
        "//localhost:{port}/x",
        "///localhost:{port}/x",
        "http:/localhost:{port}/x",
        "http:localhost:{port}/x",
        "http:///localhost:{port}/x",
        "http://127.0.0.1:{port}@localhost:{port}/x",
        "HTTP://localhost:{port}/x",
        "http://[x",
    ],
)
def test_redirect_to_another_origin_is_not_followed(web, location):
    before = len(web.requests)
    head = f"HTTP/1.1 302 Found\r\nLocation: {location.format(port=web.port)}\r\n\r\n"
    result = probe(web.url(f"/raw?hex={head.encode().hex()}"), request=SAME_ORIGIN)
    assert (result.verdict, result.error) == ("down", "redirect_elsewhere"), result.message
    assert len(web.requests) == before + 1


def test_location_without_a_redirect_means_nothing(web):
    head = b"HTTP/1.1 201 Created\r\nLocation: http://elsewhere.invalid/\r\n\r\n"
    assert probe(web.url(f"/raw?hex={head.hex()}"), request=SAME_ORIGIN).verdict == "up"


def test_endless_redirects_on_the_same_origin(web):
    assert probe(web.url("/loop"), request=SAME_ORIGIN).error == "redirects"


# === ADDRESSES === #


@pytest.mark.parametrize(("family", "address"), [("ipv4", "127.0.0.1"), ("ipv6", "::1")])
def test_addresses_of_the_family_asked_for(web, resolves_to, family, address):
    resolves_to("::1", "127.0.0.1")
    with HttpTarget("::1", port=web.port):
        result = probe(web.url(host="shop.test"), family=family)
    assert (result.verdict, result.address) == ("up", address), result.message


def test_name_without_an_address_of_the_family(web, resolves_to):
    resolves_to("127.0.0.1")
    result = probe(web.url(host="shop.test"), family="ipv6")
    assert (result.verdict, result.error) == ("down", "dns")
    assert "no address of the kind asked for" in result.message


def test_address_of_the_other_family_is_refused():
    with pytest.raises(ValueError, match="not an IPv4 address"):
        target("http://[::1]/", family="ipv4")
    with pytest.raises(ValueError, match="Use any"):
        target("http://[::1]/", family="ipx")


# === PROXY === #


def test_proxy_connects_to_what_only_it_can_resolve(web):
    request = HttpRequest(proxy=web.url(""))
    result = probe("http://shop.invalid/text?say=hello", request=request, allow=is_loopback)
    assert (result.verdict, result.body) == ("up", b"hello"), result.message


def is_loopback(address):
    return address == "127.0.0.1"


def test_tunnel_of_a_proxy_is_verified_to_its_other_end(trusted):
    with (
        HttpTarget(tls=trusted.server_context("localhost")) as web,
        http_proxy() as (proxy, heads),
    ):
        request = HttpRequest(proxy=proxy, authorization=bearer(SECRET), headers={"X-Own": SECRET})
        result = probe(web.url(host="localhost"), request=request)
        wrong = probe(web.url(), request=request)
    assert result.verdict == "up", result.message
    assert "x-proxy" not in result.headers
    assert wrong.error == "tls_hostname"
    assert heads[0].startswith(f"CONNECT localhost:{web.port} ")
    assert SECRET not in "".join(heads)


@pytest.mark.parametrize(
    ("status", "verdict", "error"),
    [
        (407, "unknown", "proxy"),
        (403, "unknown", "proxy"),
        (502, "down", "proxy_no_way"),
        (504, "down", "proxy_no_way"),
    ],
)
def test_proxy_that_opens_no_tunnel(status, verdict, error):
    with http_proxy(status) as (proxy, _heads):
        result = probe("https://shop.invalid/", request=HttpRequest(proxy=proxy))
    assert (result.verdict, result.error) == (verdict, error), result.message
    assert str(status) in result.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "nothing.invalid"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_target_is_not_blamed_for_the_proxy(host, scheme):
    proxy = f"http://{host}:{closed_port()}"
    result = probe(f"{scheme}://shop.example.com/", request=HttpRequest(proxy=proxy))
    assert (result.verdict, result.error) == ("unknown", "proxy"), result.message
    assert host in result.message


def test_address_policy_judges_the_proxy(web):
    result = probe(
        "http://shop.example.com/", request=HttpRequest(proxy=web.url("")), allow=lambda _a: False
    )
    assert (result.verdict, result.error) == ("unknown", "address_denied")
    assert f"127.0.0.1:{web.port}" in result.message


# === CERTIFICATES === #


def test_own_authority(authority):
    pem = authority.bundle.read_text()
    check_authorities(pem)
    with HttpTarget(tls=authority.server_context("127.0.0.1")) as web:
        assert probe(web.url()).error == "tls_untrusted"
        result = probe(web.url(), request=HttpRequest(authorities=pem))
        assert result.verdict == "up", result.message
        assert probe(web.url()).error == "tls_untrusted"


def test_own_authority_is_the_only_one(trusted, tmp_path_factory):
    other = type(trusted)(tmp_path_factory.mktemp("other"))
    with HttpTarget(tls=trusted.server_context("127.0.0.1")) as web:
        request = HttpRequest(authorities=other.bundle.read_text())
        assert probe(web.url(), request=request).error == "tls_untrusted"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_client_certificate(trusted, version):
    context = trusted.server_context("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(trusted.bundle)
    context.maximum_version = ssl.TLSVersion[version]
    pem = trusted.server_file("monitor").read_text()
    key, begin, certificate = pem.partition("-----BEGIN CERTIFICATE-----")
    request = HttpRequest(client_certificate=begin + certificate, client_key=key)
    with HttpTarget(tls=context) as web:
        result = probe(web.url(), request=request)
        assert result.verdict == "up", result.message
        without = probe(web.url())
        # In TLS 1.3 the server objects while the request is being sent already.
        assert without.verdict == "down"
        assert without.error in {"tls", "reset"}, without.message
    assert key not in repr(request)


def test_unreadable_client_key_is_our_own_fault(trusted):
    request = HttpRequest(client_certificate="x", client_key="y")
    with HttpTarget(tls=trusted.server_context("127.0.0.1")) as web:
        assert probe(web.url(), request=request).verdict == "unknown"


def test_follow_is_any_redirect(web):
    elsewhere = web.url("/text?say=there", host="localhost")
    assert probe(web.url(f"/redirect?to={elsewhere}"), request=FOLLOW).body == b"there"
