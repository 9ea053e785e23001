"""Virtual environments in ``.local``, filled from hash-pinned lock files."""

import importlib.util
import json
import shutil
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import command
import failure
import file_lock
import fingerprint
import layout
import system_packages

OLDEST, NEWEST = (3, 11), (3, 13)


def ensure(name: str, lock_files: Sequence[Path], *, with_system_packages: bool = False) -> Path:
    """Return the ``bin`` folder of the environment ``.local/<name>``, made or completed first.

    An environment that has a lock file in another version than today's is made anew; lock files
    that are new to it are installed on top.

    :raise failure.Failure: when Python's version does not fit or packages cannot be installed
    """
    folder = layout.LOCAL / name
    basis = f"{sys.version} {sys.base_prefix} {with_system_packages}"
    wanted = {lock.name: fingerprint.of_file(lock) for lock in lock_files}
    with file_lock.exclusive(folder.with_suffix(".lock")):
        record = folder / "installed.json"
        installed = json.loads(record.read_text()) if record.exists() else {"basis": None}
        if installed["basis"] != basis or any(
            installed.get(name, digest) != digest for name, digest in wanted.items()
        ):
            _create(folder, with_system_packages)
            installed = {"basis": basis}
            record.write_text(json.dumps(installed))
        if missing := [lock for lock in lock_files if lock.name not in installed]:
            _install(folder / "bin", missing)
            record.write_text(json.dumps({**installed, **wanted}))
    return folder / "bin"


def _create(folder: Path, with_system_packages: bool) -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise failure.Failure(
            f"Python {sys.version_info.major}.{sys.version_info.minor} does not fit Odoo 19: name "
            "one from 3.11 to 3.13, as in `make run PYTHON=python3.12`."
        )
    if not importlib.util.find_spec("ensurepip"):
        system_packages.install("python3-venv", "make a virtual environment")
    print(f"Making the Python environment {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True, symlinks=True, system_site_packages=with_system_packages)


def _install(bin_folder: Path, lock_files: Sequence[Path]) -> None:
    names = " and ".join(lock.name for lock in lock_files)
    print(f"Installing the Python packages of {names}", flush=True)
    arguments = [bin_folder / "python", "-m", "pip", "install", "--require-hashes", "--no-deps"]
    for lock in lock_files:
        arguments += ["--requirement", lock]
    command.run(
        arguments,
        f"install the Python packages of {names}",
        "check the network and that pip reaches its package index, then try again",
        environment={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        log_name=f"pip-{bin_folder.parent.name}",
    )
