"""An engine in a thread of its own, whose clocks nobody stops who is busy with something else."""

import resource
import threading
from collections.abc import Hashable, Iterable
from queue import SimpleQueue

from .engine import PER_HOST, Engine, engine
from .result import Result
from .target import Target

CONCURRENCY = 5000  # probes at a time, each of which takes a file
OTHER_FILES = 250  # that the process may have open
IDLE_WAIT = 3600.0  # seconds; whoever adds a target wakes the engine


class Prober:
    """Probes targets, each at its time, while the caller does other things.

    As many at a time as the process may open files, up to `CONCURRENCY`: the limit that it may
    raise itself is raised.

    :param per_host: probes of one host at a time, so that it is not overrun
    """

    def __init__(self, per_host: int = PER_HOST) -> None:
        self._limits = (
            max(1, _permit_files(CONCURRENCY + OTHER_FILES) - OTHER_FILES),
            per_host,
        )
        self._inbox: SimpleQueue[tuple[Hashable, Target, float] | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._left = 0
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=self._work, name="ops-probe", daemon=True)
        self._thread.start()

    def add(self, jobs: Iterable[tuple[Hashable, Target, float]]) -> None:
        """Have targets probed.

        :param jobs: keys to give back in the results, targets, and seconds from now to the start
        """
        with self._changed:
            for item in jobs:
                self._left += 1
                self._inbox.put(item)
        self._wake()

    def take(self, timeout: float, gather: float = 0.0) -> list[Result]:
        """Wait for a result, then for more, and return those that came.

        :param timeout: seconds to wait at most for the first
        :param gather: seconds to wait at most for all the others, so that they come together
        :raises Exception: what stopped the engine, a defect of ours
        """
        with self._changed:
            self._changed.wait_for(lambda: self._results or self._is_done(), timeout)
            self._changed.wait_for(self._is_done, gather)
            if self._error:
                raise self._error
            results, self._results = self._results, []
            self._left -= len(results)
            return results

    def close(self) -> None:
        """Stop at once; what was not finished has no result."""
        self._inbox.put(None)
        self._wake()
        self._thread.join()

    def _is_done(self) -> bool:
        return self._error is not None or len(self._results) == self._left

    def _wake(self) -> None:
        with self._changed:
            if self._engine:
                self._engine.wake()

    def _work(self) -> None:
        try:
            with engine(*self._limits) as own:
                with self._changed:
                    self._engine = own
                try:
                    self._drive(own)
                finally:
                    with self._changed:
                        self._engine = None
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _drive(self, own: Engine) -> None:
        while True:
            while not self._inbox.empty():
                item = self._inbox.get()
                if item is None:
                    return
                key, target, delay = item
                own.add(target, delay, key)
            results = own.step(IDLE_WAIT)
            if results:
                with self._changed:
                    is_first = not self._results
                    self._results += results
                    # Whoever gathers is not woken for each.
                    if is_first or self._is_done():
                        self._changed.notify_all()


def _permit_files(wanted: int) -> int:
    """Let the process open so many files, or as many as it may, and return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    permitted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (permitted, hard))
    return permitted
