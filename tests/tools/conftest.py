"""A checkout with nothing but the tools, to try them where they can harm nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Checkout:
    """A copy of ``tools/`` in an empty folder; what its tools make lands in there too."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.local = folder / ".local"
        shutil.copytree(
            ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__")
        )

    def command(self, *arguments: str, **variables: str) -> dict:
        """Return the arguments of ``subprocess`` for a script of ``tools/``.

        The server that the test run itself uses, and its Odoo, stay out of it.
        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "ODOO_")) and name != "PYTHONPATH"
        }
        script, *rest = arguments
        return {
            "args": [sys.executable, self.folder / "tools" / script, *rest],
            "env": kept | {"PYTHONDONTWRITEBYTECODE": "1"} | variables,
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        """Run a script of ``tools/`` to its end."""
        return subprocess.run(
            **self.command(*arguments, **variables), capture_output=True, timeout=120, check=False
        )

    def script(self, text: str) -> str:
        """Add a script that uses the tools, and return the name to run it by."""
        (self.folder / "tools" / "script.py").write_text(text)
        return "script.py"


@pytest.fixture
def checkout(tmp_path):
    """An empty checkout."""
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def one_line():
    """Return the check that a tool gave up with one line that holds the given words."""

    def check(result: subprocess.CompletedProcess, *words: str) -> None:
        assert result.returncode == 1, result.stdout + result.stderr
        lines = result.stderr.splitlines()
        assert len(lines) == 1, result.stderr
        assert lines[0].startswith("error: "), lines
        for word in words:
            assert word in lines[0]

    return check
