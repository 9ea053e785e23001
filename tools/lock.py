"""Write the lock files anew: exact versions and hashes, and no address of where they came from."""

import re
import shutil
from pathlib import Path

import command
import failure
import layout
import python_environment

CONSTRAINT = re.compile(r"^-c (\S+)\.txt$", re.MULTILINE)


def main() -> None:
    """Lock every ``requirements*.in``, and the npm packages if there are any."""
    bin_folder = python_environment.ensure("lock", [layout.ROOT / "requirements-lock.txt"])
    for source in sorted(layout.ROOT.glob("requirements*.in"), key=_depth):
        print(f"Locking {source.name}", flush=True)
        command.run(
            [bin_folder / "uv", "pip", "compile", "--quiet", "--upgrade", "--universal",
             "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
             "--custom-compile-command", "make lock",
             source.name, "--output-file", source.with_suffix(".txt").name],
            f"lock {source.name}",
            "check the network and the names in it",
            cwd=layout.ROOT,
        )  # fmt: skip
    if (layout.ROOT / "package.json").exists():
        _lock_npm()


def _depth(source: Path) -> int:
    """Return how many lock files have to be written before that of ``source``."""
    names = CONSTRAINT.findall(source.read_text())
    return max((1 + _depth(source.with_name(f"{name}.in")) for name in names), default=0)


def _lock_npm() -> None:
    print("Locking package.json", flush=True)
    if not shutil.which("npm"):
        raise failure.Failure("npm is not installed: install it and try again.")
    (layout.ROOT / "package-lock.json").unlink(missing_ok=True)
    command.run(
        ["npm", "install", "--package-lock-only", "--ignore-scripts",
         "--omit-lockfile-registry-resolved"],
        "lock package.json",
        "check the network and the names in it",
        cwd=layout.ROOT,
    )  # fmt: skip


if __name__ == "__main__":
    failure.report(main)
