"""Jobs in an order in which no host waits for another."""

import itertools
from collections import Counter, deque
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from .target import Target


class Job(NamedTuple):
    """A target, and the key that its result is to carry."""

    target: Target
    key: Hashable

    @property
    def host(self) -> str:
        """The host that the job waits for."""
        return self.target.host


class FairQueue:
    """Gives jobs host by host in turn, never more than `per_host` of one host at a time."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, dict[int, Job]] = {}  # by host and ticket, in their order
        self._tickets = itertools.count()
        # Exactly the hosts that have a job waiting and a slot free.
        self._ready: deque[str] = deque()

    def add(self, job: Job) -> int:
        """Append a job and return a ticket, by which it may be discarded again."""
        host = job.host
        if host not in self._waiting:
            self._waiting[host] = {}
            if self._running[host] < self._per_host:
                self._ready.append(host)
        ticket = next(self._tickets)
        self._waiting[host][ticket] = job
        return ticket

    def take(self) -> Job | None:
        """The next job that may start now; it counts as running until it is released."""
        if not self._ready:
            return None
        host = self._ready.popleft()
        waiting = self._waiting[host]
        job = waiting.pop(next(iter(waiting)))
        self._running[host] += 1
        if not waiting:
            del self._waiting[host]
        elif self._running[host] < self._per_host:
            self._ready.append(host)
        return job

    def release(self, job: Job) -> None:
        """Free the slot of a job that was taken."""
        host = job.host
        if host in self._waiting and self._running[host] == self._per_host:
            self._ready.append(host)
        self._running[host] -= 1
        if not self._running[host]:
            del self._running[host]

    def discard(self, job: Job, ticket: int) -> bool:
        """Remove a job that waits; tell whether it still did."""
        host = job.host
        waiting = self._waiting.get(host, {})
        if not waiting.pop(ticket, None):
            return False
        if not waiting:
            del self._waiting[host]
            if host in self._ready:
                self._ready.remove(host)
        return True

    def drain(self) -> Iterator[Job]:
        """Take all jobs that never started."""
        while self._waiting:
            _host, jobs = self._waiting.popitem()
            yield from jobs.values()
        self._ready.clear()
