"""What a look at 200 apps costs in which nothing has changed, beside fetching them and no more."""

import json
import statistics
import time
import tracemalloc

import requests

from odoo.tests import tagged

from tests.contracts.app_platform_case import AppPlatformCase

APPS = 200
ROUNDS = 20
# As large as specs of grown apps are: the answer holds each of them twice.
SERVICES = [
    {
        "name": f"part-{number}",
        "image": {"registry_type": "GHCR", "registry": "example", "repository": "shop"},
        "instance_count": 2,
        "envs": [
            {"key": f"VARIABLE_{variable}", "value": f"value {variable}", "scope": "RUN_TIME"}
            for variable in range(20)
        ],
    }
    for number in range(3)
]
MAX_CALLS = 2
MAX_CPU_MS = 60


@tagged("post_install", "-at_install")
class BenchPoll(AppPlatformCase):
    def connect(self):
        for number in range(1, APPS):
            self.cloud.add_app(f"shop-{number:03}", services=SERVICES)
        self.poll()
        for app in self.account.app_ids:
            app.action_create_environment()
        # Once to see what runs there, once more after somebody asked for that.
        for _time in range(2):
            self.poll()

    def test_unchanged(self):
        self.assertEqual(len(self.account.app_ids.filtered("seen_digest")), APPS)
        url, headers = f"{self.cloud.url}/v2/apps", {"Authorization": f"Bearer {self.cloud.token}"}
        ours, least = [], []
        for _round in range(ROUNDS):
            self.cloud.requests.clear()
            ours.append(self.cpu_ms(self.look))
            self.assertLessEqual(len(self.cloud.requests), MAX_CALLS)
            least.append(
                self.cpu_ms(
                    lambda: json.loads(
                        requests.get(
                            url, headers=headers, params={"per_page": "200"}, timeout=30
                        ).content
                    )
                )
            )
        tracemalloc.start()
        self.cpu_ms(self.look)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        mine, other = statistics.median(ours), statistics.median(least)
        print(f"\n\n{APPS} unchanged apps, {ROUNDS} looks, median   CPU ms")
        print(f"Our look                                 {mine:>8.1f}")
        print(f"requests and json.loads, once            {other:>8.1f}")
        print(f"Ratio                                    {mine / other:>8.2f}")
        print(f"Most memory of a look, MiB               {peak / 2**20:>8.1f}")
        self.assertLessEqual(mine, MAX_CPU_MS)

    def look(self):
        self.env["ops.digitalocean.account"]._run_poll()

    def cpu_ms(self, work):
        self.account.write({"looked_at": False, "polled_at": False})
        with self.worker_transactions():
            # The fake has threads of its own.
            begin = time.thread_time()
            work()
            return (time.thread_time() - begin) * 1000
