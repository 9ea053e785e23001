"""An HTTP client that always comes back: in time, with little memory, from the right place."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .errors import TransportError, parse_retry_after
from .masking import mask

CHUNK = 16 * 1024  # bytes; compressed, so that a bomb grows by 16 MiB at most before it is seen
MAX_REDIRECTS = 3
REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.GONE: "not_found",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
}
EXCERPT = 200  # characters of an error's body in its message

# The path of many a webhook is its secret, and urllib3 writes it down at its debug level.
_requesting = threading.local()
logging.getLogger("urllib3.connectionpool").addFilter(
    lambda _record: not getattr(_requesting, "active", False)
)


@dataclass(frozen=True)
class Response:
    """A complete answer with a status below 400."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str

    def json(self) -> Any:
        """Return the parsed body; raises TransportError (`protocol`) if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            content_type = self.headers.get("Content-Type", "no content type")
            raise TransportError(
                "protocol",
                f"{self.host} did not answer with JSON but with {content_type}.",
                status=self.status,
                outcome_unknown=True,
            ) from None


class HttpClient:
    """Requests to the APIs of others. Keeps no state, so threads may share it.

    Environment variables and ``.netrc`` are not consulted: credentials go where the caller
    sends them, and nowhere else. Redirects are followed within one origin, for GET and HEAD.

    :param timeout: seconds for everything, from the connection to the last byte of the body
    :param max_bytes: largest body accepted, in bytes, after decompression
    :param refuse_address: tells whether a numeric address must not be connected to
    """

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        max_bytes: int = 10 * 1024 * 1024,
        refuse_address: Callable[[str], bool] | None = None,
    ):
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.refuse_address = refuse_address

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request and return its answer; raises TransportError for everything else."""
        host = _host(url)
        with (
            _Guard(host, self.timeout, self.refuse_address) as guard,
            requests.Session() as session,
        ):
            session.trust_env = False
            session.mount("http://", _GuardedAdapter(guard))
            session.mount("https://", _GuardedAdapter(guard))
            try:
                with self._open(session, guard, method, url, headers, data, params) as answer:
                    response = self._read(answer, host)
            except requests.RequestException as error:
                raise guard.explain(error) from error
            except ValueError as error:
                raise TransportError(
                    "redirect", f"{host} redirects to a malformed address."
                ) from error
            if guard.expired:
                # Without a length, a cut body looks like a complete one.
                raise guard.too_late()
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(response)
        return response

    def _open(
        self,
        session: requests.Session,
        guard: "_Guard",
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        data: bytes | None,
        params: Mapping[str, str] | None,
    ) -> requests.Response:
        for _hop in range(MAX_REDIRECTS + 1):
            answer = session.request(
                method,
                url,
                headers=headers,
                data=data,
                params=params,
                timeout=guard.remaining(),
                allow_redirects=False,
                stream=True,
            )
            if not answer.is_redirect:
                return answer
            answer.close()
            target = urljoin(answer.url, answer.headers["Location"])
            if method not in {"GET", "HEAD"} or _origin(target) != _origin(url):
                break
            url, params = target, None
        raise TransportError(
            "redirect",
            f"{guard.host} redirects to {urlsplit(target).hostname}, which is not followed."
            " Enter the final address instead.",
            status=answer.status_code,
        )

    def _read(self, answer: requests.Response, host: str) -> Response:
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > self.max_bytes:
                raise TransportError(
                    "too_large",
                    f"The answer of {host} is larger than {self.max_bytes} bytes.",
                    status=answer.status_code,
                    outcome_unknown=True,
                )
        return Response(answer.status_code, answer.headers, bytes(body), host)


class _Guard:
    """Watches over the connections of one request: where they go and how long they last.

    The time-outs of `requests` start anew with every byte received, so a server that drips
    would hold us forever. Here a timer shuts the connection down when the time is up.
    """

    def __init__(self, host: str, timeout: float, refuse_address: Callable[[str], bool] | None):
        self.host = host
        self.timeout = timeout
        self.refuse_address = refuse_address
        self.connected = False
        self._deadline = time.monotonic() + timeout
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(timeout, self._cut)
        self._timer.daemon = True

    def __enter__(self):
        _requesting.active = True
        self._timer.start()
        return self

    def __exit__(self, *_exception):
        _requesting.active = False
        self._timer.cancel()
        for handle in self._handles:
            handle.close()

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self._deadline

    def remaining(self) -> float:
        """Seconds left; raises TransportError when there are none."""
        if self.expired:
            raise self.too_late()
        return max(self._deadline - time.monotonic(), 0.001)

    def connect(self, host: str, port: int, socket_options: Iterable | None) -> socket.socket:
        """Return a connection to one of the host's addresses, none of which may be refused."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise TransportError("dns", f"The name {host} can't be resolved.") from error
        for *_family, address in addresses:
            if self.refuse_address and self.refuse_address(address[0]):
                raise TransportError(
                    "address",
                    f"{host} leads to {address[0]}, where requests must not go.",
                )
        for left, (family, kind, protocol, _name, address) in zip(
            range(len(addresses), 0, -1), addresses, strict=True
        ):
            connection = socket.socket(family, kind, protocol)
            try:
                # One dead address must not use up the time of the others.
                connection.settimeout(self.remaining() / left)
                for option in socket_options or ():
                    connection.setsockopt(*option)
                connection.connect(address)
                connection.settimeout(self.remaining())
            except OSError:
                connection.close()
            else:
                self._watch(connection)
                return connection
        self.remaining()
        raise TransportError("connect", f"{host} does not accept connections on port {port}.")

    def explain(self, error: requests.RequestException) -> TransportError:
        """Return what an exception of `requests` means for the caller."""
        if self.expired or isinstance(error, requests.Timeout):
            return self.too_late()
        if isinstance(error, requests.exceptions.SSLError):
            # The error as a whole names the path, which is the secret of many a webhook.
            reason = (
                getattr(error.args and error.args[0], "reason", None) or "the encryption failed"
            )
            return TransportError(
                "tls",
                f"No trusted connection with {self.host}: {reason}",
                # Any other error may come after the request was sent.
                outcome_unknown="CERTIFICATE_VERIFY_FAILED" not in str(error),
            )
        if not self.connected:
            return TransportError("connect", f"No request could be sent to {self.host}.")
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return TransportError(
                "protocol", f"The answer of {self.host} can't be read.", outcome_unknown=True
            )
        return TransportError(
            "interrupted",
            f"{self.host} broke the connection before its answer was complete.",
            outcome_unknown=True,
        )

    def too_late(self) -> TransportError:
        return TransportError(
            "timeout",
            f"{self.host} did not answer completely within {self.timeout:g} seconds.",
            outcome_unknown=self.connected,
        )

    def _watch(self, connection: socket.socket) -> None:
        # A second handle, because TLS takes over the first one.
        self._handles.append(connection.dup())
        self.connected = True

    def _cut(self) -> None:
        for handle in self._handles:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)


class _GuardedAdapter(HTTPAdapter):
    """Lets a guard open the connections that `requests` uses."""

    def __init__(self, guard: _Guard):
        self._guard = guard
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = {
            "http": self._guarded(HTTPConnectionPool),
            "https": self._guarded(HTTPSConnectionPool),
        }

    def _guarded(self, pool_class):
        guard = self._guard

        class GuardedConnection(pool_class.ConnectionCls):
            def _new_conn(self):
                return guard.connect(self._dns_host, self.port, self.socket_options)

        class GuardedPool(pool_class):
            ConnectionCls = GuardedConnection

        return GuardedPool


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise TransportError("address", "The address is malformed: it names no host.")
    return host


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def _refusal(response: Response) -> TransportError:
    server_failed = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "server" if server_failed else REFUSALS.get(response.status, "rejected")
    excerpt = mask(response.body[: 4 * EXCERPT].decode(errors="replace"))
    excerpt = " ".join(excerpt.split())[:EXCERPT]
    return TransportError(
        kind,
        f"{response.host} answered with status {response.status}: {excerpt or 'no explanation'}",
        status=response.status,
        retry_after=parse_retry_after(response.headers),
        outcome_unknown=server_failed,
    )
