"""The one way in which the tools give up: a line that says what to do, never a traceback."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path

REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space (4 GB are enough) and try again",
    errno.EDQUOT: "your disk quota is used up: free some space (4 GB are enough) and try again",
    errno.EROFS: "the disk is read-only: clone the repository to a place you can write to",
    errno.EACCES: "you have no right to: make it yours (chown), or work in a clone of your own",
    errno.EPERM: "you have no right to: make it yours (chown), or work in a clone of your own",
}


class Failure(Exception):
    """Something that the person at the keyboard can put right; its text says how."""


def report(main: Callable[[], int | None]) -> None:
    """Run a tool's ``main`` and end the process with its exit code, or 1 and one line."""
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno not in REMEDIES:
            raise
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {where}{REMEDIES[error.errno]}.")


def last_line(log: Path, markers: tuple[str, ...] = ()) -> str:
    """Return the last line of ``log`` that says something, if possible one with a marker in it."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    lines = [line for line in lines if line]
    telling = [line for line in lines if any(marker in line for marker in markers)]
    return (telling or lines or ["it said nothing"])[-1]
