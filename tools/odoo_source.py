"""Finding Odoo 19.0: the machine's own where there is one, else a copy in ``.local/odoo``."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import debian_archive
import failure
import file_lock
import layout
import nightly_archive

SERIES = "19.0"
# Bytes that Odoo, the Python packages and the database take, with a margin.
SPACE = 4e9
# Prints the folder that holds Odoo's package, its series and its version, a line each.
PROBE = """
import pathlib, odoo.release
print(pathlib.Path(odoo.release.__file__).parents[1], odoo.release.series, odoo.release.version,
      sep="\\n")
"""
# Debian leaves this file out, for want of its source; without it the backend's bundle is broken.
STUB = Path("odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js")


@dataclass(frozen=True)
class Odoo:
    """One Odoo 19.0.

    ``home`` is the folder that belongs on PYTHONPATH, ``version`` tells apart what databases were
    made with, and ``installed`` says that the machine's Python has Odoo's dependencies too.
    """

    home: Path
    version: str
    installed: bool = False

    @property
    def addons(self) -> list[Path]:
        """The folders with Odoo's own addons."""
        inner, sibling = self.home / "odoo" / "addons", self.home / "addons"
        # Debian's sibling folder holds nothing but Python files: unusable, and it would hide
        # the complete addons.
        return [inner, sibling] if (sibling / "web" / "static").is_dir() else [inner]


def find() -> Odoo:
    """Return the Odoo to use, after downloading it if the machine has none.

    :raise failure.Failure: when it cannot be had
    """
    if named := os.environ.get("ODOO_HOME"):
        return _named(Path(named).resolve())
    return _importable() or _unpacked(layout.LOCAL / "odoo")


def _named(home: Path) -> Odoo:
    found = _probe({"PYTHONPATH": str(home)})
    if not found or found[0] != home:
        raise failure.Failure(
            f"ODOO_HOME={home} holds no Odoo: name the folder in which odoo/release.py lies."
        )
    _home, series, version = found
    if series != SERIES:
        raise failure.Failure(
            f"ODOO_HOME={home} holds Odoo {series}: name a source tree of Odoo {SERIES}."
        )
    return Odoo(home, version)


def _importable() -> Odoo | None:
    found = _probe({})
    if not found or found[1] != SERIES:
        return None
    home, _series, version = found
    # A virtual environment of ours sees the machine's packages, not those of another environment.
    return Odoo(home, version, installed=sys.prefix == sys.base_prefix)


def _probe(variables: dict[str, str]) -> tuple[Path, str, str] | None:
    """Return home, series and version of the Odoo that Python imports, or None."""
    answer = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd="/", env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        return None
    home, series, version = answer.stdout.splitlines()
    return Path(home), series, version


def _unpacked(target: Path) -> Odoo:
    archive = debian_archive if debian_archive.usable() else nightly_archive
    made_from = target / "made-from"
    with file_lock.exclusive(target.with_suffix(".lock")):
        if not made_from.exists() or made_from.read_text() != archive.RECIPE:
            _require_space(target.parent)
            print(f"Downloading Odoo {SERIES} from {archive.NAME}", flush=True)
            partial = target.with_suffix(".partial")
            for leftover in (partial, target):
                shutil.rmtree(leftover, ignore_errors=True)
            archive.unpack(partial)
            stub = partial / archive.HOME / STUB
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.touch()
            (partial / "made-from").write_text(archive.RECIPE)
            partial.rename(target)
    return Odoo(target / archive.HOME, archive.RECIPE)


def _require_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPACE:
        raise failure.Failure(
            f"{folder} has {free / 1e9:.1f} GB free: Odoo, its Python packages and the database "
            f"need {SPACE / 1e9:.0f} GB. Free some space and try again."
        )
