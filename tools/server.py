"""Run Ops Center on this machine: PostgreSQL, Odoo and the worker.

``server.py run`` runs them in the foreground until Ctrl-C, ``server.py start`` in the background
until ``server.py stop``.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import database
import environment
import failure
import layout
import postgresql
from service import Service

# The one process that starts the others, watches them and stops them, in the order below.
SUPERVISOR = "supervisor"
SERVICES = ("worker", "odoo", "postgresql")
READY = layout.RUN / "ready"
# Seconds that Odoo may take from its start to its login page.
PATIENCE = 180
# Seconds that the worker may take to begin.
WORKER_PATIENCE = 30


class _Stopped(Exception):
    """Somebody asked for the end: Ctrl-C, `make stop` or a closed terminal."""


def run() -> None:
    """Set everything up, run it until told to stop, or until a part of it dies."""
    port, name = environment.http_port(), environment.database_name()
    supervisor = Service(SUPERVISOR)
    if not supervisor.claim():
        raise _runs_already(supervisor)
    READY.unlink(missing_ok=True)
    _stop_services()
    _require_free(port)
    # What was started first is stopped last, whatever happens.
    with ending_on_signals(), contextlib.ExitStack() as running:
        setup = environment.ensure()
        variables = setup.variables(name, port)
        services = _start_database_server(variables, running)
        database.prepare(setup, variables)
        address = f"http://localhost:{port}"
        # The worker looks at the login page from its first second, so that has to be there.
        for service_name, arguments in (("odoo", []), ("worker", ["ops_worker"])):
            service = Service(service_name)
            running.callback(service.stop)
            service.start([setup.python, layout.ODOO_BIN, *arguments], variables)
            services.append(service)
            _wait_for_login_page(address, services)
        # The worker begins. Whatever else keeps Odoo from being ready, the console itself tells.
        _answers(f"{address}/ops/ready", services, WORKER_PATIENCE)
        print(
            f"\nOps Center runs on {address}\n"
            "Log in as admin with the password admin, until you change it.",
            flush=True,
        )
        READY.write_text(address)
        running.callback(READY.unlink, missing_ok=True)
        while True:
            _require_alive(services)
            time.sleep(0.5)


def start() -> None:
    """Do as ``run`` in the background, and return when the login page answers."""
    supervisor = Service(SUPERVISOR)
    if supervisor.pid() is not None:
        raise _runs_already(supervisor)
    READY.unlink(missing_ok=True)
    supervisor.log.parent.mkdir(parents=True, exist_ok=True)
    with supervisor.log.open("w") as output, supervisor.log.open() as said:
        background = subprocess.Popen(
            [sys.executable, __file__, "run"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not READY.exists() and background.poll() is None:
                print(said.read(), end="", flush=True)
                time.sleep(0.2)
        except KeyboardInterrupt:
            background.terminate()
            background.wait()
            raise
        print(said.read(), end="", flush=True)
    if background.poll() is not None:
        raise failure.Failure("Ops Center did not start, for the reason above.")
    print("It runs in the background: `make stop` ends it.")


def stop() -> None:
    """End what ``run`` or ``start`` started, and what a killed one left behind."""
    found = Service(SUPERVISOR).stop(patience=90)
    left = sorted(file.stem for file in layout.RUN.glob("*.pid"))
    if _stop_services(*left) or found:
        print("Ops Center is stopped.")
    else:
        print("Ops Center does not run.")


def fetch(address: str) -> bytes:
    """Return what a page of ours answers, past any proxy that the environment names.

    :raise OSError: when it answers with an error, or not at all
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(address, timeout=30) as answer:
        return answer.read()


def _runs_already(supervisor: Service) -> failure.Failure:
    return failure.Failure(
        f"Ops Center runs already (process {supervisor.pid()}): `make stop` ends it."
    )


def _start_database_server(
    variables: dict[str, str], running: contextlib.ExitStack
) -> list[Service]:
    """Add the variables of the database server; start ours where none is named."""
    if (named := postgresql.named_server()) is not None:
        variables.update(named)
        return []
    cluster = postgresql.Cluster()
    running.callback(cluster.stop)
    cluster.start()
    variables.update(cluster.variables)
    return [cluster.service]


def _stop_services(*more: str) -> bool:
    """End what outlived its supervisor, and then ``more``; tell whether there was anything."""
    found = False
    for name in (*SERVICES, *more):
        # PostgreSQL would wait for its clients at SIGTERM.
        request = signal.SIGINT if name.startswith("postgresql") else signal.SIGTERM
        found |= Service(name).stop(request=request)
    return found


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise failure.Failure(
                f"you have no right to port {port}: name one above 1023, as in "
                f"`make run HTTP_PORT={environment.PORT}`."
            ) from None
        except OSError:
            raise failure.Failure(
                f"port {port} is in use: end what uses it, or choose another, as in "
                f"`make run HTTP_PORT={port + 1}`."
            ) from None


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """Turn the first request to end into the end of the block, and ignore further ones."""
    requests = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(_number, _frame):
        for request in requests:
            signal.signal(request, signal.SIG_IGN)
        print("\nStopping", flush=True)
        raise _Stopped

    for request in requests:
        signal.signal(request, end)
    with contextlib.suppress(_Stopped):
        yield


def _wait_for_login_page(address: str, services: list[Service]) -> None:
    if not _answers(f"{address}/web/login", services, PATIENCE):
        raise failure.Failure(
            f"Odoo shows no login page within {PATIENCE} seconds: see {Service('odoo').log}."
        )


def _answers(url: str, services: list[Service], patience: float) -> bool:
    """Tell whether ``url`` answers well within ``patience`` seconds, while the services live."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        _require_alive(services)
        try:
            fetch(url)
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False


def _require_alive(services: list[Service]) -> None:
    for service in services:
        if service.died():
            if (code := service.process.returncode) < 0:
                reason = f"killed by {signal.Signals(-code).name}"
            else:
                reason = failure.last_line(service.log, ("CRITICAL", "ERROR", "Error"))
            raise failure.Failure(f"{service.name} ended by itself ({reason}): see {service.log}.")


if __name__ == "__main__":
    failure.report({"run": run, "start": start, "stop": stop}[sys.argv[1]])
