import random
from collections import Counter
from itertools import chain
from math import ceil, log

from odoo.tests import BaseCase, tagged

from ..histogram import ERROR, GROWTH, LOWEST, percentile


@tagged("post_install", "-at_install")
class TestHistogram(BaseCase):
    def histogram(self, latencies):
        return Counter(ceil(log(latency / LOWEST) / log(GROWTH)) for latency in latencies)

    def test_percentiles_of_sums_are_within_the_error(self):
        luck = random.Random(7)
        for _case in range(200):
            parts = [
                [10 ** luck.uniform(-1.9, 5) for _latency in range(luck.randint(1, 40))]
                for _part in range(luck.randint(1, 5))
            ]
            ordered = sorted(chain(*parts))
            summed = sum(map(self.histogram, parts), Counter())
            for share in (0.01, 0.5, 0.95, 0.99, 1):
                true = ordered[ceil(share * len(ordered)) - 1]
                found = percentile(summed, share)
                self.assertLessEqual(abs(found - true), true * ERROR * (1 + 1e-9))

    def test_ranks_are_whole_numbers(self):
        # 0.95 × 20 is 19, not a little more.
        self.assertEqual(percentile({3: 19, 90: 1}, 0.95), percentile({3: 1}, 0.5))
        self.assertEqual(percentile({3: 18, 90: 2}, 0.95), percentile({90: 1}, 0.5))

    def test_nothing_has_no_percentiles(self):
        self.assertIsNone(percentile({}, 0.5))
