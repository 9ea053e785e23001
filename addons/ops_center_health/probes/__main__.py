"""Entrance for ``python3 addons/ops_center_health/probes URL…`` and ``… sentinel CONFIG``."""

import sys
from pathlib import Path

# Python puts the folder it runs on its path, where `http` would hide its own module.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from probes.cli import main  # noqa: E402 - importable only now

sys.exit(main())
