"""What can be probed, and the words for what cannot."""

import pytest
from probes.assertions import parse_status_ranges, status_matches

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
        ({"kind": "icmp", "url": "http://example.com"}, "Use http or tcp"),
        ({"method": "POST"}, "use GET or HEAD"),
        ({"timeout": 0}, "longer than zero"),
        ({"expected_status": "fine"}, "not a range"),
        ({"headers": {"X-A": "b\r\nX-C: d"}}, "line break"),
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
    ],
)
def test_host_and_port(url, host, port):
    assert (target(url).host, target(url).port) == (host, port)


def test_address_on_the_wire_is_ascii():
    url = "https://bücher.example:8069/süß?q=ä%20b&c=d#part"
    assert target(url).ascii_url == (
        "https://xn--bcher-kva.example:8069/s%C3%BC%C3%9F?q=%C3%A4%20b&c=d"
    )
