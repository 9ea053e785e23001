"""Questions to a real name server on loopback."""

import socket
import threading
import time

import dns.resolver
import pytest
from probes import AddressPolicy, DnsExpectation, run

from tests.fakes.name_server import NameServer

from .support import closed_port, probe, target


@pytest.fixture(scope="module")
def names():
    with NameServer() as server:
        yield server


def test_answer_is_up_and_shown(names):
    result = probe(names.url("www.shop.example"))
    assert (result.verdict, result.address) == ("up", "127.0.0.1"), result.message
    assert sorted(result.body.split()) == [b"192.0.2.1", b"192.0.2.2"]
    assert list(result.phases) == ["dns", "connect", "first_byte", "total"]
    *phases, total = result.phases.values()
    assert result.latency_ms == total == pytest.approx(sum(phases), abs=1)


@pytest.mark.parametrize(
    ("name", "record_type", "values"),
    [
        ("www.shop.example", "A", ["192.0.2.1"]),
        ("www.shop.example", "A", ["192.0.2.2", "192.0.2.1"]),
        ("www.shop.example", "AAAA", ["2001:DB8:0::1"]),
        ("alias.shop.example", "A", ["192.0.2.1"]),
        ("alias.shop.example", "CNAME", ["WWW.shop.example"]),
        ("shop.example", "MX", ["10 mail.shop.example."]),
        ("shop.example", "NS", ["ns.shop.example"]),
        ("shop.example", "TXT", ["v=spf1 -all"]),
        ("shop.example", "CAA", ['0 issue "letsencrypt.org"']),
        ("_sip._tcp.shop.example", "SRV", ["0 5 5060 www.shop.example"]),
        ("large.shop.example", "A", ["192.0.2.77"]),
    ],
)
def test_expected_records_are_found(names, name, record_type, values):
    result = probe(names.url(name, record_type), dns=DnsExpectation(tuple(values)))
    assert result.verdict == "up", result.message


def test_wrong_record_is_down_and_named(names):
    expected = DnsExpectation(("10 mail.example",))
    result = probe(names.url("shop.example", "MX"), dns=expected)
    assert (result.verdict, result.error) == ("down", "dns_value")
    assert result.message == (
        "The MX record of shop.example is 10 Mail.shop.example, expected 10 mail.example."
    )


@pytest.mark.parametrize(("all_of_them", "verdict"), [(True, "down"), (False, "up")])
def test_one_of_several_values(names, all_of_them, verdict):
    expected = DnsExpectation(("192.0.2.9", "192.0.2.2"), all_of_them)
    assert probe(names.url("www.shop.example"), dns=expected).verdict == verdict


@pytest.mark.parametrize(
    ("name", "record_type", "error", "words"),
    [
        ("gone.shop.example", "A", "dns_nxdomain", "gone.shop.example does not exist"),
        ("www.shop.example", "MX", "dns_no_record", "no MX record of www.shop.example"),
        ("broken.shop.example", "A", "dns_failed", "SERVFAIL"),
        ("silent.shop.example", "A", "timeout", "not complete within 0.5 s"),
    ],
)
def test_no_answer_is_down(names, name, record_type, error, words):
    started = time.monotonic()
    result = probe(names.url(name, record_type), timeout=0.5)
    assert (result.verdict, result.error) == ("down", error), result.message
    assert words in result.message
    assert time.monotonic() - started < 0.9


def test_nobody_listens():
    result = probe(f"dns://127.0.0.1:{closed_port()}/shop.example", timeout=0.3)
    assert (result.verdict, result.error) == ("down", "timeout")


def test_garbage_is_no_answer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer():
            _data, client = server.recvfrom(512)
            server.sendto(b"garbage", client)

        threading.Thread(target=answer, daemon=True).start()
        # Anybody may have sent it: what was asked for may still come.
        url = f"dns://127.0.0.1:{server.getsockname()[1]}/shop.example"
        assert probe(url, timeout=0.5).error == "timeout"


def test_slow_answer_is_degraded(names):
    result = probe(names.url("www.shop.example"), degraded_ms=0.001)
    assert (result.verdict, result.error) == ("degraded", "slow")


def test_server_is_subject_to_the_policy(names):
    asked = names.asked
    result = probe(names.url("www.shop.example"), allow=AddressPolicy())
    assert (result.verdict, result.error) == ("unknown", "address_denied")
    by_name = names.url("www.shop.example").replace("127.0.0.1", "localhost")
    assert probe(by_name, allow=AddressPolicy()).error == "address_denied"
    assert names.asked == asked
    assert probe(by_name, allow=AddressPolicy(("127.0.0.0/8",))).verdict == "up"


def test_server_whose_name_is_unknown():
    assert probe("dns://ns.invalid/shop.example").error == "dns"


def test_servers_of_this_machine_are_asked_without_another(names, monkeypatch):
    def read_resolv_conf(resolver, _file):
        resolver.nameservers, resolver.port = ["127.0.0.1"], names.port

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", read_resolv_conf)
    # What the machine asks anyway needs no permission.
    result = probe("dns:///www.shop.example", allow=AddressPolicy())
    assert result.verdict == "up", result.message
    gone = probe("dns:///gone.shop.example")
    assert "the resolver of this machine says" in gone.message


def test_silent_server_delays_no_other(names, web):
    silent = [target(names.url("silent.shop.example"), key=number, timeout=1) for number in "abc"]
    others = [target(web.url(), key=number) for number in range(20)]
    started = time.monotonic()
    keys = []
    for result in run([*silent, *others], concurrency=8):
        keys.append(result.key)
        if len(keys) == len(others):
            assert time.monotonic() - started < 0.9
    assert sorted(keys[-3:]) == ["a", "b", "c"]


def test_limit_of_a_host_holds(names):
    silent = [target(names.url("silent.shop.example"), key=key, timeout=0.3) for key in range(3)]
    started = time.monotonic()
    list(run(silent, per_host=1))
    assert 0.9 <= time.monotonic() - started < 1.5


def test_run_ends_at_its_deadline(names):
    started = time.monotonic()
    [result] = run([target(names.url("silent.shop.example"), timeout=5)], deadline=0.3)
    assert (result.error, time.monotonic() - started < 1) == ("unfinished", True)
    # What the abandoned probe finds is nobody's any more.
    assert probe(names.url("www.shop.example")).verdict == "up"


def test_library_that_is_late_is_not_waited_for(names, monkeypatch):
    monkeypatch.setattr(dns.resolver.Resolver, "resolve", lambda *_a, **_k: time.sleep(3))
    started = time.monotonic()
    result = probe(names.url("www.shop.example"), timeout=0.2)
    assert (result.verdict, result.error) == ("down", "timeout")
    assert time.monotonic() - started < 1.5


def test_library_that_stumbles_is_not_held_against_the_target(names, monkeypatch):
    def stumble(*_arguments, **_options):
        raise AssertionError("Nobody foresaw this.")

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", stumble)
    result = probe(names.url("www.shop.example"))
    assert (result.verdict, result.error) == ("unknown", "prober")
    assert "Nobody foresaw this." in result.message
