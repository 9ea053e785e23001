"""Answers that a process keeps for a while, so that crowds cost no more than single visitors."""

import threading
import time

GRACE = 10.0  # seconds for whoever makes an answer anew


class Remembered:
    """Answers by key, made when they are asked for.

    :param float seconds: how long an answer is good
    :param int most: how many are kept, so that visitors can't fill the memory
    :param clock: seconds, for tests
    """

    def __init__(self, seconds, most, clock=time.monotonic):
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept = {}  # until when it is good, and the answer, by key
        self._lock = threading.Lock()

    def get(self, key, make):
        """Return the answer to a key.

        :param make: a function that returns it, None if there is none, which isn't kept
        """
        now = self._clock()
        with self._lock:
            until, answer = self._kept.get(key, (now, None))
            if now < until:
                return answer
            if answer is not None:
                # Who comes meanwhile gets the old one, instead of making it a hundred times.
                self._kept[key] = (now + GRACE, answer)
        answer = make()
        with self._lock:
            self._kept.pop(key, None)
            if answer is not None:
                self._kept[key] = (now + self._seconds, answer)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return answer
