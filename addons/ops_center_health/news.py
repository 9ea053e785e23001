"""When open screens are told of results: Odoo keeps each message in its database for a day."""

from collections.abc import Collection


class News:
    """The checks whose results screens were not told of yet.

    :param pause: seconds between two messages about results that nobody waits for
    """

    def __init__(self, pause: float):
        self._pause = pause
        self._waiting: set[int] = set()
        self._next = 0.0

    def add(self, check_ids: Collection[int], awaited: bool, now: float) -> set[int]:
        """Return which checks to tell of now; the others are told of together with later ones.

        :param awaited: somebody may be looking out for these results
        :param now: seconds on a clock that never goes back
        """
        self._waiting.update(check_ids)
        if not awaited and now < self._next:
            return set()
        told, self._waiting = self._waiting, set()
        self._next = now + self._pause
        return told
