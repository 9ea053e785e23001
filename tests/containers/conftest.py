"""The console, built and started from the compose file as a newcomer starts it."""

import configparser
import os
import secrets
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from .console import Console

HERE = Path(__file__).parent
# In the settings of pip that the build is given; it must not be found in the image.
CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture(scope="session")
def canary():
    """A word in the secrets of the build."""
    return CANARY


@pytest.fixture(scope="session")
def build_secrets(tmp_path_factory):
    """A folder with the settings with which pip reaches this machine's package index.

    A build sees none of the machine's own; files below ``file:`` addresses it cannot see either.
    """
    folder = tmp_path_factory.mktemp("secrets")
    settings = configparser.RawConfigParser()
    settings["global"] = {}
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    for line in answer.stdout.splitlines():
        name, _equals, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout"):
            addresses = [part for part in value.strip("'").split() if not part.startswith("file:")]
            if addresses:
                settings["global"][option] = " ".join(addresses)
    authorities = folder / "ca.pem"
    authorities.touch()
    if bundle := ssl.get_default_verify_paths().cafile:
        shutil.copyfile(bundle, authorities)
        settings["global"]["cert"] = "/etc/ca.pem"
    with (folder / "pip.conf").open("w") as file:
        file.write(f"# {CANARY}\n")
        settings.write(file)
    return folder


@pytest.fixture(scope="session")
def console(build_secrets):
    """The running console; it and its volumes are gone in the end."""
    release = secrets.token_hex(20)
    environment = {
        **os.environ,
        "BUILD_SECRETS": str(build_secrets),
        "HTTP_PORT": "0",  # any free one
        "OPS_CENTER_RELEASE": release,
    }
    console = Console(f"ops-center-test-{os.getpid()}", release, environment)
    try:
        console.start()
        yield console
    finally:
        console.remove()
