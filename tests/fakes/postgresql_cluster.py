"""A PostgreSQL of its own on loopback, with passwords and a replica."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2

PASSWORD = "secret of the tests"


def _binary(name):
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


class PostgresqlServer:
    """One server; `PostgresqlServer.primary` and `replica` make them."""

    def __init__(self, folder):
        self.folder = folder
        # PostgreSQL refuses to run as root.
        account = None if os.geteuid() else pwd.getpwnam("postgres")
        self._as_user = account and {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
        }
        self.port = _free_port()

    @classmethod
    @contextlib.contextmanager
    def primary(cls):
        """A fresh server whose user ``postgres`` has the password `PASSWORD`."""
        with tempfile.TemporaryDirectory(dir="/tmp", prefix="ops_pg_") as folder:
            server = cls(Path(folder, "data"))
            server._own(Path(folder))
            password = Path(folder, "password")
            password.write_text(PASSWORD)
            server._own(password)
            server._run(
                "initdb", "-D", server.folder, "-U", "postgres", "--auth=scram-sha-256",
                f"--pwfile={password}", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8",
            )  # fmt: skip
            with server._running():
                yield server

    @contextlib.contextmanager
    def replica(self):
        """A standby of this server."""
        other = type(self)(self.folder.with_name("replica"))
        self._run(
            "pg_basebackup", "-D", other.folder, "-R", "--checkpoint=fast", "--no-sync",
            "-d", self.dsn(),
        )  # fmt: skip
        with other._running():
            yield other
        shutil.rmtree(other.folder)

    def url(self, user="postgres", database="postgres", options=""):
        """The address to probe."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}{options}"

    def dsn(self):
        """How the tests log in."""
        return (
            f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres password='{PASSWORD}'"
        )

    def execute(self, *statements):
        """Run statements, each in a transaction of its own; return the rows of the last."""
        with contextlib.closing(psycopg2.connect(self.dsn())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def _running(self):
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 20,
            "wal_receiver_status_interval": "1s",
        }
        options = [part for item in settings.items() for part in ("-c", "{}={}".format(*item))]
        process = subprocess.Popen(
            [_binary("postgres"), "-D", self.folder, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **(self._as_user or {}),
        )
        try:
            self._wait_until_ready(process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait_until_ready(self, process):
        ends_at = time.monotonic() + 60
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg2.OperationalError:
                if process.poll() is not None or time.monotonic() > ends_at:
                    raise
                time.sleep(0.1)

    def _run(self, name, *arguments):
        subprocess.run(
            [_binary(name), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **(self._as_user or {}),
        )

    def _own(self, path):
        if self._as_user:
            os.chown(path, self._as_user["user"], self._as_user["group"])


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
