"""Probes do not reach the inside, however its address is spelled."""

import pytest
from probes import AddressPolicy

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, probe

INSIDE = [
    "0.0.0.0",  # noqa: S104 - nothing listens on it here
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "168.63.129.17",
    "192.0.0.9",
    "203.0.114.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700:4700::1111",
]

# Each leads to 127.0.0.1 when nobody forbids it.
LOOPBACK = [
    "127.0.0.1",
    "127.0.1",
    "127.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0X7F.1",
    "0177.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "127.0.0x1",
    "①②⑦.⓪.⓪.①",
    "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
    "127。0。0。1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:FFFF:7F00:0001]",
    "localhost",
    "LocalHost",
    "\N{FULLWIDTH LATIN SMALL LETTER L}ocalhost",
    "someone:password@127.0.0.1",
    "8.8.8.8@127.0.0.1",
    "0",
    "0.0.0.0",  # noqa: S104 - nothing listens on it here
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_denied(address):
    assert not AddressPolicy()(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_is_allowed(address):
    assert AddressPolicy()(address)


def test_listed_networks_are_allowed_and_nothing_beside_them():
    policy = AddressPolicy(networks=("10.1.0.0/16", "fd12::/16", "127.0.0.0/8"))
    allowed = ("10.1.2.3", "fd12::1", "127.0.0.1", "::ffff:10.1.2.3")
    assert all(policy(address) for address in allowed)
    assert not any(policy(address) for address in ("10.2.0.1", "fd13::1", "::1"))


def test_metadata_services_are_denied_even_when_everything_is_listed():
    policy = AddressPolicy(networks=("0.0.0.0/0", "::/0"))
    assert policy("192.168.1.1")
    metadata = ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")
    assert not any(policy(address) for address in metadata)
    assert not policy("64:ff9b::a9fe:a9fe")


def test_malformed_network_is_refused():
    with pytest.raises(ValueError, match=r"10\.1\.0\.0/99"):
        AddressPolicy(networks=("10.1.0.0/99",))


@pytest.mark.parametrize("spelling", LOOPBACK)
def test_spelling_does_not_matter(web, spelling):
    url = web.url(host=spelling)
    assert probe(url).verdict == "up"
    requests = len(web.requests)
    result = probe(url, allow=AddressPolicy())
    assert (result.verdict, result.error) == ("unknown", "address_denied"), result.message
    assert len(web.requests) == requests


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:{port}", "tcp://0x7f.1:{port}"])
def test_tcp_is_held_to_the_policy_too(web, url):
    url = url.format(port=web.port)
    assert probe(url).verdict == "up"
    assert probe(url, allow=AddressPolicy()).error == "address_denied"


def test_redirect_to_a_denied_address_is_refused(web):
    policy = AddressPolicy(networks=("127.0.0.1/32",))
    with HttpTarget("127.0.0.2") as inside:
        url = web.url(f"/redirect?to={inside.url('/status/200')}")
        assert probe(url, request=FOLLOW).verdict == "up"
        inside.requests.clear()
        result = probe(url, request=FOLLOW, allow=policy)
        assert not inside.requests
    assert (result.verdict, result.error) == ("unknown", "address_denied")
    assert result.message == (
        "Not probed: the address 127.0.0.2 of 127.0.0.2 is not allowed by the policy."
    )


def test_each_address_of_a_name_is_asked_for_when_it_is_connected_to(web):
    asked = []

    def allow(address):
        asked.append(address)
        return True

    assert probe(web.url(host="localhost"), allow=allow).address == "127.0.0.1"
    assert asked[-1] == "127.0.0.1"
