"""Probes go on while the caller does something else."""

import contextlib
import os
import resource
import socket
import time

import pytest
from probes import Prober, engine

from .support import open_files, target


@pytest.fixture
def prober():
    prober = Prober(per_host=4)
    yield prober
    prober.close()


def take_all(prober, count, patience=10):
    ends_at = time.monotonic() + patience
    results = []
    while len(results) < count and time.monotonic() < ends_at:
        results += prober.take(1)
    return results


def test_results_carry_the_keys_of_their_jobs(web, prober):
    same = target(web.url("/status/200"), key="of the target")
    prober.add((number, same, 0) for number in range(3))
    results = take_all(prober, 3)
    assert sorted(result.key for result in results) == [0, 1, 2]
    assert prober.take(0) == []


def test_target_starts_at_its_time(web, prober):
    now = time.time()
    prober.add([("late", target(web.url()), 0.4), ("early", target(web.url()), 0.1)])
    starts = {result.key: result.started_at - now for result in take_all(prober, 2)}
    assert starts == {"early": pytest.approx(0.1, abs=0.09), "late": pytest.approx(0.4, abs=0.09)}


def test_clocks_run_on_while_nobody_takes_results(web, prober):
    prober.add([("slow", target(web.url("/slow/0.2")), 0)])
    time.sleep(1)
    [result] = prober.take(0)
    assert result.verdict == "up"
    assert result.latency_ms < 700


def test_more_may_come_while_others_hang(web, prober):
    prober.add([("hanging", target(web.url("/hang"), timeout=3), 0)])
    assert prober.take(0.1) == []
    for number in range(3):
        prober.add([(number, target(web.url()), 0)])
        [result] = prober.take(2)
        assert (result.key, result.verdict) == (number, "up")


def test_results_are_gathered(web, prober):
    prober.add([("now", target(web.url()), 0), ("soon", target(web.url()), 0.3)])
    assert [result.key for result in prober.take(2, gather=2)] == ["now", "soon"]


def test_whoever_waits_too_long_for_his_turn_is_not_blamed(web, prober, monkeypatch):
    monkeypatch.setattr(engine, "MAX_QUEUED", 0.3)
    hanging = target(web.url("/hang"), timeout=3)
    prober.add((number, hanging, 0) for number in range(6))
    results = take_all(prober, 6)
    assert [result.error for result in results[:2]] == ["unfinished"] * 2
    assert [result.verdict for result in results[:2]] == ["unknown"] * 2
    assert [result.error for result in results[2:]] == ["timeout"] * 4


def test_thousands_are_under_way_at_a_time():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    count, timeout = 2500, 4
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        # They are connected with the system, which nobody asks for the connections.
        ports = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=600))
            for _server in range(5)
        ]
        urls = [f"http://127.0.0.1:{server.getsockname()[1]}/" for server in ports]
        prober = Prober(per_host=count)
        stack.callback(prober.close)
        began = time.monotonic()
        prober.add(
            (number, target(urls[number % 5], timeout=timeout), 0) for number in range(count)
        )
        results = take_all(prober, count, patience=30)
        took = time.monotonic() - began
    assert {result.error for result in results} == {"timeout"}
    assert len(results) == count
    assert took < 2 * timeout, "some had to wait for others"


def test_closing_waits_for_nobody(web):
    prober = Prober()
    prober.add([("hanging", target(web.url("/hang"), timeout=10), 0)])
    prober.take(0.1)
    began = time.monotonic()
    prober.close()
    assert time.monotonic() - began < 1


def test_defect_of_the_engine_comes_to_light(web):
    prober = Prober()
    prober.add([("nothing", None, 0)])
    with pytest.raises(AttributeError):
        prober.take(5)


@contextlib.contextmanager
def no_more_files():
    """Let this process open nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() + 20, hard))
        with contextlib.suppress(OSError):
            while True:
                held.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1",
        "http://localhost:1",
        "tcp://localhost:1",
        "postgresql://u@127.0.0.1:1/d",
    ],
)
def test_who_may_open_no_file_says_nothing_about_the_target(prober, url):
    # What it needs of its own is open once it has been at work.
    prober.add([("warm", target(url), 0)])
    assert [result.verdict for result in take_all(prober, 1)] == ["down"]
    with no_more_files():
        prober.add([("exhausted", target(url), 0)])
        [result] = take_all(prober, 1)
    assert (result.verdict, result.error) == ("unknown", "prober"), result.message
