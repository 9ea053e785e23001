"""What to probe, and what to expect of it."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from .assertions import parse_status_ranges
from .dns_target import DnsExpectation, parse_question
from .http_expectation import HttpExpectation
from .http_request import HttpRequest
from .odoo_target import OdooExpectation, check_root
from .postgresql_target import PostgresqlExpectation, parse_login
from .resolver import is_address

SCHEMES = {
    "http": ("http", "https"),
    "tcp": ("tcp",),
    "tls": ("tls",),
    "dns": ("dns",),
    "postgresql": ("postgresql", "postgres"),
    "odoo": ("http", "https"),
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
FAMILIES = {"any": None, "ipv4": 4, "ipv6": 6}
URL_SIGNS = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One address and the expectations its answer is judged by.

    Raises ValueError, in words that can be shown to a user, when it cannot be probed.

    :param key: given back in the result, never read here
    :param kind: ``http`` (also https), ``tcp`` (a connection is opened and closed), ``tls`` (the
        same, with the certificate), ``dns``, ``postgresql`` or ``odoo`` (what it tells everybody)
    :param url: ``http://…``, ``https://…``, ``tcp://host:port``, ``tls://host:port``,
        ``dns://server/name?type=A`` (without a server those of this machine are asked) or
        ``postgresql://user@host:port/database``
    :param expected_status: accepted HTTP statuses, such as ``200-299,301``
    :param body_contains: text that the decoded body must contain, compared as UTF-8
    :param timeout: seconds for everything: name look-up, connection, TLS, headers and body
    :param family: which addresses to connect to: ``any``, ``ipv4`` or ``ipv6``
    :param verify: whether the TLS certificate must be trusted and name the host
    :param certificate_days: certificates that expire sooner are called degraded
    :param degraded_ms: slower good answers are called degraded
    :param max_latency_ms: slower good answers are called down
    :param allow: tells of each address, just before it is connected to, whether it may be;
        see :class:`.address_policy.AddressPolicy`
    :param max_body: bytes of the decoded body after which reading stops
    :param max_excerpt: bytes of the decoded body that the result has
    :param request: what is sent of the kind ``http``
    :param expectation: what else is expected of the kind ``http``
    :param dns: what is expected of the kind ``dns``
    :param postgresql: what is asked and expected of the kind ``postgresql``
    :param odoo: what is expected of the kind ``odoo``
    """

    key: Hashable
    url: str
    kind: str = "http"
    expected_status: str = "200-399"
    body_contains: str = ""
    timeout: float = 10.0
    family: str = "any"
    verify: bool = True
    certificate_days: int = 0
    degraded_ms: int | None = None
    max_latency_ms: int | None = None
    allow: Callable[[str], bool] | None = None
    max_body: int = 64 * 1024
    max_excerpt: int = 4 * 1024
    request: HttpRequest = field(default_factory=HttpRequest)
    expectation: HttpExpectation = field(default_factory=HttpExpectation)
    dns: DnsExpectation = field(default_factory=DnsExpectation)
    postgresql: PostgresqlExpectation = field(default_factory=PostgresqlExpectation)
    odoo: OdooExpectation = field(default_factory=OdooExpectation)

    def __post_init__(self) -> None:
        if self.kind not in SCHEMES:
            raise ValueError(f"{self.kind!r} is not a kind of probe. Use {KINDS}.")
        if self.family not in FAMILIES:
            raise ValueError(f"{self.family!r} is no kind of addresses. Use any, ipv4 or ipv6.")
        if self.timeout <= 0:
            raise ValueError("The timeout must be longer than zero seconds.")
        parse_status_ranges(self.expected_status)
        self._check_url()
        self._check_family()

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
        if self.kind == "odoo":
            check_root(self.parts)

    def _check_family(self) -> None:
        host, _port = self.peer
        if is_address(host) and not self.usable_addresses([host]):
            wanted = "IPv4" if self.family == "ipv4" else "IPv6"
            raise ValueError(f"The address {host} is not an {wanted} address, as was asked for.")

    def usable_addresses(self, addresses: Iterable[str]) -> list[str]:
        """Those of the addresses that are of the family which was asked for."""
        version = FAMILIES[self.family]
        return [text for text in addresses if not version or ip_address(text).version == version]

    @cached_property
    def peer(self) -> tuple[str, int | None]:
        """Host and port of whom the probe connects to: the proxy if there is one."""
        if self.request.proxy:
            return self.request.proxy_parts.hostname, self.request.proxy_parts.port
        return self.host, self.port

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
