"""When a check runs next: on a grid of its own, so that nothing drifts and nothing bunches up."""

GOLDEN_RATIO = 0.618033988749895
RETRY_DELAY = 3.0  # seconds until an unexpected result is looked at again


def seconds_to_next(now: float, interval: float, key: int) -> float:
    """Seconds until the next slot of a grid, more than 0 and at most `interval`.

    Slots that were missed are left out: after a pause there is no storm of late probes.

    :param now: seconds since 1970, UTC
    :param interval: seconds between two slots
    :param key: shifts the grid; multiples of the golden ratio spread keys evenly over the interval
    """
    phase = key * GOLDEN_RATIO % 1 * interval
    return interval - (now - phase) % interval
