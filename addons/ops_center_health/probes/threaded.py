"""One probe in a thread of its own: what the kinds share that libcurl does not speak."""

import errno
import os
import threading
import time
from collections.abc import Iterable, Mapping

import pycurl

from .fair_queue import Job
from .mailbox import Mailbox
from .messages import sentence, verdict_of
from .result import Result

# Seconds after which a thread that is late is no longer waited for.
GRACE = 0.5

ERRORS = {
    errno.ECONNREFUSED: "connect_refused",
    errno.ENETUNREACH: "connect_unreachable",
    errno.EHOSTUNREACH: "connect_unreachable",
    errno.EMFILE: "prober",
    errno.ENFILE: "prober",
    errno.EADDRNOTAVAIL: "prober",
}
DNS_ERRORS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_OPERATION_TIMEDOUT: "dns_timeout",
}


class Fault(Exception):
    """What was seen is not as expected.

    :param error: a key of :data:`.messages.SENTENCES`
    :param facts: what fills the gaps of its sentence
    """

    def __init__(self, error: str, **facts: object) -> None:
        super().__init__(error)
        self.error = error
        self.facts = facts


class ThreadedProbe:
    """A target being probed by code that waits for it.

    The code keeps to the deadline by itself; should it fail to, nobody waits for it.
    """

    def __init__(self, job: Job, finished: Mailbox["ThreadedProbe"]) -> None:
        target = job.target
        self.job = job
        self.target = target
        self.started_at = time.time()
        self._created_at = time.monotonic()
        self.expires_at = self._created_at + target.timeout
        self._finished = finished
        self._error = "timeout"
        self._facts: Mapping[str, object] = {}
        self._phases: dict[str, float] = {}
        self._phase, self._phase_at = "dns", self._created_at
        self._address = ""
        self._seen = ""

    def begin(self, addresses: Iterable[str] = ()) -> None:
        """Start to look, at the addresses of the host's name if it has one."""
        self._enter("connect")
        self.expires_at += GRACE
        thread = threading.Thread(
            target=self._work, args=(list(addresses) or [self.target.host],), daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            self._error, self._facts = "prober", {"detail": error}
            self._finished.put(self)

    def result(self, code: int, detail: str = "") -> Result:
        """What this probe saw until now, when the engine ended it with libcurl's `code`."""
        error = self._error
        if self._phase == "dns":
            error = DNS_ERRORS.get(code, "prober")
        phases = {**self._phases, self._phase: _milliseconds(self._phase_at)}
        total = _milliseconds(self._created_at)
        error = error or self._latency_error(total)
        facts = {
            "host": self.target.host,
            "port": self.target.port,
            "timeout": f"{self.target.timeout:g}",
            "latency": f"{total:.0f}",
            "degraded_ms": self.target.degraded_ms,
            "max_latency_ms": self.target.max_latency_ms,
            "detail": detail,
            **self._facts,
        }
        return Result(
            key=self.job.key,
            verdict=verdict_of(error),
            message=sentence(error, **facts),
            error=error,
            latency_ms=total,
            phases={**phases, "total": total},
            address=self._address,
            body=self._seen.encode(),
            started_at=self.started_at,
        )

    def _latency_error(self, milliseconds: float) -> str:
        if self.target.max_latency_ms and milliseconds > self.target.max_latency_ms:
            return "too_slow"
        if self.target.degraded_ms and milliseconds > self.target.degraded_ms:
            return "slow"
        return ""

    # === IN THE THREAD === #

    def _look(self, addresses: list[str]) -> None:
        """Look at the target, at one of the addresses; raise a `Fault` if it is not well."""
        raise NotImplementedError

    def _work(self, addresses: list[str]) -> None:
        try:
            self._look(addresses)
        except Fault as fault:
            self._facts, self._error = fault.facts, fault.error
        except OSError as error:
            code = ERRORS.get(error.errno, "connect")
            self._facts, self._error = {"detail": os.strerror(error.errno or 0)}, code
        # A library that stumbles over an answer nobody foresaw must not end the other probes.
        except Exception as error:
            self._facts, self._error = {"detail": f"{type(error).__name__}: {error}"}, "prober"
        else:
            self._error = ""
        self._finished.put(self)

    def _enter(self, phase: str) -> None:
        self._phases[self._phase] = _milliseconds(self._phase_at)
        self._phase, self._phase_at = phase, time.monotonic()

    def _seconds_left(self) -> float:
        return self._created_at + self.target.timeout - time.monotonic()

    def _allowed(self, addresses: list[str]) -> list[str]:
        """Those of the addresses that may be connected to; a fault if there are none."""
        allow = self.target.allow
        allowed = [address for address in addresses if not allow or allow(address)]
        if not allowed:
            raise Fault("address_denied", denied=addresses[0])
        return allowed


def _milliseconds(since: float) -> float:
    return round((time.monotonic() - since) * 1000, 3)
