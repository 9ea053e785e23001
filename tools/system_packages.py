"""Debian packages that the machine itself must have."""

import os
import shutil
from pathlib import Path

import command
import failure

# Debian's PostgreSQL would set up and start a cluster of its own; we run our own anyway.
CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


def install(package: str, purpose: str) -> None:
    """Install a Debian package.

    :param purpose: what it is needed for, as in "needed to <purpose>"
    :raise failure.Failure: without Debian's tools, without root, or when apt fails
    """
    remedy = f"install it ({package} on Debian) and try again"
    if not shutil.which("apt-get"):
        raise failure.Failure(f"{package} is needed to {purpose}: {remedy}.")
    if os.geteuid():
        raise failure.Failure(
            f"{package} is needed to {purpose}: run `sudo apt-get install {package}` and try again."
        )
    print(f"Installing the Debian package {package}", flush=True)
    if package == "postgresql" and not CREATE_CLUSTER.exists():
        CREATE_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        CREATE_CLUSTER.write_text("create_main_cluster = false\n")
    apt = ["apt-get", "-o", "Acquire::Check-Valid-Until=false", "-q"]
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    command.run(
        [*apt, "update"],
        "read the list of Debian packages",
        "check the network and apt's sources, then try again",
        environment=environment,
    )
    command.run(
        [*apt, "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold",
         "install", package],
        f"install {package}",
        remedy,
        environment=environment,
    )  # fmt: skip
