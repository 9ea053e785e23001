"""What Odoo exports for the sentinel: whom to watch, and whom to page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..address_policy import AddressPolicy
from ..target import Target

FORMAT = 1
ENCRYPTIONS = ("none", "starttls", "ssl")
MAX_PORT = 65_535


class ConfigurationError(ValueError):
    """The configuration can't be used; the message says in one line what to mend."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How fast the sentinel is.

    The defaults page within two minutes, and within three over a module that is not finished.

    :param interval: seconds from one look to the next
    :param timeout: seconds that one answer may take
    :param failures: bad looks in a row until somebody is paged
    :param reminder: seconds after which somebody is paged again while it lasts
    """

    interval: float = 20.0
    timeout: float = 10.0
    failures: int = 3
    reminder: float = 3600.0


@dataclass(frozen=True, kw_only=True)
class Email:
    """The mail server, without its password, and who is written to."""

    host: str
    port: int
    encryption: str
    user: str
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One address that takes pages.

    :param signed: whether the receiver expects a signature
    """

    url: str
    signed: bool


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One exported configuration, complete and valid.

    :param name: of the Odoo that is watched, for people
    :param odoo_url: where it answers
    :param database: which of its databases is meant
    :param heartbeat: path that the sentinel calls as long as it is well; empty if none
    :param postgresql: ``tcp://host:port`` of the database server; empty if it has no address
    :param checks: what others want watched, each target with the check's name as its key
    """

    name: str
    odoo_url: str
    database: str
    heartbeat: str
    postgresql: str
    checks: tuple[Target, ...]
    email: Email | None
    webhooks: tuple[Webhook, ...]
    timing: Timing = field(default_factory=Timing)


def parse(text: str) -> Configuration:
    """Return the configuration; raises ConfigurationError."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"The configuration is not JSON: {error}.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ConfigurationError(
            f'The configuration is not of format {FORMAT}: "format" must be {FORMAT}. Update the'
            " sentinel and Ops Center to the same release."
        )
    top = _Section(content)
    odoo = top.section("odoo", required=True)
    email = top.section("email")
    return Configuration(
        name=top.text("name"),
        odoo_url=odoo.url("url").rstrip("/"),
        database=odoo.text("database", ""),
        heartbeat=top.text("heartbeat", ""),
        postgresql=_postgresql(top.section("postgresql")),
        checks=tuple(_target(check) for check in top.sections("checks")),
        email=_email(email) if email else None,
        webhooks=tuple(
            Webhook(url=hook.url("url"), signed=hook.flag("signed", False))
            for hook in top.sections("webhooks")
        ),
        timing=_timing(top.section("timing")),
    )


class _Section:
    """One object of the configuration, which knows its own place for the messages."""

    def __init__(self, content: Any, path: str = "") -> None:
        if not isinstance(content, dict):
            raise ConfigurationError(f'"{path}" of the configuration must be an object.')
        self._content = content
        self._path = path

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _value(self, name: str, kinds: tuple[type, ...], default: Any, word: str) -> Any:
        value = self._content.get(name, default)
        right = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if (value is not default and not right) or value is None:
            raise ConfigurationError(f'"{self._place(name)}" of the configuration must be {word}.')
        return value

    def text(self, name: str, default: str | None = None) -> str:
        return self._value(name, (str,), default, "a text")

    def flag(self, name: str, default: bool) -> bool:
        return self._value(name, (bool,), default, "true or false")

    def number(self, name: str, default: float | None, lowest: float, highest: float) -> float:
        word = f"a number from {lowest:g} to {highest:g}"
        value = self._value(name, (int, float), default, word)
        if not lowest <= value <= highest:
            raise ConfigurationError(f'"{self._place(name)}" of the configuration must be {word}.')
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise ConfigurationError(
                f'"{self._place(name)}" of the configuration must be one of {", ".join(choices)}.'
            )
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._value(name, (list,), [], "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise ConfigurationError(
                f'"{self._place(name)}" of the configuration must be a list of texts.'
            )
        return tuple(values)

    def url(self, name: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise ConfigurationError(
                f'"{self._place(name)}" of the configuration must be an address that begins with'
                " http:// or https://."
            )
        return value

    def section(self, name: str, required: bool = False) -> "_Section | None":
        value = self._content.get(name)
        if value is None and not required:
            return None
        return _Section(value, self._place(name))

    def sections(self, name: str) -> Iterator["_Section"]:
        values = self._value(name, (list,), [], "a list")
        for number, value in enumerate(values):
            yield _Section(value, f"{self._place(name)}[{number}]")

    def target(self, **values: Any) -> Target:
        try:
            return Target(**values)
        except ValueError as error:
            raise ConfigurationError(
                f'"{self._path}" of the configuration can\'t be probed. {error}'
            ) from error

    def policy(self, name: str) -> AddressPolicy:
        try:
            return AddressPolicy(self.texts(name))
        except ValueError as error:
            raise ConfigurationError(
                f'"{self._place(name)}" of the configuration must be a list of networks: {error}.'
            ) from error

    def optional(self, readers: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that are there, so that others keep their defaults."""
        return {name: read(name) for name, read in readers.items() if name in self._content}


def _target(check: _Section) -> Target:
    return check.target(
        key=check.text("name"),
        url=check.text("url"),
        kind=check.text("kind"),
        allow=check.policy("networks"),
        **check.optional(
            {
                "expected_status": check.text,
                "body_contains": check.text,
                "timeout": lambda name: check.number(name, None, 0.001, 60),
                "verify": lambda name: check.flag(name, True),
            }
        ),
    )


def _postgresql(server: _Section | None) -> str:
    if not server:
        return ""
    host = server.text("host")
    port = round(server.number("port", 5432, 1, MAX_PORT))
    url = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
    return server.target(key="postgresql", kind="tcp", url=url).url


def _email(email: _Section) -> Email:
    return Email(
        host=email.text("host"),
        port=round(email.number("port", 25, 1, MAX_PORT)),
        encryption=email.choice("encryption", ENCRYPTIONS),
        user=email.text("user", ""),
        sender=email.text("sender"),
        recipients=email.texts("recipients"),
    )


def _timing(timing: _Section | None) -> Timing:
    if not timing:
        return Timing()
    return Timing(
        interval=timing.number("interval", Timing.interval, 0.1, 60),
        timeout=timing.number("timeout", Timing.timeout, 0.1, 20),
        failures=round(timing.number("failures", Timing.failures, 1, 10)),
        reminder=timing.number("reminder", Timing.reminder, 1, 604_800),
    )
