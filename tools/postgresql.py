"""PostgreSQL: the server that the environment names, or a private cluster of the checkout."""

import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import command
import failure
import layout
import system_packages
from service import Service

ROLE = "odoo"
OLDEST = 13
PORT = "5432"
# Where root's clusters live whose checkout is closed to other users.
STATE = Path("/var/lib/ops-center")
# Bytes that the kernel allows for the path of a socket (sockaddr_un), less its end mark.
LONGEST_SOCKET = 107
# Commits wait for no disk: a crash may lose the last half second, but never harms the data.
SETTINGS = ("listen_addresses=", "max_connections=200", "synchronous_commit=off")
# For data that may be lost: nothing waits for the disk at all.
DISPOSABLE = (*SETTINGS, "fsync=off", "full_page_writes=off")


def named_server() -> dict[str, str] | None:
    """Return the variables with which the environment names a server, or None without any."""
    names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    named = {name: os.environ[name] for name in names if os.environ.get(name)}
    return named if named.keys() - {"PGPASSWORD"} else None


class Cluster:
    """A private server: no TCP port, its socket in a folder that only its user may enter."""

    def __init__(self, name: str = "postgresql", settings: Sequence[str] = SETTINGS):
        """
        :param name: of the folder below ``.local``, of the log and of the pid file
        :param settings: the server's, as ``name=value``
        """
        self.service = Service(name)
        self._settings = settings
        # PostgreSQL refuses to run as root.
        self._user = None if os.geteuid() else _unprivileged_user()
        self._folder = self._place(layout.LOCAL / name)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which clients find the server."""
        return {"PGHOST": str(self._folder), "PGPORT": PORT, "PGUSER": ROLE}

    def start(self) -> None:
        """Create the cluster if needed, start it and wait until it answers.

        :raise failure.Failure: when it does not
        """
        data = self._folder / "data"
        binaries = _binaries(data)
        if not data.exists():
            self._create(data, binaries)
        settings = [*self._settings, f'unix_socket_directories="{self._folder}"', f"port={PORT}"]
        options = [part for setting in settings for part in ("-c", setting)]
        self.service.start([binaries / "postgres", "-D", data, *options], {}, **self._as_user())
        answering = [binaries / "pg_isready", "--quiet", "--dbname=postgres"]
        deadline = time.monotonic() + 60
        while subprocess.run(
            answering, env={**os.environ, **self.variables}, check=False
        ).returncode:
            if self.service.died() or time.monotonic() > deadline:
                self.stop()
                reason = failure.last_line(self.service.log, ("FATAL", "PANIC", "ERROR"))
                raise failure.Failure(
                    f"PostgreSQL does not start ({reason}): see {self.service.log}; "
                    "`make clean` starts afresh, without the data."
                )
            time.sleep(0.1)

    def stop(self) -> bool:
        """Stop the server, its clients' transactions rolled back; tell whether it ran."""
        return self.service.stop(request=signal.SIGINT)

    def _place(self, folder: Path) -> Path:
        """Return where the data live: ``folder``, or what stands in for it.

        Below a home folder that is closed to others, as root's is, an unprivileged server could
        not reach its data; they lie in a folder of the system then, linked from ``folder``.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        if len(f"{folder}/.s.PGSQL.{PORT}") <= LONGEST_SOCKET and (
            self._user is None or _open_to_all(folder.parent)
        ):
            return folder
        if self._user is None:
            raise failure.Failure(
                f"the path {folder} is too long for a socket: clone the repository to a shorter "
                "one."
            )
        checkout = hashlib.sha256(bytes(layout.ROOT)).hexdigest()[:8]
        place = STATE / checkout / folder.name
        for parent in (STATE, place.parent):
            parent.mkdir(exist_ok=True)
            parent.chmod(0o755)
        if not folder.is_symlink():
            folder.symlink_to(place)
        return place

    def _create(self, data: Path, binaries: Path) -> None:
        print(f"Creating a PostgreSQL cluster in {self._folder}", flush=True)
        self._folder.mkdir(exist_ok=True)
        self._folder.chmod(0o700)
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        partial = data.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        command.run(
            [binaries / "initdb", "-D", partial, "-U", ROLE, "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            "create a PostgreSQL cluster",
            "free some space and try again",
            cwd="/",
            **self._as_user(),
        )  # fmt: skip
        partial.rename(data)

    def _as_user(self) -> dict:
        """Return the options with which ``subprocess`` runs something as the server's user."""
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        system_packages.install("postgresql", "keep the data")
        return pwd.getpwnam("postgres")


def _open_to_all(folder: Path) -> bool:
    """Tell whether any user may pass through ``folder`` and the folders above it."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _binaries(data: Path) -> Path:
    """Return the folder with the server's programs, of the version that made ``data``."""
    version_file = data / "PG_VERSION"
    made_by = int(version_file.read_text()) if version_file.exists() else None
    installed = _installed()
    if not installed and made_by is None:
        system_packages.install("postgresql", "keep the data")
        installed = _installed()
    if made_by is None and installed and max(installed) >= OLDEST:
        return installed[max(installed)]
    if made_by in installed:
        return installed[made_by]
    wanted = f"PostgreSQL {made_by}, which made {data}," if made_by else "PostgreSQL 13 or later"
    raise failure.Failure(
        f"{wanted} is not installed: install it, or name a server by PGHOST, PGPORT and PGUSER."
    )


def _installed() -> dict[int, Path]:
    """Return the folders with a server's programs by major version."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    versions = {}
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            answer = subprocess.run(
                [folder / "postgres", "--version"], capture_output=True, text=True, check=True
            ).stdout
            versions[int(re.search(r"\d+", answer)[0])] = folder
    return versions
