"""Start the sentinel from a shell."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .configuration import parse
from .secrets import PREFIX, Secrets
from .section import ConfigurationError
from .watch import Sentinel

ODOO_URL = f"{PREFIX}ODOO_URL"


def main(arguments: Sequence[str]) -> int:
    """Watch until SIGTERM or Ctrl-C. Returns 0, or 2 if the sentinel can't begin."""
    parser = argparse.ArgumentParser(
        prog="probes sentinel",
        description="Watch Odoo from outside, and page by itself when Odoo can't.",
        epilog=f"{ODOO_URL} is where Odoo answers. {PREFIX}TOKEN, {PREFIX}SMTP_PASSWORD and "
        f"{PREFIX}WEBHOOK_SECRET, or the files that they name with _FILE appended, hold secrets.",
    )
    parser.add_argument(
        "configuration",
        metavar="CONFIG",
        type=Path,
        help="the file that the configuration is kept in; Odoo is asked for it",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stopping.set())
    try:
        secrets = Secrets.from_environment(os.environ)
        odoo_url = os.environ.get(ODOO_URL, "")
        _check_beginning(options.configuration, secrets, odoo_url)
        sentinel = Sentinel(options.configuration, secrets, odoo_url)
    except ConfigurationError as error:
        parser.error(str(error))
    sentinel.run(stopping)
    return 0


def _check_beginning(path: Path, secrets: Secrets, odoo_url: str) -> None:
    """Make sure that there is something to begin with; raises ConfigurationError."""
    if not os.access(path.parent, os.W_OK):
        raise ConfigurationError(
            f"{path.parent} must be a folder that the sentinel may write to: its state is kept"
            " there."
        )
    try:
        parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not (secrets.token and odoo_url):
            raise ConfigurationError(
                f"{path} does not exist yet: set {ODOO_URL} and {PREFIX}TOKEN, so that Odoo can be"
                " asked for it."
            ) from error
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}.") from error
