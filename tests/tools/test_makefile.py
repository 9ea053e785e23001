"""The targets that the documentation names."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {
    "bench", "clean", "containers-test", "demo", "faults", "format", "help", "lint",
    "lock", "mutants", "run", "screenshots", "start", "stop", "test", "verify",
}  # fmt: skip


def test_help_is_the_default_and_lists_every_target():
    # Without a word about the folder, which make adds when another make has started it.
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in listed.splitlines()} == TARGETS
