"""Names: slow, silent, changing.

No name server can be set for one process, so here, and only here, the C library's resolver is
replaced by a table.
"""

import os
import socket
import threading
import time

import pytest
from probes import AddressPolicy, run

from tests.fakes.http_target import HttpTarget

from .support import FOLLOW, probe, target

# Seconds, above every timeout of these tests.
FOR_EVER = 10


class Names:
    """A table of names; those that are not in it are never answered."""

    def __init__(self):
        self.addresses = {}
        self.asked = []
        self.delay = 0
        self.released = threading.Event()

    def getaddrinfo(self, name, *_port, **_options):
        self.asked.append(name)
        time.sleep(self.delay)
        if name not in self.addresses:
            self.released.wait(FOR_EVER)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in self.addresses[name]
        ]


@pytest.fixture
def names(monkeypatch):
    table = Names()
    monkeypatch.setattr(socket, "getaddrinfo", table.getaddrinfo)
    yield table
    table.addresses = dict.fromkeys(table.asked, ())
    table.released.set()


def test_silent_names_do_not_delay_others(web, names):
    names.addresses = {f"good{number}.test": ["127.0.0.1"] for number in range(20)}
    silent = [f"http://silent{number}.test/" for number in range(60)]
    good = [web.url(host=name) for name in names.addresses]
    started = time.monotonic()
    results = list(run([target(url, key=url, timeout=0.7) for url in silent + good]))
    assert time.monotonic() - started == pytest.approx(0.7, abs=0.3)
    assert {result.verdict for result in results[:20]} == {"up"}
    assert {result.error for result in results[20:]} == {"dns_timeout"}
    assert results[-1].phases["dns"] == pytest.approx(700, abs=300)
    assert list(results[-1].phases) == ["dns", "total"]


def test_silent_name_is_asked_for_once_however_often_it_is_probed(names):
    for _attempt in range(3):
        results = run([target("http://silent.test/", timeout=0.05)] * 5)
        assert {result.error for result in results} == {"dns_timeout"}
    assert names.asked == ["silent.test"]


def test_answer_that_came_too_late_is_asked_for_again(web, names):
    url = web.url(host="late.test")
    assert probe(url, timeout=0.05).error == "dns_timeout"
    names.addresses["late.test"] = ["127.0.0.77"]
    names.released.set()
    for thread in threading.enumerate():
        if thread.name.endswith("(_work)"):
            thread.join()
    names.addresses["late.test"] = ["127.0.0.1"]
    assert probe(url).address == "127.0.0.1"
    assert names.asked == ["late.test"] * 2


def test_look_up_that_a_fork_left_behind_is_not_waited_for(web, names):
    url = web.url(host="late.test")
    assert probe(url, timeout=0.05).error == "dns_timeout"
    names.addresses["late.test"] = ["127.0.0.1"]
    child = os.fork()
    if not child:
        os._exit(0 if probe(url, timeout=2).verdict == "up" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_name_is_resolved_for_every_probe(web, names):
    names.addresses["moving.test"] = ["127.0.0.1"]
    url = web.url(host="moving.test")
    assert probe(url).verdict == "up"
    names.addresses["moving.test"] = ["127.0.0.2"]
    result = probe(url)
    assert result.error == "connect_refused"


def test_redirect_does_not_go_to_an_address_of_long_ago(web, names):
    names.addresses["moving.invalid"] = ["127.0.0.1"]
    moving = web.url(host="moving.invalid")
    assert probe(moving).verdict == "up"
    time.sleep(1.2)
    redirect = web.url(f"/redirect?to={moving}")
    assert probe(redirect, request=FOLLOW).error == "dns"


def test_address_that_answers_is_found_among_several(web, names):
    names.addresses["several.test"] = ["::1", "127.0.0.2", "127.0.0.1"]
    result = probe(web.url(host="several.test"))
    assert (result.verdict, result.address) == ("up", "127.0.0.1")


def test_name_that_changes_its_mind_does_not_lead_inside(web, names):
    policy = AddressPolicy(networks=("127.0.0.2/32",))
    with HttpTarget("127.0.0.2", port=web.port) as outside:
        url = outside.url(host="rebinding.test")
        names.addresses["rebinding.test"] = ["127.0.0.2"]
        assert probe(url, allow=policy).verdict == "up"
        names.addresses["rebinding.test"] = ["127.0.0.1"]
        requests = len(web.requests)
        assert probe(url, allow=policy).error == "address_denied"
        assert len(web.requests) == requests


def test_time_of_the_look_up_counts(web, names):
    names.addresses["good.test"] = ["127.0.0.1"]
    names.delay = 0.3
    url = web.url("/slow/0.3", host="good.test")
    result = probe(url, timeout=0.45)
    assert result.error == "timeout"
    assert result.latency_ms == pytest.approx(450, abs=150)
    assert result.phases["dns"] == pytest.approx(300, abs=100)
    assert probe(url, timeout=3).latency_ms >= 600
