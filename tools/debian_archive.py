"""Odoo from Debian: the package and what it links to, unpacked without being installed."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import command
import failure

NAME = "Debian's package odoo-19"
HOME = Path("usr/lib/python3/dist-packages")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Odoo, and beside it the packages to which its files are links, each with the suite it is taken
# from: later versions of some fonts have other file names.
PACKAGES = {
    "odoo-19": "sid",
    "fonts-font-awesome": "bookworm",
    "fonts-glyphicons-halflings": "bookworm",
    "fonts-inconsolata": "bookworm",
    "fonts-montserrat": "sid",
    "fonts-ocr-b": "bookworm",
    "fonts-roboto-unhinted": "bookworm",
    "libjs-jquery": "bookworm",
    "libjs-jquery-form": "bookworm",
    "libjs-underscore": "bookworm",
}
RECIPE = " ".join(f"{package}/{suite}" for package, suite in PACKAGES.items())


def usable() -> bool:
    """Tell whether this machine is a Debian, with apt and the keys to check signatures."""
    try:
        system = platform.freedesktop_os_release()["ID"]
    except (OSError, KeyError):
        return False
    return system == "debian" and bool(shutil.which("apt-get")) and KEYRING.exists()


def unpack(folder: Path) -> None:
    """Download the packages, their signatures checked by apt, and unpack them into ``folder``.

    :raise failure.Failure: when they cannot be had
    """
    with tempfile.TemporaryDirectory(prefix="ops-center-apt-") as work:
        packages = _download(Path(work))
        folder.mkdir(parents=True)
        for package in packages:
            command.run(
                ["dpkg-deb", "--extract", package, folder],
                f"unpack {package.name}",
                "free some space and try again",
            )


def _download(work: Path) -> list[Path]:
    mirror = _mirror()
    sources = work / "sources.list"
    sources.write_text(
        "".join(
            f"deb [signed-by={KEYRING}] {mirror} {suite} main\n"
            for suite in sorted(set(PACKAGES.values()))
        )
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
    for name, value in options.items():
        apt += ["-o", f"{name}={value}"]
    for needed in ("lists/partial", "cache/archives/partial", "packages"):
        (work / needed).mkdir(parents=True)
    remedy = (
        f"check the network and that {mirror} carries Debian's suites sid and bookworm, or unpack "
        "Odoo 19.0 yourself and name its folder by ODOO_HOME"
    )
    command.run([*apt, "update"], "read Debian's list of packages", remedy)
    command.run(
        [*apt, "download", *(f"{package}/{suite}" for package, suite in PACKAGES.items())],
        "download Odoo",
        remedy,
        cwd=work / "packages",
    )
    return sorted((work / "packages").iterdir())


def _mirror() -> str:
    """Return the address from which this machine gets Debian itself."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "sid")
    # Unlike `indextargets`, this answers on a machine that has no list of packages yet.
    addresses = subprocess.run(
        ["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False
    ).stdout
    suites = f"{codename}|sid|unstable|testing|stable|oldstable"
    if found := re.search(rf"^'(?!cdrom:)(\S+)/dists/(?:{suites})/main/", addresses, re.MULTILINE):
        return found[1]
    raise failure.Failure(
        f"apt's sources name no mirror of Debian {codename}: add one, or unpack Odoo 19.0 yourself "
        "and name its folder by ODOO_HOME."
    )
