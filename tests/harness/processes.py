"""Real Odoo processes for tests: a server or a worker, with its log judged at the end."""

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
ERROR_LINE = re.compile(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) \S+ (.*)$")


def free_port():
    """Return a TCP port of the loopback interface that nobody listens on."""
    [port] = free_ports(1)
    return port


def free_ports(number):
    """Return as many such ports, no two the same."""
    with ExitStack() as taken:
        probes = [taken.enter_context(socket.socket()) for _number in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def wait_until(condition, timeout, message, pause=0.1):
    """Call ``condition`` until it returns something true; return that.

    :param timeout: seconds
    :param message: what was waited for, for the failure
    :raises AssertionError: when the time is over
    """
    end = time.monotonic() + timeout
    while True:
        outcome = condition()
        if outcome:
            return outcome
        if time.monotonic() > end:
            raise AssertionError(f"{message} did not happen within {timeout} seconds")
        time.sleep(pause)


class OdooProcess:
    """One Odoo command, started as a process of its own and ended by its id.

    :param arguments: of ``odoo-bin``, without the configuration
    :param configuration: path of the configuration file
    :param log: path of the file that takes its output
    :param environment: variables on top of this process's
    """

    def __init__(self, arguments, configuration, log, environment=None):
        self.log = Path(log)
        self._expected = []
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, REPOSITORY / "tools" / "odoo-bin", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=REPOSITORY,
                env={**os.environ, "ODOO_RC": str(configuration), **(environment or {})},
            )

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def terminate(self, timeout=30):
        """Ask the process to end and return its exit code; kill it after ``timeout`` seconds."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """End the process as a power cut would."""
        self.signal(signal.SIGKILL)
        return self.process.wait()

    def expect_errors(self, *patterns):
        """Declare ERROR lines (regular expressions) that the test causes on purpose."""
        self._expected += patterns

    @property
    def expected_errors(self):
        return self._expected

    def errors(self):
        """Return the ERROR lines of the log so far, up to the end that was asked for.

        A server that is ended closes the connections of scheduled actions under way.
        """
        text = self.log.read_text(encoding="utf-8", errors="replace")
        lines = text.partition("Initiating shutdown")[0].splitlines()
        return [match[1] for match in map(ERROR_LINE.match, lines) if match]

    def tail(self, count=40):
        """Return the last lines of the log, for a failure's message."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])


class OdooServer(OdooProcess):
    """An Odoo server on a free loopback port, with a small JSON-RPC client."""

    def __init__(self, database, configuration, log, environment=None, arguments=()):
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._call_ids = itertools.count(1)
        super().__init__(
            [
                *("--database", database, "--db-filter", f"^{database}$"),
                *("--http-port", str(self.port), "--http-interface", "127.0.0.1"),
                *arguments,
            ],
            configuration,
            log,
            environment,
        )

    def wait_until_serving(self, timeout=180):
        """Return when the login page answers.

        Who asks earlier has the page load the database beside the server's own loading of it.
        """

        def serving():
            assert self.running(), f"the server ended early:\n{self.tail()}"
            loaded = "Registry loaded in" in self.log.read_text(encoding="utf-8", errors="replace")
            return loaded and requests.get(f"{self.url}/web/login", timeout=60).ok

        wait_until(serving, timeout, "the login page")
        return self

    def session(self, login="admin", password="admin", timeout=60):  # noqa: S107 - a test database's
        """Return a ``call(model, method, *args, **kwargs)`` that acts as ``login``.

        :param timeout: seconds that a call may take
        """
        browser = requests.Session()

        def post(path, params):
            answer = browser.post(
                self.url + path,
                json={
                    "jsonrpc": "2.0",
                    "method": "call",
                    "id": next(self._call_ids),
                    "params": params,
                },
                timeout=timeout,
            ).json()
            if "error" in answer:
                raise RemoteError(
                    answer["error"]["data"]["name"], answer["error"]["data"]["message"]
                )
            return answer.get("result")

        post(
            "/web/session/authenticate",
            {"db": self.database, "login": login, "password": password},
        )

        def call(model, method, *args, **kwargs):
            return post(
                f"/web/dataset/call_kw/{model}/{method}",
                {"model": model, "method": method, "args": args, "kwargs": kwargs},
            )

        return call


class RemoteError(Exception):
    """What Odoo answered to a call that failed: the exception's name, then its message."""


class OpsWorker(OdooProcess):
    """The worker process of Ops Center on one database."""

    def __init__(self, database, configuration, log, environment=None, arguments=()):
        super().__init__(
            ["ops_worker", "--database", database, *arguments], configuration, log, environment
        )
