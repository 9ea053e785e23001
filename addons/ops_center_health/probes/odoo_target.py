"""What only targets of the kind ``odoo`` have."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult

# As Odoo calls its series: 17.0, and saas~18.3 between two of them.
VERSION = re.compile(r"(?:saas~)?\d{1,3}\.\d{1,2}")
# As Odoo wants the names of its databases.
DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
PULL_PERIOD = 300  # seconds


@dataclass(frozen=True, kw_only=True)
class OdooAccess:
    """As whom to ask an Odoo what it doesn't tell everybody.

    Raises ValueError, in words that can be shown to a user, when it makes no sense.

    :param key: an API key
    :param database: needed before 19, and where the server has several
    :param login: of the user whose key it is; needed before 19
    :param period: seconds from one time to the next
    """

    key: str = field(repr=False)
    database: str = ""
    login: str = ""
    period: int = PULL_PERIOD

    def __post_init__(self) -> None:
        check_key(self.key)
        check_database(self.database)


def check_key(key: str) -> None:
    """Raises ValueError, in words that can be shown to a user, unless it may be an API key."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("Blanks and signs that are no ASCII are in no API key: copy it again.")


def check_database(name: str) -> None:
    """Raises ValueError, in words that can be shown to a user, unless databases are named so."""
    if name and not DATABASE.fullmatch(name):
        raise ValueError(
            "The name of a database has letters, digits, dots, hyphens and underscores only."
        )


@dataclass(frozen=True, kw_only=True)
class OdooExpectation:
    """What is still good of an Odoo.

    Raises ValueError, in words that can be shown to a user, when it makes no sense.

    :param version: the series that must answer, such as ``19.0``; empty for any
    :param selector_closed: whether strangers must not be shown the names of the databases
    :param access: as whom to ask for its facts; None for not to
    """

    version: str = ""
    selector_closed: bool = True
    access: OdooAccess | None = None

    def __post_init__(self) -> None:
        if self.version and not VERSION.fullmatch(self.version):
            raise ValueError(f"{self.version!r} is no version of Odoo: enter one such as 19.0.")


def check_root(parts: SplitResult) -> None:
    """Raises ValueError, in words that can be shown to a user, unless it is where Odoo begins."""
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("The address of an Odoo ends with its host and port: drop what follows.")
