"""What only targets of the kind ``odoo`` have."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult

# As Odoo calls its series: 17.0, and saas~18.3 between two of them.
VERSION = re.compile(r"(?:saas~)?\d{1,3}\.\d{1,2}")


@dataclass(frozen=True, kw_only=True)
class OdooExpectation:
    """What is still good of an Odoo.

    Raises ValueError, in words that can be shown to a user, when it makes no sense.

    :param version: the series that must answer, such as ``19.0``; empty for any
    :param selector_closed: whether strangers must not be shown the names of the databases
    """

    version: str = ""
    selector_closed: bool = True

    def __post_init__(self) -> None:
        if self.version and not VERSION.fullmatch(self.version):
            raise ValueError(f"{self.version!r} is no version of Odoo: enter one such as 19.0.")


def check_root(parts: SplitResult) -> None:
    """Raises ValueError, in words that can be shown to a user, unless it is where Odoo begins."""
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("The address of an Odoo ends with its host and port: drop what follows.")
