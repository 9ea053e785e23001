"""What to probe, and what to expect of it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from .assertions import parse_status_ranges

SCHEMES = {"http": ("http", "https"), "tcp": ("tcp",)}
DEFAULT_PORTS = {"http": 80, "https": 443}
METHODS = ("GET", "HEAD")
URL_SIGNS = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One address and the expectations its answer is judged by.

    Raises ValueError, in words that can be shown to a user, when it cannot be probed.

    :param key: given back in the result, never read here
    :param kind: ``http`` (also https) or ``tcp`` (a connection is opened and closed)
    :param url: ``http://…``, ``https://…`` or ``tcp://host:port``
    :param expected_status: accepted HTTP statuses, such as ``200-299,301``
    :param body_contains: text that the decoded body must contain, compared as UTF-8
    :param timeout: seconds for everything: name look-up, connection, TLS, headers and body
    :param follow_redirects: follow up to five, never from https back to http
    :param verify: whether the TLS certificate must be trusted and name the host
    :param headers: sent along; credentials are not sent on to another host
    :param degraded_ms: slower good answers are called degraded
    :param allow: tells of each address, just before it is connected to, whether it may be;
        see :class:`.address_policy.AddressPolicy`
    :param max_body: bytes of the decoded body after which reading stops
    """

    key: Hashable
    url: str
    kind: str = "http"
    method: str = "GET"
    expected_status: str = "200-399"
    body_contains: str = ""
    timeout: float = 10.0
    follow_redirects: bool = False
    verify: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    degraded_ms: int | None = None
    allow: Callable[[str], bool] | None = None
    max_body: int = 64 * 1024

    def __post_init__(self) -> None:
        if self.kind not in SCHEMES:
            raise ValueError(f"{self.kind!r} is not a kind of probe. Use http or tcp.")
        if self.method not in METHODS:
            raise ValueError(f"Probes only read: use GET or HEAD instead of {self.method!r}.")
        if self.timeout <= 0:
            raise ValueError("The timeout must be longer than zero seconds.")
        if any(sign in text for item in self.headers.items() for text in item for sign in "\r\n"):
            raise ValueError("A header must not contain a line break.")
        parse_status_ranges(self.expected_status)
        self._check_url()

    def _check_url(self) -> None:
        if not self.url.isprintable() or " " in self.url:
            raise ValueError("The address must not contain spaces or control characters.")
        try:
            scheme = self._parts.scheme
            host, port, _url = self.host, self.port, self.ascii_url
        except ValueError as error:
            raise ValueError(
                "The address cannot be read: check its host name and its port."
            ) from error
        if scheme not in SCHEMES[self.kind]:
            starts = " or ".join(f"{scheme}://" for scheme in SCHEMES[self.kind])
            raise ValueError(f"The address must start with {starts}")
        if not host:
            raise ValueError("The address has no host name.")
        if self.kind == "tcp" and not port:
            raise ValueError("The address must end with a port, for instance tcp://host:5432.")

    @cached_property
    def host(self) -> str:
        """The host name or the IP address, without brackets, in lower case."""
        return self._parts.hostname

    @cached_property
    def port(self) -> int | None:
        """The port named in the URL or implied by it; tcp implies none."""
        return self._parts.port or DEFAULT_PORTS.get(self._parts.scheme)

    @cached_property
    def ascii_url(self) -> str:
        """The URL as it goes over the wire, international names and signs encoded."""
        user, at, host = self._parts.netloc.rpartition("@")
        return urlunsplit(
            (
                self._parts.scheme,
                quote(user, URL_SIGNS) + at + host.encode("idna").decode(),
                quote(self._parts.path, URL_SIGNS),
                quote(self._parts.query, URL_SIGNS),
                "",
            )
        )

    @cached_property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)
