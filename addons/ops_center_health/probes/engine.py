"""Many probes at a time in one thread."""

import math
import os
import select
import time
from collections.abc import Iterable, Iterator

import pycurl

from .fair_queue import FairQueue
from .http import HttpTransfer
from .messages import sentence, verdict_of
from .resolver import Resolver, is_address
from .result import Result
from .target import Target
from .tcp import TcpTransfer
from .transfer import Transfer

TRANSFERS = {"http": HttpTransfer, "tcp": TcpTransfer}

# Seconds after which the loop looks at its clocks even if libcurl named no moment to do so.
LONGEST_WAIT = 1.0


class Engine:
    """libcurl's multi interface driven by epoll, kept between runs for the CA bundle it loaded.

    Used by one run at a time; not for use after a fork.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._timer_at = math.inf
        self._idle: list[pycurl.Curl] = []
        self._running: dict[pycurl.Curl, Transfer] = {}
        # Those of the running that libcurl has not got yet, and why it never will.
        self._unresolved: dict[pycurl.Curl, str] = {}
        self._resolver = Resolver()
        self._epoll.register(self._resolver.socket, select.EPOLLIN)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def run(
        self, targets: Iterable[Target], concurrency: int, per_host: int, deadline: float | None
    ) -> Iterator[Result]:
        """See :func:`run`."""
        self._resolver.forget_answers()
        queue = FairQueue(targets, per_host)
        ends_at = math.inf if deadline is None else time.monotonic() + deadline
        try:
            while time.monotonic() < ends_at:
                while len(self._running) < concurrency and (target := queue.take()):
                    self._start(target)
                if not self._running:
                    return
                self._wait(ends_at)
                for curl, code, detail in self._ended():
                    transfer = self._running[curl]
                    result = transfer.result(code, detail)
                    self._stop(curl)
                    queue.release(transfer.target)
                    yield result
            for transfer in self._running.values():
                yield _unfinished(transfer.target)
            for target in queue.drain():
                yield _unfinished(target)
        finally:
            for curl in list(self._running):
                self._stop(curl)

    def _start(self, target: Target) -> None:
        curl = self._idle.pop() if self._idle else pycurl.Curl()
        self._running[curl] = TRANSFERS[target.kind](curl, target)
        if is_address(target.host):
            self._hand_over(curl)
        else:
            self._unresolved[curl] = ""
            self._resolver.look_up(target.host)

    def _hand_over(self, curl: pycurl.Curl, addresses: Iterable[str] = ()) -> None:
        self._running[curl].begin(addresses)
        self._multi.add_handle(curl)

    def _stop(self, curl: pycurl.Curl) -> None:
        del self._running[curl]
        if curl in self._unresolved:
            del self._unresolved[curl]
        else:
            self._multi.remove_handle(curl)
        # Also lets go of the transfer and its body.
        curl.reset()
        self._idle.append(curl)

    def _ended(self) -> list[tuple[pycurl.Curl, int, str]]:
        """The handles whose transfers ended, each with libcurl's code and message."""
        _waiting, succeeded, failed = self._multi.info_read(len(self._running))
        ended = [*((curl, pycurl.E_OK, "") for curl in succeeded), *failed]
        for curl, detail in self._unresolved.items():
            if detail:
                ended.append((curl, pycurl.E_COULDNT_RESOLVE_HOST, detail))
            elif self._running[curl].expires_at <= time.monotonic():
                ended.append((curl, pycurl.E_OPERATION_TIMEDOUT, ""))
        return ended

    # === EVENT LOOP === #

    def _wait(self, ends_at: float) -> None:
        """Wait for the next sockets or the next moment, and let libcurl work on them."""
        expiries = (self._running[curl].expires_at for curl in self._unresolved)
        wake_at = min(self._timer_at, ends_at, time.monotonic() + LONGEST_WAIT, *expiries)
        for descriptor, events in self._epoll.poll(max(0, wake_at - time.monotonic())):
            if descriptor == self._resolver.socket.fileno():
                self._take_answers()
            else:
                self._multi.socket_action(descriptor, _curl_events(events))
        if time.monotonic() >= self._timer_at:
            self._timer_at = math.inf
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _take_answers(self) -> None:
        for name, addresses, detail in self._resolver.answers():
            for curl in list(self._unresolved):
                if self._running[curl].target.host != name:
                    continue
                if addresses:
                    del self._unresolved[curl]
                    self._hand_over(curl, addresses)
                else:
                    self._unresolved[curl] = detail

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


def _curl_events(events: int) -> int:
    return (
        (pycurl.CSELECT_IN if events & select.EPOLLIN else 0)
        | (pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0)
        | (pycurl.CSELECT_ERR if events & (select.EPOLLERR | select.EPOLLHUP) else 0)
    )


def _unfinished(target: Target) -> Result:
    error = "unfinished"
    return Result(
        key=target.key,
        verdict=verdict_of(error),
        message=sentence(error),
        error=error,
        started_at=time.time(),
    )


_idle_engines: list[Engine] = []
os.register_at_fork(after_in_child=_idle_engines.clear)


def run(
    targets: Iterable[Target],
    *,
    concurrency: int = 100,
    per_host: int = 10,
    deadline: float | None = None,
) -> Iterator[Result]:
    """Probe the targets and yield a result for each, in the order in which they finish.

    Take the results swiftly: the clocks of the running probes do not stop meanwhile.

    :param concurrency: probes at a time
    :param per_host: probes of one host at a time, so that it is not overrun
    :param deadline: seconds after which whatever has not finished is ``unknown``
    """
    engine = _idle_engines.pop() if _idle_engines else Engine()
    try:
        yield from engine.run(targets, concurrency, per_host, deadline)
    finally:
        _idle_engines.append(engine)
