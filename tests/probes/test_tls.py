"""Certificates: trusted and not, on real handshakes."""

import datetime
import socket
import ssl
import subprocess

import pytest

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, probe


@pytest.fixture
def serve(authority):
    """Return ``serve(*names, **validity)``: an HTTPS server on 127.0.0.1."""

    def serve(*names, **validity):
        return HttpTarget(tls=authority.server_context(*names, **validity))

    return serve


@pytest.mark.usefixtures("trusted")
def test_trusted_certificate_is_up_and_shown(serve):
    with serve("localhost", "127.0.0.1") as web:
        result = probe(web.url())
    assert result.verdict == "up", result.message
    assert "tls" in result.phases
    assert result.certificate["names"] == ["localhost", "127.0.0.1"]
    assert result.certificate["issuer"] == "CN = Authority of the tests"
    assert result.certificate["chain_subject"] == "CN = localhost"
    assert result.certificate["chain_not_after"] == result.certificate["not_after"]
    lifetime = result.certificate["not_after"] - result.certificate["not_before"]
    assert lifetime == datetime.timedelta(days=31).total_seconds()


def test_untrusted_certificate(serve):
    with serve("127.0.0.1") as web:
        result = probe(web.url())
        assert probe(web.url(), verify=False).verdict == "up"
    assert (result.verdict, result.error) == ("down", "tls_untrusted")
    assert "CN = Authority of the tests" in result.message
    assert result.certificate["subject"] == "CN = 127.0.0.1"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("names", "days", "error", "words"),
    [
        (["shop.example"], (-1, 30), "tls_hostname", "shop.example"),
        (["127.0.0.1"], (-10, -2), "tls_expired", "expired on 20"),
        (["127.0.0.1"], (2, 10), "tls_not_yet_valid", "not valid before 20"),
    ],
)
def test_refused_certificate(serve, names, days, error, words):
    with serve(*names, days=days) as web:
        result = probe(web.url())
    assert (result.verdict, result.error) == ("down", error), result.message
    assert words in result.message
    assert result.certificate["names"] == names
    assert not web.requests


@pytest.mark.usefixtures("trusted")
def test_expired_certificate_is_no_matter_when_it_need_not_be_verified(serve):
    with serve("127.0.0.1", days=(-10, -2)) as web:
        assert probe(web.url(), verify=False).verdict == "up"


@pytest.mark.usefixtures("trusted")
def test_fingerprint_is_that_of_openssl(authority):
    file = authority.server_file("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HttpTarget(tls=context) as web:
        seen = probe(web.url()).certificate["fingerprint"]
    command = ["openssl", "x509", "-in", file, "-noout", "-fingerprint", "-sha256"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.strip().endswith(f"={seen}")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("certificate_days", "verdict", "error"),
    [(0, "up", ""), (9, "up", ""), (11, "degraded", "tls_expires_soon")],
)
def test_certificate_that_expires_soon_is_degraded(serve, certificate_days, verdict, error):
    with serve("127.0.0.1", days=(-1, 10)) as web:
        for url in (web.url(), web.url().replace("https:", "tls:")):
            result = probe(url, certificate_days=certificate_days)
            assert (result.verdict, result.error) == (verdict, error), result.message
    if error:
        assert "expires in 9 days, on 20" in result.message
        assert "CN = 127.0.0.1" in result.message


@pytest.mark.usefixtures("trusted")
def test_chain_that_expires_before_its_server_is_degraded(authority):
    between = authority.intermediate(days=(-1, 5))
    with HttpTarget(tls=between.server_context("127.0.0.1")) as web:
        assert probe(web.url()).verdict == "up"
        result = probe(web.url(), certificate_days=7)
    assert (result.verdict, result.error) == ("degraded", "tls_expires_soon")
    assert "CN = Intermediate of the tests" in result.message
    assert result.certificate["subject"] == "CN = 127.0.0.1"


@pytest.mark.usefixtures("trusted")
def test_wrong_status_is_worse_than_a_certificate_that_expires_soon(serve):
    with serve("127.0.0.1", days=(-1, 10)) as web:
        assert probe(web.url("/status/500"), certificate_days=30).error == "status"


# === WITHOUT A REQUEST === #


@pytest.mark.usefixtures("trusted")
def test_tls_is_up_without_a_request(serve):
    with serve("127.0.0.1") as web:
        result = probe(web.url().replace("https:", "tls:"))
        assert not web.requests
    assert (result.verdict, result.status, result.address) == ("up", None, "127.0.0.1")
    assert list(result.phases) == ["dns", "connect", "tls", "total"]
    assert result.certificate["names"] == ["127.0.0.1"]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("names", "days", "error", "unverified"),
    [
        (["shop.example"], (-1, 30), "tls_hostname", ""),
        (["127.0.0.1"], (-10, -2), "tls_expired", "tls_expired"),
        (["127.0.0.1"], (2, 10), "tls_not_yet_valid", "tls_not_yet_valid"),
    ],
)
def test_tls_with_a_refused_certificate(serve, names, days, error, unverified):
    with serve(*names, days=days) as web:
        url = web.url().replace("https:", "tls:")
        assert probe(url).error == error
        # Who is not to be trusted still has to keep to the dates.
        assert probe(url, verify=False).error == unverified


def test_tls_with_an_untrusted_certificate(serve):
    with serve("127.0.0.1") as web:
        url = web.url().replace("https:", "tls:")
        assert probe(url).error == "tls_untrusted"
        assert probe(url, verify=False).verdict == "up"


def test_tls_where_nobody_speaks_it(web):
    assert probe(web.url().replace("http:", "tls:")).error == "tls"


@pytest.mark.usefixtures("trusted")
def test_redirect_does_not_lead_from_https_to_http(serve, web):
    with serve("127.0.0.1") as secure:
        url = secure.url(f"/redirect?to={web.url('/text?say=plain')}")
        result = probe(url, request=FOLLOW)
    assert result.error == "redirect_refused", result.message
    assert result.body == b""


@pytest.mark.usefixtures("trusted")
def test_redirect_from_http_to_https_is_verified(serve, web):
    with serve("shop.example") as secure:
        result = probe(web.url(f"/redirect?to={secure.url()}"), request=FOLLOW)
    assert result.error == "tls_hostname", result.message


@pytest.mark.usefixtures("trusted")
def test_each_handshake_is_a_full_one(authority):
    context = authority.server_context("127.0.0.1")
    with HttpTarget(tls=context) as web:
        assert [probe(web.url()).verdict for _attempt in range(3)] == ["up"] * 3
    assert context.session_stats()["hits"] == 0


def test_server_without_tls(web):
    assert probe(web.url().replace("http:", "https:")).error == "tls"


@pytest.mark.usefixtures("trusted")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_outdated_tls_is_refused(authority):
    context = authority.server_context("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with HttpTarget(tls=context) as web:
        assert probe(web.url()).error == "tls"


def test_handshake_that_never_ends():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert probe(url, timeout=0.3).error == "tls_timeout"
