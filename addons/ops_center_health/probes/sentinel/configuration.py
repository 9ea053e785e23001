"""What Odoo exports for the sentinel: whom to watch, and whom to page."""

import json
from dataclasses import dataclass, field

from ..target import Target
from . import checks
from .section import ConfigurationError, Section

FORMAT = 2
ENCRYPTIONS = ("none", "starttls", "ssl")
MAX_PORT = 65_535


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
    top = Section(content)
    odoo = top.section("odoo", required=True)
    email = top.section("email")
    return Configuration(
        name=top.text("name"),
        odoo_url=odoo.url("url").rstrip("/"),
        database=odoo.text("database", ""),
        heartbeat=top.text("heartbeat", ""),
        postgresql=_postgresql(top.section("postgresql")),
        checks=checks.read(top),
        email=_email(email) if email else None,
        webhooks=tuple(
            Webhook(url=hook.url("url"), signed=hook.flag("signed", False))
            for hook in top.sections("webhooks")
        ),
        timing=_timing(top.section("timing")),
    )


def _postgresql(server: Section | None) -> str:
    if not server:
        return ""
    host = server.text("host")
    port = round(server.number("port", 5432, 1, MAX_PORT))
    url = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
    return server.build(Target, key="postgresql", kind="tcp", url=url).url


def _email(email: Section) -> Email:
    return Email(
        host=email.text("host"),
        port=round(email.number("port", 25, 1, MAX_PORT)),
        encryption=email.choice("encryption", ENCRYPTIONS),
        user=email.text("user", ""),
        sender=email.text("sender"),
        recipients=email.texts("recipients"),
    )


def _timing(timing: Section | None) -> Timing:
    if not timing:
        return Timing()
    return Timing(
        interval=timing.number("interval", Timing.interval, 0.1, 60),
        timeout=timing.number("timeout", Timing.timeout, 0.1, 20),
        failures=round(timing.number("failures", Timing.failures, 1, 10)),
        reminder=timing.number("reminder", Timing.reminder, 1, 604_800),
    )
