"""How an HTTP target is asked, beyond its URL."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE")
METHODS_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
REDIRECTS = ("none", "same_origin", "any")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
MASK = "***"


@dataclass(frozen=True)
class HttpRequest:
    """What a probe says to a web server, and on which way.

    Raises ValueError, in words that can be shown to a user, when it cannot be sent.

    :param method: one of `METHODS`
    :param headers: sent along, to every host that redirects lead to
    :param body: sent as UTF-8
    :param authorization: value of the header that carries credentials; libcurl does not send it on
        to another origin, and results do not repeat it
    :param redirects: ``none`` is followed; those to the same scheme, host and port
        (``same_origin``); or ``any``, though never from https back to http. Five at most
    :param proxy: ``http://host:port``, which then connects to the target; the address policy
        judges the proxy's address, since nobody else sees the target's
    :param authorities: PEM certificates, the only ones to trust; by default those of the system
    :param client_certificate: PEM, followed by those between it and its authority
    :param client_key: PEM, not encrypted
    """

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    authorization: str = field(default="", repr=False)
    redirects: str = "none"
    proxy: str = ""
    authorities: str = ""
    client_certificate: str = ""
    client_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} is not a method. Use {_any_of(METHODS)}.")
        if self.redirects not in REDIRECTS:
            raise ValueError(f"{self.redirects!r} is no way to follow redirects: use none, any…")
        if self.body and self.method not in METHODS_WITH_BODY:
            raise ValueError(
                f"A {self.method} request has no body: use {_any_of(METHODS_WITH_BODY)}."
            )
        sent = (*self.headers, *self.headers.values(), self.authorization)
        if any(sign in text for text in sent for sign in "\r\n\0"):
            raise ValueError("A header must not contain a line break.")
        if self.proxy:
            check_proxy(self.proxy)

    @cached_property
    def proxy_parts(self) -> SplitResult:
        """The address of the proxy, taken apart."""
        return urlsplit(self.proxy)

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        """The credentials, in each form in which an answer may repeat them."""
        scheme, _blank, credentials = self.authorization.partition(" ")
        forms = [credentials] if credentials else []
        if scheme == "Basic":
            login = base64.b64decode(credentials).decode()
            forms += [login, login.partition(":")[2]]
        return tuple(filter(None, forms))

    def without_secrets(self, text: str) -> str:
        """The text, with the credentials of this request masked."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def basic(user: str, password: str) -> str:
    """The header's value for a user and a password (RFC 7617, UTF-8)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def bearer(token: str) -> str:
    """The header's value for a token (RFC 6750)."""
    return f"Bearer {token}"


def parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Read headers, one a line, such as ``Accept: text/html``.

    Raises ValueError, in words that can be shown to a user, when they cannot be read.
    """
    return tuple(_parse_header(line) for line in text.splitlines() if line.strip())


def _parse_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not HEADER_NAME.fullmatch(name):
        raise ValueError(
            f"{line.strip()!r} is not a header. Write one a line, for instance Accept: text/html."
        )
    return name, value.strip()


def check_proxy(address: str) -> None:
    """Raises ValueError, in words that can be shown to a user, unless a proxy is named."""
    example = "Write it such as http://proxy.example.com:3128."
    try:
        parts = urlsplit(address)
        well_formed = parts.scheme == "http" and parts.hostname and parts.port
    except ValueError:
        well_formed = False
    if not well_formed or not address.isprintable() or " " in address:
        raise ValueError(f"The address of a proxy is http://, a name and a port. {example}")
    if parts.username is not None or parts.path not in {"", "/"}:
        raise ValueError(f"The address of a proxy holds nothing but its name and port. {example}")


def _any_of(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
