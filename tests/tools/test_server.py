"""`make start` and `make stop` for real: the login page answers, and no part dies unnoticed."""

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import odoo.release

from tests.harness import databases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installation(checkout):
    """A checkout that is set up but for its database, on the server of the test run."""
    programs = Path(sys.prefix)
    if not (programs / "installed.json").exists():
        pytest.skip("not run by `make test`: the set-up would install all packages again")
    for name in ("addons", "config", "requirements.txt", "requirements-odoo.txt"):
        (checkout.folder / name).symlink_to(ROOT / name)
    checkout.local.mkdir()
    (checkout.local / programs.name).symlink_to(programs)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    home = Path(odoo.release.__file__).parents[1]
    with databases.clone(databases.template_name(), checkout.local / "data") as database:

        def run(action):
            return checkout.run(
                "server.py",
                action,
                **server,
                ODOO_HOME=str(home),
                DB_NAME=database,
                HTTP_PORT=str(port),
            )

        run.address = f"http://127.0.0.1:{port}"
        run.local = checkout.local
        yield run
        run("stop")


def pid(installation, service):
    return int((installation.local / "run" / f"{service}.pid").read_text())


def answer(address):
    with urllib.request.urlopen(address, timeout=30) as page:  # noqa: S310 - an address of ours
        return page.read().decode()


def wait_for_end(process_id):
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process_id}").exists():
        assert time.monotonic() < deadline, f"process {process_id} does not end"
        time.sleep(0.1)


def test_start_watch_and_stop(installation, one_line):
    started = installation("start")
    assert started.returncode == 0, started.stdout + started.stderr
    assert "admin" in started.stdout
    assert 'name="login"' in answer(f"{installation.address}/web/login")
    assert json.loads(answer(f"{installation.address}/ops/ready"))["status"] == "pass"
    one_line(installation("start"), "runs already", "make stop")

    supervisor, server = pid(installation, "supervisor"), pid(installation, "odoo")
    os.kill(pid(installation, "worker"), signal.SIGKILL)
    wait_for_end(supervisor)
    assert not Path(f"/proc/{server}").exists()
    said = (installation.local / "log" / "supervisor.log").read_text().splitlines()
    assert said[-1].startswith("error: worker ended by itself (killed by SIGKILL)")

    again = installation("start")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "database" not in again.stdout, "nothing has changed, so nothing is to update"
    # What a killed supervisor leaves behind is found and ended all the same.
    os.kill(pid(installation, "supervisor"), signal.SIGKILL)
    assert 'name="login"' in answer(f"{installation.address}/web/login")
    assert "is stopped" in installation("stop").stdout
    with pytest.raises(urllib.error.URLError):
        answer(installation.address)
    assert "does not run" in installation("stop").stdout
