"""Odoo from its makers: one pinned nightly build, for machines other than Debian."""

import hashlib
import tempfile
import urllib.request
from pathlib import Path

import command
import failure

NAME = "the official nightly build"
HOME = Path("usr/lib/python3/dist-packages")
# Release and checksum as in the recipe of the official Docker image (odoo/docker, 19.0), which
# publishes no stronger one.
RELEASE = "20260118"
SHA1 = "9cb5691e31d2d8831887e85cc07268016f522f4d"
ADDRESS = f"https://nightly.odoo.com/19.0/nightly/deb/odoo_19.0.{RELEASE}_all.deb"
RECIPE = f"nightly {RELEASE}"
ELSE = "unpack Odoo 19.0 yourself and name its folder by ODOO_HOME"


def unpack(folder: Path) -> None:
    """Download the build, check it and unpack it into ``folder``.

    :raise failure.Failure: when it cannot be had or is not the pinned one
    """
    try:
        with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
            package = answer.read()
    except OSError as error:
        raise failure.Failure(
            f"cannot download {ADDRESS} ({error}): check the network, or {ELSE}."
        ) from None
    if hashlib.sha1(package, usedforsecurity=False).hexdigest() != SHA1:
        raise failure.Failure(f"{ADDRESS} is not the build that was pinned: {ELSE}.")
    folder.mkdir(parents=True)
    with tempfile.NamedTemporaryFile() as data:
        data.write(_member(package, "data.tar"))
        data.flush()
        command.run(
            ["tar", "-xf", data.name, "-C", folder],
            "unpack Odoo",
            "install tar and xz, see that 4 GB of disk are free, and try again",
        )


def _member(archive: bytes, name: str) -> bytes:
    """Return the member of an ``ar`` archive whose name starts with ``name`` (see ar(5))."""
    position = len("!<arch>\n")
    while position < len(archive):
        header = archive[position : position + 60]
        size = int(header[48:58])
        position += 60
        if header.startswith(name.encode()):
            return archive[position : position + size]
        position += size + size % 2
    raise failure.Failure(f"{ADDRESS} is no Debian package: {ELSE}.")
