"""Odoo from Debian: the package and what it links to, unpacked without being installed."""

from pathlib import Path

import debian_packages

NAME = "Debian's package odoo-19"
HOME = Path("usr/lib/python3/dist-packages")
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
usable = debian_packages.usable


def unpack(folder: Path) -> None:
    """Download the packages and unpack them into ``folder``.

    :raise failure.Failure: when they cannot be had
    """
    debian_packages.unpack(
        PACKAGES, folder, "Odoo", "unpack Odoo 19.0 yourself and name its folder by ODOO_HOME"
    )
