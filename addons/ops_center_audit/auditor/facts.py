"""What the rules about a running Odoo look at. No field ever holds a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class UnknownOption:
    """An option of the configuration file that Odoo does not know."""

    name: str
    line: int
    meant: str = ""  # the known option that its author probably had in mind


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """One `ir.cron`. Times are UTC, naive; the interval is in seconds."""

    reference: str  # XML id, or "ir.cron,<id>"
    name: str
    active: bool
    interval: float
    last_call: datetime | None
    next_call: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at one Odoo. Times are UTC, naive; memory is in bytes, limits in seconds."""

    now: datetime
    config_name: str  # file name of the configuration, without its folder
    master_password: Literal["missing", "default", "set"]
    default_logins: tuple[str, ...]  # logins whose password is "admin"
    database_list: bool
    database_filter: str
    database_names: tuple[str, ...]  # fixed by configuration
    proxy_mode: bool
    base_url: str
    workers: int
    cron_threads: int
    time_limit: float
    memory_limit: float
    internal_users: int
    pdf_engine: bool
    backup_at: datetime | None
    unknown_options: tuple[UnknownOption, ...]
    scheduled_actions: tuple[ScheduledAction, ...]
    missing_addons: tuple[str, ...]
    release: str
    released_at: datetime | None
