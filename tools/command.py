"""Running another program for a step of the set-up."""

import errno
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import failure
import layout


def run(
    arguments: Sequence[str | Path],
    purpose: str,
    remedy: str,
    *,
    environment: dict[str, str] | None = None,
    log_name: str | None = None,
    **options,
) -> None:
    """Run a command silently, its output kept in a log file.

    :param purpose: what it is for, as in "cannot <purpose>"
    :param remedy: what to do when it fails, a clause
    :param environment: variables to add to this process's own
    :param log_name: name of the log below ``.local/log``; by default the program's
    :raise failure.Failure: when it ends with another code than 0
    """
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    log = layout.LOGS / f"{log_name or Path(arguments[0]).name}.log"
    with log.open("w") as output:
        code = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            check=False,
            **options,
        ).returncode
    if code:
        if os.strerror(errno.ENOSPC) in log.read_text(errors="replace"):
            raise failure.Failure(f"cannot {purpose}: {failure.REMEDIES[errno.ENOSPC]}.")
        reason = failure.last_line(log, markers=("ERROR", "CRITICAL", "Error", "E: ", "error:"))
        raise failure.Failure(f"cannot {purpose} ({reason}): {remedy}. All it said: {log}")
