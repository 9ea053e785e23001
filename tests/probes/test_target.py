"""What can be probed, and the words for what cannot."""

import pytest
from probes import PostgresqlExpectation
from probes.assertions import parse_status_ranges, status_matches
from probes.dns_target import DnsQuestion, parse_question

from .support import target


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("200", [200], [199, 201]),
        ("200-299,301", [200, 299, 301], [300, 302]),
        (" 404 , 500 - 503 ", [404, 500, 503], [504]),
    ],
)
def test_status_ranges(text, good, bad):
    ranges = parse_status_ranges(text)
    assert all(status_matches(status, ranges) for status in good)
    assert not any(status_matches(status, ranges) for status in bad)


@pytest.mark.parametrize("text", ["", "abc", "200,", "299-200", "99", "200-600", "-200", "2xx"])
def test_unreadable_status_range_is_refused(text):
    with pytest.raises(ValueError, match="for instance 200-299,301"):
        parse_status_ranges(text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "ftp://example.com"}, "must start with http:// or https://"),
        ({"url": "example.com"}, "must start with http:// or https://"),
        ({"url": "http://"}, "no host name"),
        ({"url": "http:///path"}, "no host name"),
        ({"url": "http://exa mple.com"}, "spaces"),
        ({"url": "http://example.com/\r\nX: y"}, "control characters"),
        ({"url": "http://example.com:99999"}, "check its host name and its port"),
        ({"url": "http://a..b"}, "check its host name and its port"),
        ({"url": "http://[::1"}, "check its host name and its port"),
        ({"url": "tcp://example.com"}, "must end with a port"),
        ({"kind": "tcp", "url": "http://example.com"}, "must start with tcp://"),
        (
            {"kind": "icmp", "url": "http://example.com"},
            "Use http, tcp, tls, dns, postgresql or odoo",
        ),
        ({"kind": "tls", "url": "https://example.com"}, "must start with tls://"),
        ({"kind": "dns", "url": "dns://192.0.2.1"}, "Name what is asked for"),
        ({"kind": "dns", "url": "dns:///a..b"}, "check its dots"),
        ({"kind": "dns", "url": "dns:///example.com?type=ANY"}, "Use one of A, AAAA"),
        ({"kind": "postgresql", "url": "postgresql://"}, "no host name"),
        ({"kind": "postgresql", "url": "postgresql://host/shop"}, "must name a user"),
        ({"kind": "postgresql", "url": "postgresql://me@host"}, "must name a user"),
        ({"kind": "postgresql", "url": "postgresql://me:x@host/shop"}, "Leave the password out"),
        ({"kind": "postgresql", "url": "postgresql://me@host/s?passfile=/x"}, "sslmode=disable"),
        ({"kind": "postgresql", "url": "postgresql://me@host/s?sslmode=x"}, "sslmode=disable"),
        ({"timeout": 0}, "longer than zero"),
        ({"expected_status": "fine"}, "not a range"),
    ],
)
def test_impossible_target_is_refused_in_words(fields, words):
    with pytest.raises(ValueError, match=words):
        target(**{"url": "http://example.com", **fields})


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://Example.com/", "example.com", 80),
        ("https://example.com", "example.com", 443),
        ("http://[2001:db8::1]:8069/", "2001:db8::1", 8069),
        ("tcp://db.example:5432", "db.example", 5432),
        ("tls://mail.example", "mail.example", 443),
        ("dns://192.0.2.1/example.com", "192.0.2.1", 53),
        ("dns:///example.com", "", 53),
        ("postgresql://me@db.example/shop", "db.example", 5432),
    ],
)
def test_host_and_port(url, host, port):
    assert (target(url).host, target(url).port) == (host, port)


def test_address_on_the_wire_is_ascii():
    url = "https://bücher.example:8069/süß?q=ä%20b&c=d#part"
    assert target(url).ascii_url == (
        "https://xn--bcher-kva.example:8069/s%C3%BC%C3%9F?q=%C3%A4%20b&c=d"
    )


@pytest.mark.parametrize(
    ("expectations", "words"),
    [
        ({"query": "SELECT 1; SELECT 2"}, "single statement"),
        ({"value": "1"}, "needs a query"),
        ({"lag_down": -1}, "lag must not be below zero"),
        ({"lag_degraded": 9, "lag_down": 5}, "lag must be degraded at a lower limit"),
        ({"connections_degraded": 90, "connections_down": 80}, "connections in use must be"),
    ],
)
def test_impossible_expectation_is_refused_in_words(expectations, words):
    with pytest.raises(ValueError, match=words):
        PostgresqlExpectation(**expectations)


def test_question_on_the_wire_is_ascii():
    parts = target("dns:///www.b%C3%BCcher.example.?type=mx").parts
    assert parse_question(parts) == DnsQuestion("www.xn--bcher-kva.example.", "MX")
