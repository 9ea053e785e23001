"""What an answer must look like to count as good."""

from functools import lru_cache

LOWEST_STATUS = 100
HIGHEST_STATUS = 599


@lru_cache
def parse_status_ranges(text: str) -> tuple[range, ...]:
    """Read ranges such as ``200-299,301`` (both ends belong to a range).

    Raises ValueError, in words that can be shown to a user, when they cannot be read.
    """
    return tuple(_parse_range(part.strip()) for part in text.split(","))


def _parse_range(text: str) -> range:
    first, dash, last = text.partition("-")
    try:
        low = int(first)
        high = int(last) if dash else low
    except ValueError:
        low = high = 0
    if not LOWEST_STATUS <= low <= high <= HIGHEST_STATUS:
        raise ValueError(
            f"{text!r} is not a range of HTTP statuses. "
            "Write statuses between 100 and 599, for instance 200-299,301."
        )
    return range(low, high + 1)


def status_matches(status: int, ranges: tuple[range, ...]) -> bool:
    """Tell whether an HTTP status lies in one of the ranges."""
    return any(status in accepted for accepted in ranges)
