"""What a probe costs beside prometheus-blackbox-exporter on the same targets in the same minutes.

Both open a new connection for each probe and look for a word in the answer. The rounds alternate,
so that whatever else the machine does falls upon both.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.bench.health.peers import peers  # noqa: F401 - a fixture
from tests.bench.health.web_farm import ADDRESSES, WORD, web_farm
from tests.bench.processes import cpu_seconds, peak_memory
from tests.harness.processes import free_port, wait_until
from tests.probes.conftest import ADDON, authority  # noqa: F401 - a fixture

sys.path.insert(0, str(ADDON))

from probes import Target, run

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


class Blackbox:
    """The exporter, asked for one probe after the other as Prometheus asks it."""

    def __init__(self, program, folder, bundle):
        module = {
            "prober": "http",
            "timeout": "10s",
            "http": {
                "preferred_ip_protocol": "ip4",
                "fail_if_body_not_matches_regexp": [WORD],
                "tls_config": {"ca_file": str(bundle)},
            },
        }
        configuration = folder / "blackbox.yml"
        configuration.write_text(json.dumps({"modules": {"page": module}}))
        address = f"127.0.0.1:{free_port()}"
        self._url = f"http://{address}"
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={configuration}",
                f"--web.listen-address={address}",
                "--log.level=error",
            ]
        )
        wait_until(self._answers, 10, "the start of the exporter")

    def _answers(self):
        try:
            return requests.get(f"{self._url}/-/healthy", timeout=1).ok
        except requests.ConnectionError:
            return False

    def round(self, urls):
        """Have all targets probed and return what that took, in CPU seconds and seconds."""
        # The cost of asking and of reading the answers is not counted: it is ours.
        questions = [
            Target(
                key=url,
                url=f"{self._url}/probe?{urlencode({'module': 'page', 'target': url})}",
                body_contains="probe_success 1",
            )
            for url in urls
        ]
        before, began = cpu_seconds(self._process.pid), time.monotonic()
        results = list(run(questions, concurrency=100, per_host=100))
        assert {result.verdict for result in results} == {"up"}
        self.peak = peak_memory(self._process.pid)
        return cpu_seconds(self._process.pid) - before, time.monotonic() - began

    def close(self):
        self._process.terminate()
        self._process.wait(10)


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
def test_cpu_beside_blackbox(scheme, peers, authority, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    certificate = None
    if scheme == "https":
        certificate = authority.server_file("127.0.0.1")
    with web_farm(peers / "usr/sbin/nginx", tmp_path, certificate) as urls:
        engine = Engine(urls)
        program = peers / "usr/bin/prometheus-blackbox-exporter"
        blackbox = Blackbox(program, tmp_path, authority.bundle)
        try:
            engine.round()
            blackbox.round(urls)
            pairs = [(engine.round(), blackbox.round(urls)) for _round in range(ROUNDS)]
        finally:
            engine.close()
            blackbox.close()
    ours, theirs = zip(*pairs, strict=True)
    assert engine.certificates == (ADDRESSES if certificate else 0)
    assert show(scheme, ours, theirs, engine, blackbox) <= MAX_CPU[scheme]
    assert engine.peak <= MAX_MEMORY
