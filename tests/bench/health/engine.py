"""What a probe costs beside prometheus-blackbox-exporter on the same targets in the same minutes.

Both open a new connection for each probe and look for a word in the answer. The rounds alternate,
so that whatever else the machine does falls upon both.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from probes import Target, run

from tests.bench.health.blackbox import Blackbox
from tests.bench.health.web_farm import ADDRESSES, WORD, web_farm
from tests.bench.processes import peak_memory

ROUNDS = 7
# Times what the peer takes (docs/benchmarks.md).
MAX_CPU = {"http": 0.18, "https": 0.80}
MAX_MEMORY = 80  # MiB


class Engine:
    """Our engine in a process of its own."""

    def __init__(self, urls):
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("probe_rounds.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say({"urls": urls, "word": WORD})

    def round(self):
        """Probe all targets and return what that took, in CPU seconds and seconds."""
        self._say("go")
        answer = json.loads(self._process.stdout.readline())
        assert answer["verdicts"] == {"up": ADDRESSES}
        self.peak = peak_memory(self._process.pid)
        self.certificates = answer["certificates"]
        return answer["cpu"], answer["seconds"]

    def _say(self, words):
        print(json.dumps(words), file=self._process.stdin, flush=True)

    def close(self):
        self._process.communicate()


def ask(blackbox, urls):
    """Have the exporter probe all targets. What asking it costs is not counted: it is ours."""
    return run(
        [
            Target(key=url, url=blackbox.question(url, "page"), body_contains="probe_success 1")
            for url in urls
        ],
        concurrency=100,
        per_host=100,
    )


def show(scheme, ours, theirs, engine, blackbox):
    """Print the medians of both and return the ratio of the processor times."""
    print(f"\n\n{scheme}, {ADDRESSES} probes, each on a new connection, median of {ROUNDS} rounds")
    for name, rounds, peer in (("Ops Center", ours, engine), ("blackbox", theirs, blackbox)):
        cpu, seconds = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:<12}{cpu:>8.3f} CPU s{ADDRESSES / seconds:>10.0f}/s{peer.peak:>8.0f} MiB")
    ratio = statistics.median(
        own / other for (own, _), (other, _) in zip(ours, theirs, strict=True)
    )
    print(f"Ratio of CPU {ratio:>8.3f}, at most {MAX_CPU[scheme]}")
    return ratio


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cpu_beside_blackbox(scheme, peers, authority, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    certificate = None
    if scheme == "https":
        certificate = authority.server_file("127.0.0.1")
    with web_farm(peers / "usr/sbin/nginx", tmp_path, certificate) as urls:
        engine = Engine(urls)
        program = peers / "usr/bin/prometheus-blackbox-exporter"
        page = {"fail_if_body_not_matches_regexp": [WORD]}
        blackbox = Blackbox(program, tmp_path, authority.bundle, {"page": page})
        try:
            engine.round()
            blackbox.round(ask(blackbox, urls))
            pairs = [
                (engine.round(), blackbox.round(ask(blackbox, urls))) for _round in range(ROUNDS)
            ]
        finally:
            engine.close()
            blackbox.close()
    ours, theirs = zip(*pairs, strict=True)
    assert engine.certificates == (ADDRESSES if certificate else 0)
    assert show(scheme, ours, theirs, engine, blackbox) <= MAX_CPU[scheme]
    assert engine.peak <= MAX_MEMORY
