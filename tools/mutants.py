"""`make mutants`: change what decides about states, and see whether a test fails each time.

ARGS names modules (`make mutants ARGS="standing schedule"`); docs/mutation.md has the results.
"""

import os
import subprocess
import sys

import environment
import failure
import layout


def main() -> int:
    """Run the changes that the arguments ask for and return the exit code."""
    setup = environment.ensure(
        layout.ROOT / "requirements-test.txt", layout.ROOT / "requirements-mutants.txt"
    )
    os.environ["PYTHONPATH"] = str(setup.odoo.home)
    command = [setup.python, "-m", "tests.mutants", *sys.argv[1:]]
    return subprocess.run(command, cwd=layout.ROOT, check=False).returncode


if __name__ == "__main__":
    failure.report(main)
