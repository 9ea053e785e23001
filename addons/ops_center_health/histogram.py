"""Distributions of latencies that can be added up: how many fell into which of fixed places.

Place n holds the latencies up to `LOWEST` × `GROWTH` ** n, as in DDSketch
(https://arxiv.org/abs/1908.10693): whatever is read from a histogram differs from the truth by at
most `ERROR`, and the histogram of a day is the sum of those of its hours. Percentiles themselves
can't be added up.
"""

from collections.abc import Mapping

ERROR = 0.05  # share of the true latency
LOWEST = 0.01  # milliseconds; what is faster counts as this
ROUNDING = 1e-9  # of ranks, which are sums of binary fractions
GROWTH = (1 + ERROR) / (1 - ERROR)


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds that so many of the measured ones don't exceed.

    :param histogram: counts by place
    :param share: more than 0, at most 1; 0.5 for the median
    :return: at most `ERROR` away from the latency with this rank; None without any
    """
    left = share * sum(histogram.values())
    for number, count in sorted(histogram.items()):
        left -= count
        if left < ROUNDING:
            return 2 * LOWEST * GROWTH**number / (GROWTH + 1)
    return None
