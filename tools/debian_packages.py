"""Packages from Debian's archive, unpacked without being installed."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import command
import failure

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def usable() -> bool:
    """Tell whether this machine is a Debian, with apt and the keys to check signatures."""
    try:
        system = platform.freedesktop_os_release()["ID"]
    except (OSError, KeyError):
        return False
    return system == "debian" and bool(shutil.which("apt-get")) and KEYRING.exists()


def unpack(packages: Mapping[str, str], folder: Path, name: str, otherwise: str) -> None:
    """Download packages, their signatures checked by apt, and unpack them into ``folder``.

    :param packages: the suite to take each from
    :param name: what they are, as in "cannot download <name>"
    :param otherwise: what to do where they cannot be had, a clause
    :raise failure.Failure: when they cannot be had
    """
    with tempfile.TemporaryDirectory(prefix="ops-center-apt-") as work:
        files = _download(packages, Path(work), name, otherwise)
        folder.mkdir(parents=True)
        for file in files:
            command.run(
                ["dpkg-deb", "--extract", file, folder],
                f"unpack {file.name}",
                "free some space and try again",
            )


def mirror(otherwise: str) -> str:
    """Return the address from which this machine gets Debian itself.

    :param otherwise: what to do where there is none, a clause
    :raise failure.Failure: when apt's sources name none
    """
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "sid")
    # Unlike `indextargets`, this answers on a machine that has no list of packages yet.
    addresses = subprocess.run(
        ["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False
    ).stdout
    suites = f"{codename}|sid|unstable|testing|stable|oldstable"
    if found := re.search(rf"^'(?!cdrom:)(\S+)/dists/(?:{suites})/main/", addresses, re.MULTILINE):
        return found[1]
    raise failure.Failure(
        f"apt's sources name no mirror of Debian {codename}: add one, or {otherwise}."
    )


def _download(packages: Mapping[str, str], work: Path, name: str, otherwise: str) -> list[Path]:
    address = mirror(otherwise)
    suites = sorted(set(packages.values()), reverse=True)
    sources = work / "sources.list"
    sources.write_text(
        "".join(f"deb [signed-by={KEYRING}] {address} {suite} main\n" for suite in suites)
    )
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": os.devnull,
        "Dir::Etc::Preferences": os.devnull,
        "Dir::Etc::PreferencesParts": os.devnull,
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
        # A mirror may be a copy that is older than the clock.
        "Acquire::Check-Valid-Until": "false",
        # The unprivileged user that apt downloads as could not write here.
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-q"]
    for option, value in options.items():
        apt += ["-o", f"{option}={value}"]
    for needed in ("lists/partial", "cache/archives/partial", "packages"):
        (work / needed).mkdir(parents=True)
    remedy = (
        f"check the network and that {address} carries Debian's suites {' and '.join(suites)}, or "
        f"{otherwise}"
    )
    command.run([*apt, "update"], "read Debian's list of packages", remedy)
    command.run(
        [*apt, "download", *(f"{package}/{suite}" for package, suite in packages.items())],
        f"download {name}",
        remedy,
        cwd=work / "packages",
    )
    return sorted((work / "packages").iterdir())
