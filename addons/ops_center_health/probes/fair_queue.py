"""Targets in an order in which no host waits for another."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable

from .target import Target


class FairQueue:
    """Gives targets host by host in turn, never more than `per_host` of one host at a time."""

    def __init__(self, targets: Iterable[Target], per_host: int) -> None:
        self._per_host = per_host
        self._running: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[Target]] = defaultdict(deque)
        for target in targets:
            self._waiting[target.host].append(target)
        # Exactly the hosts that have a target waiting and a slot free.
        self._ready = deque(self._waiting)

    def take(self) -> Target | None:
        """The next target that may start now; it counts as running until it is released."""
        if not self._ready:
            return None
        host = self._ready.popleft()
        target = self._waiting[host].popleft()
        self._running[host] += 1
        if self._waiting[host] and self._running[host] < self._per_host:
            self._ready.append(host)
        return target

    def release(self, target: Target) -> None:
        """Free the slot of a target that was taken."""
        host = target.host
        if self._waiting[host] and self._running[host] == self._per_host:
            self._ready.append(host)
        self._running[host] -= 1

    def drain(self) -> Iterable[Target]:
        """Take all targets that never started."""
        for targets in self._waiting.values():
            while targets:
                yield targets.popleft()
        self._ready.clear()
