"""Messages through the library Apprise, each in a process of its own. Free of Odoo.

The library looks after a hundred services, and lets none of them be told a deadline or which
addresses they may visit. A process can be ended, and restricted as a whole; and what the library
writes to its log, addresses with passwords included, ends with it.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

TIMEOUT = 20  # seconds for everything, the start of Python included
PROCESS = Path(__file__).with_name("process.py")
# Where the machine keeps its certificate authorities; nothing else of the environment is wanted.
KEPT_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class RelayError(Exception):
    """The message was not taken.

    :param reason: ``unknown`` (no such service), ``refused`` (where it must not go), ``timeout``
        or ``failed``
    :param detail: what the library says about it, without secrets
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    @property
    def final(self) -> bool:
        """Whether it will be the same later."""
        return self.reason in {"unknown", "refused"}


def send(url: str, *, title: str, body: str, level: str) -> None:
    """Send one message and return when the service took it, within `TIMEOUT`.

    :param url: Apprise's address of the service
    :param title: plain text
    :param body: plain text
    :param level: ``info``, ``success``, ``warning`` or ``danger``
    :raise RelayError: it was not taken, as far as can be known
    """
    library = Path(importlib.util.find_spec("apprise").origin).parents[1]
    job = {"url": url, "title": title, "body": body, "level": level, "library": str(library)}
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - nothing in it comes from others
            # Compiled modules that it stored would be taken for files that a service writes.
            [sys.executable, "-I", "-B", PROCESS],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LANG": "C.UTF-8", **kept},
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RelayError("timeout") from error.with_traceback(None)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise RelayError("failed", f"The process ended with code {done.returncode}.") from None
    if answer["reason"]:
        raise RelayError(**answer)
