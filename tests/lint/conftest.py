"""A small checkout with the project's tools and rules, to do wrong things in."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Checkout:
    """A checkout, empty but for the tools and what configures them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str) -> None:
        """Write a file, and the folders it is in."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def lint(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Run ``tools/lint.py``."""
        return self.run(sys.executable, "tools/lint.py", *arguments, **options)

    def run(
        self, *arguments: str | Path, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess:
        """Run a command here and return what became of it, its errors among its output."""
        return subprocess.run(
            arguments,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
            check=False,
        )


@pytest.fixture(scope="session")
def tools() -> None:
    """Install the tools, which every small checkout shares."""
    subprocess.run(
        [sys.executable, "tools/lint.py", "ruff", "pyproject.toml"], cwd=ROOT, check=True
    )


@pytest.fixture
def checkout(tools, tmp_path: Path) -> Checkout:
    """Return a new checkout that has the tools and nothing to check."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", ":(glob)*", ".ci", "tools"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.splitlines()):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    for name in (".local", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return Checkout(tmp_path)


@pytest.fixture(scope="session")
def checks(tools) -> list[str]:
    """Return the names of all checks, as the help lists them."""
    usage = subprocess.run(
        [sys.executable, "tools/lint.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "1000"},
    ).stdout
    return re.search(r"{(.*?)}", usage)[1].split(",")
