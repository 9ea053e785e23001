"""One probe as one transfer of libcurl: what all kinds of probes share."""

import errno
import math
import os
import socket
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import pycurl

from .certificate import certificate_facts, date_error, server_certificate, verification_error
from .fair_queue import Job
from .messages import sentence, verdict_of
from .result import Result
from .target import DEFAULT_PORTS

EXCERPT_BYTES = 4 * 1024
MAX_HEADERS = 64 * 1024
MAX_REDIRECTS = 5

ERRORS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_GOT_NOTHING: "empty",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_PARTIAL_FILE: "truncated",
    pycurl.E_TOO_MANY_REDIRECTS: "redirects",
    pycurl.E_BAD_CONTENT_ENCODING: "protocol",
    pycurl.E_UNSUPPORTED_PROTOCOL: "protocol",
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "protocol",
}
CONNECT_ERRORS = {
    0: "prober",  # libcurl did not even get a socket
    errno.ECONNREFUSED: "connect_refused",
    errno.ENETUNREACH: "connect_unreachable",
    errno.EHOSTUNREACH: "connect_unreachable",
    errno.EMFILE: "prober",
    errno.ENFILE: "prober",
    errno.EADDRNOTAVAIL: "prober",
}

IP_RESOLVE = {
    "any": pycurl.IPRESOLVE_WHATEVER,
    "ipv4": pycurl.IPRESOLVE_V4,
    "ipv6": pycurl.IPRESOLVE_V6,
}


class LentSocket(socket.socket):
    """A socket of which libcurl takes a copy, so that it may be let go of without a word.

    Python would warn of each, and ask the system twice for the text of a warning nobody sees.
    """

    def __del__(self) -> None:
        # There is none if the system had no socket to give.
        if (descriptor := self.detach()) >= 0:
            os.close(descriptor)


class Transfer:
    """A target being probed through a libcurl handle that is this probe's alone meanwhile."""

    def __init__(self, curl: pycurl.Curl, job: Job) -> None:
        target = job.target
        self.curl = curl
        self.job = job
        self.target = target
        self.started_at = time.time()
        self.expires_at = time.monotonic() + target.timeout
        self._begun_at = math.inf
        self.body = bytearray()
        self.headers = {}
        self._denied = ""
        self._socket_error = 0
        self._prepare_connection()
        self._prepare()

    def _prepare(self) -> None:
        """Set the options of the handle that are of this kind alone."""
        raise NotImplementedError

    def _prepare_connection(self) -> None:
        self.curl.setopt(pycurl.NOSIGNAL, 1)
        # Whatever is kept from an earlier probe hides a fault from this one.
        self.curl.setopt(pycurl.FORBID_REUSE, 1)
        # Seconds, for as long as it takes libcurl to pick up the addresses it is given.
        self.curl.setopt(pycurl.DNS_CACHE_TIMEOUT, 1)
        # An empty proxy also overrules those named in the environment.
        self.curl.setopt(pycurl.PROXY, "")
        self.curl.setopt(pycurl.IPRESOLVE, IP_RESOLVE[self.target.family])
        if self.target.allow:
            self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def begin(self, addresses: Iterable[str] = ()) -> None:
        """Make the handle ready for libcurl, with the addresses of its name if it has one."""
        self._begun_at = time.monotonic()
        # The only limit that a body which drips byte by byte cannot outlive.
        left = self.expires_at - self._begun_at
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, round(left * 1000)))
        if addresses:
            host, port = self.target.peer
            name = host.encode("idna").decode()
            entry = f"+{name}:{port}:{','.join(addresses)}"
            self.curl.setopt(pycurl.RESOLVE, [entry])

    def _judge(self) -> str:
        """The error code of a transfer that went through, empty if it is as expected."""
        return ""

    def _certificate_error(self, certificate: dict | None) -> str:
        """The error code of a certificate that was accepted but will not be for long."""
        days = self.target.certificate_days
        return date_error(certificate, days, self.started_at) if certificate and days else ""

    @staticmethod
    def _latency_error(milliseconds: float, limit: int | None, error: str) -> str:
        """The error code of an answer that is good but came later than a limit."""
        return error if limit and milliseconds > limit else ""

    def result(self, code: int = pycurl.E_OK, detail: str = "") -> Result:
        """What this probe saw, once libcurl ended the transfer with `code` and `detail`."""
        certificate = server_certificate(self.curl) if self._came_to_tls() else None
        phases = self._phases()
        error = (
            self._transfer_error(code, detail)
            or self._judge()
            or self._latency_error(phases["total"], self.target.max_latency_ms, "too_slow")
            or self._certificate_error(certificate)
            or self._latency_error(phases["total"], self.target.degraded_ms, "slow")
        )
        return Result(
            key=self.job.key,
            verdict=verdict_of(error),
            message=self._message(error, detail, phases, certificate),
            error=error,
            status=self._status(),
            latency_ms=phases["total"],
            phases=phases,
            address=self.curl.getinfo(pycurl.PRIMARY_IP),
            body=self._excerpt(),
            headers=self.headers,
            certificate=certificate,
            started_at=self.started_at,
        )

    # === WHAT WENT WRONG === #

    def _transfer_error(self, code: int, detail: str) -> str:
        match code:
            case pycurl.E_OK:
                return ""
            case pycurl.E_OPERATION_TIMEDOUT:
                return self._timeout_error()
            case pycurl.E_COULDNT_CONNECT:
                return self._connect_error()
            case pycurl.E_PEER_FAILED_VERIFICATION:
                return verification_error(self.curl, detail)
            case pycurl.E_RECV_ERROR:
                return self._reading_error(detail)
        # What is not known to be the target's fault is not held against it.
        return ERRORS.get(code, "prober")

    def _reading_error(self, detail: str) -> str:
        if self.curl.getinfo(pycurl.OS_ERRNO) in {errno.ECONNRESET, errno.EPIPE}:
            return "reset"
        # In TLS 1.3 servers object to a client only after the handshake.
        return "tls" if "SSL_read" in detail else "protocol"

    def _connect_error(self) -> str:
        if self._denied:
            return "address_denied"
        number = self._socket_error or self.curl.getinfo(pycurl.OS_ERRNO)
        return CONNECT_ERRORS.get(number, "connect")

    def _timeout_error(self) -> str:
        last_phase = list(self._phases())[-2]
        return f"{last_phase}_timeout" if last_phase in {"dns", "connect", "tls"} else "timeout"

    def _open_socket(self, _purpose: int, address: tuple) -> socket.socket | int:
        """Open the socket for the address libcurl is about to connect to, if that is allowed."""
        family, kind, protocol, (host, *_rest) = address
        if not self.target.allow(host):
            self._denied = host
            return pycurl.SOCKET_BAD
        try:
            return LentSocket(family, kind, protocol)
        except OSError as error:
            self._socket_error = error.errno
            return pycurl.SOCKET_BAD

    # === WHAT WAS SEEN === #

    def _excerpt(self) -> bytes:
        """The beginning of the body, to be shown."""
        return bytes(self.body[: self.target.max_excerpt])

    @property
    def _begins_with_tls(self) -> bool:
        return self.target.parts.scheme in {"https", "tls"}

    def _came_to_tls(self) -> bool:
        """Whether somebody may have shown a certificate."""
        return self._begins_with_tls or self.curl.getinfo(pycurl.REDIRECT_COUNT) > 0

    def _status(self) -> int | None:
        return self.curl.getinfo(pycurl.RESPONSE_CODE) or None

    def _place(self) -> tuple[str, int | None]:
        """The host and the port that the probe came to, redirected or not."""
        if not self.curl.getinfo(pycurl.REDIRECT_COUNT):
            return self.target.host, self.target.port
        url = self.curl.getinfo_raw(pycurl.EFFECTIVE_URL).decode("utf-8", "replace")
        try:
            parts = urlsplit(url)
            return parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            # Servers may redirect to what only libcurl takes for a URL.
            return url, None

    def _phases(self) -> dict[str, float]:
        """Milliseconds of each phase as far as the probe came, the last one until the end.

        libcurl tells when each phase ended, in microseconds, zero if it did not (see
        curl_easy_getinfo(3), "TIMES"); over redirects it adds up, so differences stay true.
        The name was looked up before libcurl's clock started.
        """
        created_at = self.expires_at - self.target.timeout
        before = (min(self._begun_at, time.monotonic()) - created_at) * 1_000_000
        total = before + self.curl.getinfo(pycurl.TOTAL_TIME_T)
        ends = {"dns": pycurl.NAMELOOKUP_TIME_T, "connect": pycurl.CONNECT_TIME_T}
        if self._begins_with_tls:
            ends["tls"] = pycurl.APPCONNECT_TIME_T
        if self.target.kind == "http":
            ends |= {"first_byte": pycurl.STARTTRANSFER_TIME_T, "transfer": pycurl.TOTAL_TIME_T}
        phases = {}
        begin = 0
        for phase, info in ends.items():
            reached = self.curl.getinfo(info)
            end = before + reached if reached else total
            phases[phase] = round(max(0, end - begin)) / 1000
            if not reached:
                break
            begin = end
        return {**phases, "total": round(total) / 1000}

    def _message(self, error: str, *seen) -> str:
        if not error:
            # The sentence of most probes; what the others need takes ten times as long.
            _detail, phases, _certificate = seen
            return sentence(error, latency=self._latency(phases))
        return sentence(error, **self._facts(*seen))

    @staticmethod
    def _latency(phases: dict) -> str:
        return f"{phases['total']:.0f}"

    def _facts(self, detail: str, phases: dict, certificate: dict | None) -> dict[str, object]:
        """What fills the gaps of the sentences."""
        host, port = self._place()
        return {
            "host": host,
            "port": port,
            "timeout": f"{self.target.timeout:g}",
            "latency": self._latency(phases),
            "degraded_ms": self.target.degraded_ms,
            "max_latency_ms": self.target.max_latency_ms,
            "status": self._status(),
            "expected_status": self.target.expected_status,
            "max_body": self.target.max_body,
            "max_headers": MAX_HEADERS,
            "max_redirects": MAX_REDIRECTS,
            "denied": self._denied,
            # libcurl's messages repeat bytes of the server's, which pycurl decodes to surrogates.
            "detail": detail.encode("utf-8", "replace").decode().rstrip("."),
            **certificate_facts(certificate, self.started_at),
        }
