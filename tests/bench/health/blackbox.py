"""The exporter that ours is measured beside, in a process of its own."""

import json
import subprocess
import time
from urllib.parse import urlencode

import requests

from tests.bench.processes import cpu_seconds, peak_memory
from tests.harness.processes import free_port, wait_until


class Blackbox:
    """prometheus-blackbox-exporter, asked for one probe after the other as Prometheus asks it.

    :param http: by the names of its modules what they expect of web pages
    """

    def __init__(self, program, folder, bundle, http):
        modules = {
            name: {
                "prober": "http",
                "timeout": "10s",
                "http": {
                    "preferred_ip_protocol": "ip4",
                    "tls_config": {"ca_file": str(bundle)},
                    **expectations,
                },
            }
            for name, expectations in http.items()
        }
        configuration = folder / "blackbox.yml"
        configuration.write_text(json.dumps({"modules": modules}))
        address = f"127.0.0.1:{free_port()}"
        self._url = f"http://{address}"
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={configuration}",
                f"--web.listen-address={address}",
                "--log.level=error",
            ],
            # It tells of each target that is bad.
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, 10, "the start of the exporter")

    def _answers(self):
        try:
            return requests.get(f"{self._url}/-/healthy", timeout=1).ok
        except requests.ConnectionError:
            return False

    def question(self, url, module):
        """The address at which it is asked for a probe."""
        return f"{self._url}/probe?{urlencode({'module': module, 'target': url})}"

    def finds_good(self, url, module, timeout):
        """Tell whether it takes a target for good, which it has so many seconds to answer."""
        answer = requests.get(
            self.question(url, module),
            headers={"X-Prometheus-Scrape-Timeout-Seconds": str(timeout)},
            timeout=30,
        )
        answer.raise_for_status()
        return "probe_success 1" in answer.text.splitlines()

    def round(self, questions):
        """Have all targets probed and return what that took, in CPU seconds and seconds.

        :param questions: yields the result of each
        """
        before, began = cpu_seconds(self._process.pid), time.monotonic()
        bad = [f"{result.key}: {result.message}" for result in questions if result.verdict != "up"]
        if bad:
            raise RuntimeError(f"{len(bad)} questions failed, such as {bad[0]}")
        self.peak = peak_memory(self._process.pid)
        return cpu_seconds(self._process.pid) - before, time.monotonic() - began

    def close(self):
        self._process.terminate()
        self._process.wait(10)
