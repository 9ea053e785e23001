"""Many probes at a time: most in one thread, the others beside it."""

import contextlib
import heapq
import itertools
import math
import os
import select
import time
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache

import pycurl

from .fair_queue import FairQueue, Job
from .http import HttpTransfer
from .mailbox import Mailbox
from .messages import sentence, verdict_of
from .resolver import NO_FILES, Resolver, is_address
from .result import Result
from .target import Target
from .tcp import TcpTransfer
from .threaded import ThreadedProbe
from .tls import TlsTransfer
from .transfer import Transfer

TRANSFERS = {"http": HttpTransfer, "tcp": TcpTransfer, "tls": TlsTransfer}

# What a probe is known by: libcurl's handle, or itself where libcurl has no part in it.
Handle = pycurl.Curl | ThreadedProbe

CONCURRENCY = 1000  # probes at a time
PER_HOST = 10  # probes of one host at a time
# Seconds after which the loop looks at its clocks even if libcurl named no moment to do so.
LONGEST_WAIT = 1.0
# Seconds a target may start late, so that those of the same moment start together.
TOGETHER = 0.05
# Seconds a target may wait for a slot, of its host or at all, before nobody waits for it any more.
MAX_QUEUED = 20.0
MOST_IDLE = 8  # engines


class Engine:
    """libcurl's multi interface driven by epoll, kept between runs for the CA bundle it loaded.

    Used by one thread at a time, except for :meth:`wake`; not for use after a fork.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._timer_at = math.inf
        self._idle: list[pycurl.Curl] = []
        self._running: dict[Handle, Transfer | ThreadedProbe] = {}
        # Those of the running that have not begun yet, and why they never will.
        self._unresolved: dict[Handle, str] = {}
        # Those of the running that have begun in a thread.
        self._threaded: set[ThreadedProbe] = set()
        # Those of the threaded that have ended.
        self._settled: set[ThreadedProbe] = set()
        self._finished: Mailbox[ThreadedProbe] = Mailbox()
        self._resolver = Resolver()
        self._epoll.register(self._resolver.socket, select.EPOLLIN)
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll.register(self._bell, select.EPOLLIN)
        self._epoll.register(self._finished.socket, select.EPOLLIN)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def begin(self, concurrency: int, per_host: int) -> None:
        """Make ready for other targets; see :func:`run` for the limits."""
        self._resolver.forget_answers()
        self._concurrency = concurrency
        self._queue = FairQueue(per_host)
        self._later: list[tuple[float, int, Job]] = []  # a heap by the time to start
        self._queued: deque[tuple[float, int, Job]] = deque()  # by the time to give up
        self._count = itertools.count()
        self._left = 0

    def add(self, target: Target, delay: float = 0.0, key: Hashable = None) -> None:
        """Have a target probed.

        :param delay: seconds from now until it starts
        :param key: given back in the result; without it, the target's
        """
        self._left += 1
        job = Job(target, target.key if key is None else key)
        if delay > 0:
            start_at = time.monotonic() + delay
            heapq.heappush(self._later, (start_at, next(self._count), job))
        else:
            self._enqueue(job)

    def wake(self) -> None:
        """End a `step` that waits in another thread."""
        os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Let go of everything; nothing may be under way."""
        self._multi.close()
        self._epoll.close()
        os.close(self._bell)
        self._resolver.close()
        self._finished.close()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be done."""
        return not self._left

    def step(self, timeout: float) -> list[Result]:
        """Start what is due, wait for something to happen, and return what ended.

        :param timeout: seconds to wait at most
        """
        self._start_due()
        self._wait(time.monotonic() + timeout)
        results = []
        for handle, code, detail in self._ended():
            probe = self._running[handle]
            results.append(probe.result(code, detail))
            self._stop(handle)
            self._queue.release(probe.job)
        results += self._given_up()
        self._left -= len(results)
        return results

    def abandon(self) -> list[Result]:
        """Stop at once and return a result, ``unknown``, for all that was not finished."""
        unfinished = [probe.job for probe in self._running.values()]
        unfinished += self._queue.drain()
        unfinished += [job for _start_at, _number, job in self._later]
        for handle in list(self._running):
            self._stop(handle)
        self._later.clear()
        self._queued.clear()
        self._left = 0
        return [_unfinished(job) for job in unfinished]

    def _enqueue(self, job: Job) -> None:
        ticket = self._queue.add(job)
        self._queued.append((time.monotonic() + MAX_QUEUED, ticket, job))

    def _start_due(self) -> None:
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._enqueue(heapq.heappop(self._later)[2])
        while len(self._running) < self._concurrency and (job := self._queue.take()):
            self._start(job)

    def _given_up(self) -> list[Result]:
        """The results of targets that waited too long for their turn."""
        results = []
        now = time.monotonic()
        while self._queued and self._queued[0][0] <= now:
            _expires_at, ticket, job = self._queued.popleft()
            if self._queue.discard(job, ticket):
                results.append(_unfinished(job))
        return results

    def _start(self, job: Job) -> None:
        target = job.target
        if target.kind in TRANSFERS:
            handle = self._idle.pop() if self._idle else pycurl.Curl()
            self._running[handle] = TRANSFERS[target.kind](handle, job)
        else:
            handle = threaded_probe(job, self._finished)
            self._running[handle] = handle
        host, _port = target.peer
        if not host or is_address(host):
            self._hand_over(handle)
        else:
            self._unresolved[handle] = ""
            self._resolver.look_up(host)

    def _hand_over(self, handle: Handle, addresses: Iterable[str] = ()) -> None:
        self._running[handle].begin(addresses)
        if isinstance(handle, ThreadedProbe):
            self._threaded.add(handle)
        else:
            self._multi.add_handle(handle)

    def _stop(self, handle: Handle) -> None:
        del self._running[handle]
        resolved = self._unresolved.pop(handle, None) is None
        if isinstance(handle, ThreadedProbe):
            self._threaded.discard(handle)
            return
        if resolved:
            self._multi.remove_handle(handle)
        # Also lets go of the transfer and its body.
        handle.reset()
        self._idle.append(handle)

    def _ended(self) -> list[tuple[Handle, int, str]]:
        """The handles whose probes ended, each with libcurl's code and message."""
        if not self._running:
            return []
        _waiting, succeeded, failed = self._multi.info_read(len(self._running))
        ended = [*((handle, pycurl.E_OK, "") for handle in succeeded), *failed]
        return ended + self._ended_beside() if self._unresolved or self._threaded else ended

    def _ended_beside(self) -> list[tuple[Handle, int, str]]:
        """The same of those that libcurl does not have in hand."""
        ended = [(probe, pycurl.E_OK, "") for probe in self._settled]
        for handle, detail in self._unresolved.items():
            if detail:
                # Who could not ask knows nothing about the name.
                code = pycurl.E_FAILED_INIT if detail == NO_FILES else pycurl.E_COULDNT_RESOLVE_HOST
                ended.append((handle, code, detail))
        now = time.monotonic()
        for handle in (*self._unresolved, *self._threaded.difference(self._settled)):
            if self._running[handle].expires_at <= now and not self._unresolved.get(handle):
                ended.append((handle, pycurl.E_OPERATION_TIMEDOUT, ""))
        self._settled.clear()
        return ended

    # === EVENT LOOP === #

    def _wait(self, ends_at: float) -> None:
        """Wait for the next sockets or the next moment, and let libcurl work on them."""
        wake_at = min(
            self._timer_at,
            ends_at,
            time.monotonic() + LONGEST_WAIT if self._running else math.inf,
            self._later[0][0] + TOGETHER if self._later else math.inf,
            *(self._running[handle].expires_at for handle in (*self._unresolved, *self._threaded)),
        )
        for descriptor, events in self._epoll.poll(max(0, wake_at - time.monotonic())):
            if descriptor in self._watched:
                self._multi.socket_action(descriptor, _curl_events(events))
            elif descriptor == self._bell:
                os.eventfd_read(self._bell)
            elif descriptor == self._resolver.socket.fileno():
                self._take_answers()
            elif descriptor == self._finished.socket.fileno():
                # A probe that nobody waits for any more may finish as well.
                self._settled |= self._threaded.intersection(self._finished.take())
        if time.monotonic() >= self._timer_at:
            self._timer_at = math.inf
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _take_answers(self) -> None:
        for name, addresses, detail in self._resolver.answers():
            for handle in list(self._unresolved):
                target = self._running[handle].target
                if target.peer[0] != name:
                    continue
                if usable := target.usable_addresses(addresses):
                    del self._unresolved[handle]
                    self._hand_over(handle, usable)
                else:
                    self._unresolved[handle] = detail or "it has no address of the kind asked for"

    def _on_socket(self, what: int, descriptor: int, *_unused: object) -> None:
        """libcurl says which events of a socket it wants to hear of."""
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
            self._epoll.unregister(descriptor)
            return
        events = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (
            select.EPOLLOUT if what & pycurl.POLL_OUT else 0
        )
        if descriptor in self._watched:
            self._epoll.modify(descriptor, events)
        else:
            self._watched.add(descriptor)
            self._epoll.register(descriptor, events)

    def _on_timer(self, milliseconds: int) -> None:
        """libcurl says when it wants to be called again, with -1 that it does not."""
        self._timer_at = math.inf if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def threaded_probe(job: Job, finished: Mailbox[ThreadedProbe]) -> ThreadedProbe:
    """The probe of a kind that libcurl does not speak."""
    # Their libraries take megabytes, which only those pay who have such checks; and Odoo's pages
    # are asked by an engine.
    if job.target.kind == "dns":
        from .dns import DnsProbe as Probe  # noqa: PLC0415
    elif job.target.kind == "odoo":
        from .odoo import OdooProbe as Probe  # noqa: PLC0415
    else:
        from .postgresql import PostgresqlProbe as Probe  # noqa: PLC0415
    return Probe(job, finished)


@lru_cache
def _curl_events(events: int) -> int:
    return (
        (pycurl.CSELECT_IN if events & select.EPOLLIN else 0)
        | (pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0)
        | (pycurl.CSELECT_ERR if events & (select.EPOLLERR | select.EPOLLHUP) else 0)
    )


def _unfinished(job: Job) -> Result:
    error = "unfinished"
    return Result(
        key=job.key,
        verdict=verdict_of(error),
        message=sentence(error),
        error=error,
        started_at=time.time(),
    )


_idle_engines: list[Engine] = []
os.register_at_fork(after_in_child=_idle_engines.clear)


@contextlib.contextmanager
def engine(concurrency: int, per_host: int) -> Iterator[Engine]:
    """Yield an engine that nobody else uses, and keep it for the next who wants one."""
    try:
        engine = _idle_engines.pop()
    except IndexError:
        engine = Engine()
    engine.begin(concurrency, per_host)
    try:
        yield engine
    finally:
        engine.abandon()
        if len(_idle_engines) < MOST_IDLE:
            _idle_engines.append(engine)
        else:
            engine.close()


def run(
    targets: Iterable[Target],
    *,
    concurrency: int = CONCURRENCY,
    per_host: int = PER_HOST,
    deadline: float = math.inf,
) -> Iterator[Result]:
    """Probe the targets and yield a result for each, in the order in which they finish.

    Take the results swiftly: the clocks of the running probes do not stop meanwhile.

    :param concurrency: probes at a time
    :param per_host: probes of one host at a time, so that it is not overrun
    :param deadline: seconds after which whatever has not finished is ``unknown``
    """
    ends_at = time.monotonic() + deadline
    with engine(concurrency, per_host) as own:
        for target in targets:
            own.add(target)
        while not own.is_idle and time.monotonic() < ends_at:
            yield from own.step(min(LONGEST_WAIT, ends_at - time.monotonic()))
        yield from own.abandon()
