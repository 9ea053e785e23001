"""What the sentinel must know and Odoo never tells it."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .section import ConfigurationError

PREFIX = "OPS_SENTINEL_"
OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Each from the variable ``OPS_SENTINEL_<NAME>`` or the file ``OPS_SENTINEL_<NAME>_FILE``.

    :param token: with which Odoo hands out the configuration
    """

    token: str = ""
    smtp_password: str = ""
    webhook_secret: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Secrets":
        """Read the secrets; raises ConfigurationError."""
        names = ("token", "smtp_password", "webhook_secret")
        return cls(**{name: _read(environment, f"{PREFIX}{name.upper()}") for name in names})


def _read(environment: Mapping[str, str], name: str) -> str:
    path = environment.get(f"{name}_FILE")
    if not path:
        return environment.get(name, "")
    try:
        mode = Path(path).stat().st_mode
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"{path}, named by {name}_FILE, can't be read: {error}."
        ) from error
    if mode & OF_OTHERS:
        raise ConfigurationError(
            f"{path}, named by {name}_FILE, can be read by others: run chmod 600 {path}."
        )
    return secret
