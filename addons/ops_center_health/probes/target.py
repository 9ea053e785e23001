"""What to probe, and what to expect of it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from .assertions import parse_status_ranges
from .dns_target import DnsExpectation, parse_question
from .postgresql_target import PostgresqlExpectation, parse_login

SCHEMES = {
    "http": ("http", "https"),
    "tcp": ("tcp",),
    "tls": ("tls",),
    "dns": ("dns",),
    "postgresql": ("postgresql", "postgres"),
}
KINDS = " or ".join((", ".join([*SCHEMES][:-1]), [*SCHEMES][-1]))
DEFAULT_PORTS = {
    "http": 80,
    "https": 443,
    "tls": 443,
    "dns": 53,
    "postgresql": 5432,
    "postgres": 5432,
}
METHODS = ("GET", "HEAD")
URL_SIGNS = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One address and the expectations its answer is judged by.

    Raises ValueError, in words that can be shown to a user, when it cannot be probed.

    :param key: given back in the result, never read here
    :param kind: ``http`` (also https), ``tcp`` (a connection is opened and closed), ``tls`` (the
        same, with the certificate), ``dns`` or ``postgresql``
    :param url: ``http://…``, ``https://…``, ``tcp://host:port``, ``tls://host:port``,
        ``dns://server/name?type=A`` (without a server those of this machine are asked) or
        ``postgresql://user@host:port/database``
    :param expected_status: accepted HTTP statuses, such as ``200-299,301``
    :param body_contains: text that the decoded body must contain, compared as UTF-8
    :param timeout: seconds for everything: name look-up, connection, TLS, headers and body
    :param follow_redirects: follow up to five, never from https back to http
    :param verify: whether the TLS certificate must be trusted and name the host
    :param certificate_days: certificates that expire sooner are called degraded
    :param headers: sent along; credentials are not sent on to another host
    :param degraded_ms: slower good answers are called degraded
    :param allow: tells of each address, just before it is connected to, whether it may be;
        see :class:`.address_policy.AddressPolicy`
    :param max_body: bytes of the decoded body after which reading stops
    :param dns: what is expected of the kind ``dns``
    :param postgresql: what is asked and expected of the kind ``postgresql``
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
    certificate_days: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    degraded_ms: int | None = None
    allow: Callable[[str], bool] | None = None
    max_body: int = 64 * 1024
    dns: DnsExpectation = field(default_factory=DnsExpectation)
    postgresql: PostgresqlExpectation = field(default_factory=PostgresqlExpectation)

    def __post_init__(self) -> None:
        if self.kind not in SCHEMES:
            raise ValueError(f"{self.kind!r} is not a kind of probe. Use {KINDS}.")
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
            scheme = self.parts.scheme
            host, port, _url = self.host, self.port, self.ascii_url
        except ValueError as error:
            raise ValueError(
                "The address cannot be read: check its host name and its port."
            ) from error
        if scheme not in SCHEMES[self.kind]:
            starts = " or ".join(f"{scheme}://" for scheme in SCHEMES[self.kind])
            raise ValueError(f"The address must start with {starts}")
        if self.kind == "dns":
            parse_question(self.parts)
        elif not host:
            raise ValueError("The address has no host name.")
        if self.kind == "tcp" and not port:
            raise ValueError("The address must end with a port, for instance tcp://host:5432.")
        if self.kind == "postgresql":
            parse_login(self.parts)

    @cached_property
    def host(self) -> str:
        """The host name or the IP address, without brackets, in lower case."""
        return self.parts.hostname or ""

    @cached_property
    def port(self) -> int | None:
        """The port named in the URL or implied by it; tcp implies none."""
        return self.parts.port or DEFAULT_PORTS.get(self.parts.scheme)

    @cached_property
    def ascii_url(self) -> str:
        """The URL as it goes over the wire, international names and signs encoded."""
        user, at, host = self.parts.netloc.rpartition("@")
        return urlunsplit(
            (
                self.parts.scheme,
                quote(user, URL_SIGNS) + at + host.encode("idna").decode(),
                quote(self.parts.path, URL_SIGNS),
                quote(self.parts.query, URL_SIGNS),
                "",
            )
        )

    @cached_property
    def parts(self) -> SplitResult:
        """The URL taken apart, as it was written."""
        return urlsplit(self.url)
