"""What the benchmarks of health checks share."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "tools"))

import debian_packages  # noqa: E402 - the set-up's scripts are no package
import layout  # noqa: E402

from tests.probes.conftest import authority, trusted, web  # noqa: E402 - after the path above

__all__ = ["authority", "peers", "trusted", "web"]

PACKAGES = {"prometheus-blackbox-exporter": "sid", "nginx": "bookworm"}


@pytest.fixture(scope="session")
def peers():
    """The root file systems of what is measured beside us, from Debian, not installed."""
    folder = layout.LOCAL / "bench"
    if not folder.exists():
        debian_packages.unpack(
            PACKAGES, folder, "the peers of the benchmark", "run it on a Debian 12"
        )
    return folder
