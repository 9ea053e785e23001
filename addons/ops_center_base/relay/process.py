"""Send one message by Apprise: a job as JSON comes in by standard input, the outcome goes out."""

import json
import logging
import mimetypes
import os
import re
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

MAX_MEMORY = 1 << 30  # bytes of address space; services may answer with anything
MIN_SECRET = 4  # characters; shorter parts of an address are no secrets but words of it
LEVELS = {"info": "info", "success": "success", "warning": "warning", "danger": "failure"}
# What name resolution and the clock read.
SYSTEM_FILES = {"/etc/hosts", "/etc/resolv.conf", "/etc/localtime", "/etc/timezone"}
# No service needs these. Source: https://docs.python.org/3/library/audit_events.html
FORBIDDEN = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
}


class Fence:
    """Keeps the library, as an audit hook, from all but the network and its own files."""

    def __init__(self, libraries: list[str], is_refused: Callable[[str], bool]):
        self.libraries = tuple(os.path.join(os.path.realpath(path), "") for path in libraries)
        self.is_refused = is_refused
        self.refusals: list[str] = []

    def __call__(self, event: str, arguments: tuple) -> None:
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            self._judge_address(*arguments[:2])
        elif event == "open":
            self._judge_file(*arguments)
        elif event in FORBIDDEN:
            self._refuse(event)

    def _judge_address(self, connection: socket.socket, address: tuple | None) -> None:
        if address is None:
            return
        if connection.family not in {socket.AF_INET, socket.AF_INET6}:
            self._refuse("a socket of this machine")
        try:
            refused = self.is_refused(address[0])
        except ValueError:
            # A name would be looked up after it was judged.
            refused = True
        if refused:
            self._refuse(address[0])

    def _judge_file(self, path: Any, mode: str | None, flags: int) -> None:
        if isinstance(path, int):
            return
        path = os.path.realpath(os.fsdecode(path))
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or set(mode or "") & set("wax+")
        if writes or not (path.startswith(self.libraries) or path in SYSTEM_FILES):
            self._refuse(path)

    def _refuse(self, what: str) -> None:
        self.refusals.append(what)
        raise PermissionError(what)


def main() -> None:
    """Do the job that standard input holds."""
    job = json.load(sys.stdin)
    # What can be imported can be read, so not all of Odoo's path.
    sys.path[:] = [job["library"], *sys.path, str(Path(__file__).parents[1])]
    sys.stdout.write(json.dumps(send(job)))


def send(job: dict) -> dict:
    """Return what became of a job, as the arguments of a `RelayError`; no reason is success."""
    # The job said where they are.
    import apprise  # noqa: PLC0415
    from transport import is_metadata_address, mask  # noqa: PLC0415

    lines: list[str] = []
    logger = logging.getLogger("apprise")
    logger.propagate = False
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(record.getMessage())
    logger.addHandler(handler)

    mimetypes.init()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    fence = Fence([*sys.path, sys.prefix, sys.base_prefix, "/usr/share"], is_metadata_address)
    sys.addaudithook(fence)
    asset = apprise.AppriseAsset(async_mode=False, pgp_autogen=False, pem_autogen=False)
    service = apprise.Apprise.instantiate(job["url"], asset=asset)
    if not service:
        return {"reason": "unknown"}
    messenger = apprise.Apprise(asset=asset)
    messenger.add(service)
    sent = messenger.notify(
        # A message without a body would not be sent.
        title=job["title"] if job["body"] else "",
        body=job["body"] or job["title"],
        notify_type=LEVELS[job["level"]],
        body_format=apprise.NotifyFormat.TEXT,
    )
    if sent:
        return {"reason": None}
    if fence.refusals:
        return {"reason": "refused", "detail": fence.refusals[-1]}
    return {"reason": "failed", "detail": mask(without_parts(job["url"], " ".join(lines[-1:])))}


def without_parts(url: str, text: str) -> str:
    """Return the text with each part of the address replaced, for each could be a password."""
    _scheme, _separator, rest = url.partition("://")
    parts = set(re.split(r"[/:@?&=#,;]+", f"{rest}/{unquote(rest)}"))
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= MIN_SECRET:
            text = text.replace(part, "***")
    return text


if __name__ == "__main__":
    main()
