"""The programs that the benchmarks measure beside us, from Debian, unpacked but not installed."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "tools"))

import debian_packages  # noqa: E402 - the set-up's scripts are no package
import layout  # noqa: E402

PACKAGES = {"prometheus-blackbox-exporter": "sid", "nginx": "bookworm"}


@pytest.fixture(scope="session")
def peers():
    """The folder with the root file systems of the packages."""
    folder = layout.LOCAL / "bench"
    if not folder.exists():
        debian_packages.unpack(
            PACKAGES, folder, "the peers of the benchmark", "run it on a Debian 12"
        )
    return folder
