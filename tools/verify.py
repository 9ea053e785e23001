"""`make verify`: the six steps by which a delivery is judged, as far as they exist."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import failure
import layout
import server


class NotYet(Exception):
    """The step does not exist so far; the text says what is missing."""


def main() -> int:
    """Go through the steps and print a line for each; return 1 if one failed."""
    steps = (
        ("build", _build),
        ("lint", lambda: _run(sys.executable, "tools/lint.py")),
        ("tests", lambda: _run(sys.executable, "tools/test.py")),
        ("security", _scan),
        ("local run", _local_run),
        ("CI", _workflow),
    )
    verdicts = []
    for number, (name, step) in enumerate(steps, start=1):
        print(f"== {number}. {name}", flush=True)
        started = time.monotonic()
        verdict = _verdict(step)
        seconds = time.monotonic() - started
        verdicts.append(f"{number}. {name:<10} {seconds:5.0f} s  {verdict}")
    print("", *verdicts, sep="\n")
    return int(any("FAIL" in verdict for verdict in verdicts))


def _verdict(step: Callable[[], None]) -> str:
    try:
        step()
    except NotYet as missing:
        return f"not yet: {missing}"
    except (failure.Failure, OSError) as error:
        return f"FAIL: {error}"
    return "pass"


def _run(*arguments: str) -> None:
    code = subprocess.run(arguments, cwd=layout.ROOT, check=False).returncode
    if code:
        raise failure.Failure(f"`{' '.join(arguments)}` ended with code {code}")


def _build() -> None:
    script = layout.ROOT / "tests" / "containers" / "run"
    if not script.exists():
        raise NotYet("there is no image to build")
    _run(str(script))


def _scan() -> None:
    raise NotYet("no scanner of images can be had from package registries")


def _local_run() -> None:
    """Start on a port of its own, ask both health pages, stop."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["HTTP_PORT"] = str(port)
    _run(sys.executable, "tools/server.py", "start")
    try:
        for page in ("/web/health", "/ops/ready"):
            status = json.loads(server.fetch(f"http://localhost:{port}{page}"))["status"]
            if status != "pass":
                raise failure.Failure(f"{page} says {status}")
    finally:
        _run(sys.executable, "tools/server.py", "stop")


def _workflow() -> None:
    raise NotYet("needs a push to GitHub; its workflow runs the scripts of steps 1 to 3")


if __name__ == "__main__":
    failure.report(main)
