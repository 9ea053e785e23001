"""Many probes at a time: none waits for another, none is lost, nothing is left behind."""

import os
import resource
import subprocess
import sys
import time

import pytest
from probes import HttpRequest, run

from tests.fakes.http_target import HttpTarget

from .conftest import ADDON
from .support import open_files, probe, target

MEASURE_A_THOUSAND = r"""
import re, sys
from probes import Target, run
url = sys.argv[1]
results = list(run(Target(key=key, url=url) for key in range(1000)))
assert sorted(result.key for result in results) == list(range(1000))
assert all(result.verdict == "up" for result in results), results
# The peak that getrusage(2) tells begins with that of the process which started this one.
print(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1])
"""


def targets(url, count, **expectations):
    return [target(url, key=f"{url} {number}", **expectations) for number in range(count)]


def test_every_target_gets_exactly_one_result(web):
    paths = ("/status/200", "/status/500", "/reset", "/garbage", "/slow/0.05")
    mixed = [one for path in paths for one in targets(web.url(path), 20)]
    results = list(run(mixed))
    assert sorted(result.key for result in results) == sorted(one.key for one in mixed)
    assert sum(result.verdict == "up" for result in results) == 40


def test_hanging_target_does_not_delay_the_others(web):
    hanging = target(web.url("/hang"), key="hanging", timeout=2)
    started = time.monotonic()
    keys = []
    for result in run([hanging, *targets(web.url(), 50)], concurrency=5):
        keys.append(result.key)
        if len(keys) == 50:
            assert time.monotonic() - started < 1.5
    assert keys[-1] == "hanging"


def test_hanging_host_does_not_delay_other_hosts(web):
    with HttpTarget("127.0.0.2") as good:
        hanging = targets(web.url("/hang"), 10, timeout=0.5)
        results = list(run([*hanging, *targets(good.url(), 20)], concurrency=8, per_host=4))
    assert {result.verdict for result in results[:20]} == {"up"}
    assert {result.error for result in results[20:]} == {"timeout"}


def test_host_gets_no_more_probes_at_a_time_than_allowed(web):
    started = time.monotonic()
    list(run(targets(web.url("/slow/0.2"), 6), per_host=2))
    assert 0.6 <= time.monotonic() - started < 1.2


def test_no_more_probes_at_a_time_than_allowed(web):
    with HttpTarget("127.0.0.2") as other:
        slow = [*targets(web.url("/slow/0.2"), 2), *targets(other.url("/slow/0.2"), 2)]
        started = time.monotonic()
        list(run(slow, concurrency=2))
    assert 0.4 <= time.monotonic() - started < 1.0


def test_run_ends_at_its_deadline_and_blames_nobody(web):
    started = time.monotonic()
    waiting = [target(web.url(), key="good"), *targets(web.url("/hang"), 5)]
    results = {result.key: result for result in run(waiting, concurrency=3, deadline=0.5)}
    assert time.monotonic() - started == pytest.approx(0.5, abs=0.3)
    assert results.pop("good").verdict == "up"
    assert {(result.verdict, result.error) for result in results.values()} == {
        ("unknown", "unfinished")
    }
    assert len(results) == 5


def test_run_may_be_closed_early(web):
    list(run(targets(web.url(), 20)))
    before = open_files()
    hanging = targets(web.url("/hang"), 30)
    for _attempt in range(5):
        results = run([*hanging, target(web.url(), key="good")], per_host=40)
        assert next(results).key == "good"
        results.close()
    # The server runs in this process and takes a moment to notice.
    ends_at = time.monotonic() + 5
    while open_files() > before and time.monotonic() < ends_at:
        time.sleep(0.02)
    assert open_files() <= before
    assert [result.key for result in run(targets(web.url(), 1))] == [f"{web.url()} 0"]


def test_two_runs_at_a_time_do_not_mix(web):
    first, second = run(targets(web.url("/status/200"), 3)), run(targets(web.url("/status/500"), 3))
    pairs = list(zip(first, second, strict=True))
    assert [(one.status, other.status) for one, other in pairs] == [(200, 500)] * 3


def test_nothing_of_a_probe_reaches_the_next(web):
    probe(
        web.url("/redirect?to=/echo"),
        request=HttpRequest(redirects="any", headers={"X-Secret": "canary"}),
    )
    assert b"canary" not in probe(web.url("/echo")).body
    assert probe(web.url("/redirect?to=/echo")).status == 302


def test_each_probe_has_a_connection_of_its_own(web):
    for _attempt in range(2):
        assert probe(web.url("/stay"), timeout=1).verdict == "up"


@pytest.mark.parametrize("allow", [None, lambda _address: True])
def test_lack_of_files_is_not_held_against_the_target(web, allow):
    probe(web.url())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # One descriptor is the lowest that is free, so none is left below it.
    with open(os.devnull, "rb") as lowest_free:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free.fileno(), hard))
        try:
            result = probe(web.url(), allow=allow)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (result.verdict, result.error) == ("unknown", "prober"), result.message
    assert probe(web.url(), allow=allow).verdict == "up"


def test_thousand_targets_fit_in_little_memory(web):
    output = subprocess.run(
        [sys.executable, "-c", MEASURE_A_THOUSAND, web.url()],
        cwd=ADDON,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert int(output) < 80 * 1024, f"{output} KiB"
