"""What Odoo, the worker and the tests run in: Odoo's source, Python packages, variables."""

import base64
import os
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import failure
import layout
import odoo_source
import python_environment

DATABASE = "ops_center"
PORT = 8069
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Environment:
    """A complete set-up; ``python`` is the interpreter that has everything."""

    odoo: odoo_source.Odoo
    python: Path

    def variables(self, database: str, http_port: int) -> dict[str, str]:
        """Return the environment variables for Odoo's processes.

        The server and every command, ours included, read them: command lines need no options.
        """
        path = [str(self.odoo.home), os.environ.get("PYTHONPATH")]
        variables = {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "PYTHONUNBUFFERED": "1",
            "ODOO_RC": str(layout.ODOO_CONFIGURATION),
            "ODOO_ADDONS_PATH": ",".join(map(str, [*self.odoo.addons, layout.ADDONS])),
            "ODOO_DATA_DIR": str(layout.LOCAL / "data"),
            "ODOO_HTTP_INTERFACE": "127.0.0.1",
            "ODOO_HTTP_PORT": str(http_port),
            "ODOO_DBFILTER": f"^{re.escape(database)}$",
            "PGDATABASE": database,
            "OPS_CENTER_KEY_FILE": str(_encryption_key()),
        }
        if release := _release():
            variables["OPS_CENTER_RELEASE"] = release
        return variables


def ensure(*more_lock_files: Path) -> Environment:
    """Return the set-up after completing what is missing; a second time it takes no time.

    :param more_lock_files: of Python packages needed beside Odoo's and our addons'
    :raise failure.Failure: when something cannot be had
    """
    odoo = odoo_source.find()
    lock_files = [layout.ROOT / "requirements.txt", *more_lock_files]
    if not odoo.installed:
        lock_files.insert(0, layout.ROOT / "requirements-odoo.txt")
    folder = python_environment.ensure("venv", lock_files, with_system_packages=odoo.installed)
    # Where Python writes no bytecode, each start would compile Odoo anew: a third of its time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(layout.LOCAL / "bytecode")
    return Environment(odoo, folder / "python")


def database_name() -> str:
    """Return the name of the database to serve: DB_NAME, or the default."""
    name = os.environ.get("DB_NAME") or DATABASE
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
        raise failure.Failure(
            f"DB_NAME={name} is no name for a database: start with a letter or digit and go on "
            "with those, '_', '.' and '-', 63 at most."
        )
    return name


def http_port() -> int:
    """Return the port to serve: HTTP_PORT, or the default."""
    text = os.environ.get("HTTP_PORT") or str(PORT)
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise failure.Failure(
            f"HTTP_PORT={text} is no port: name a number from 1 to {HIGHEST_PORT}."
        )
    return int(text)


def _encryption_key() -> Path:
    """Return the file with the key that secrets are encrypted with, made at its first use."""
    file = layout.LOCAL / "key"
    if not file.exists():
        partial = file.with_suffix(".partial")
        # Fernet's format: 32 random bytes in URL-safe base64.
        key = base64.urlsafe_b64encode(secrets.token_bytes(32))
        partial.touch(mode=0o600)
        partial.write_bytes(key)
        partial.rename(file)
    return file


def _release() -> str | None:
    """Return the revision of the checkout, or None outside git."""
    if not shutil.which("git"):
        return None
    answer = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=layout.ROOT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
