"""`make screenshots`: write a picture of every screen into docs/images, from an Odoo at work."""

import subprocess
import sys

import layout


def main() -> int:
    """Run the photographer with what tests run with, and return its exit code."""
    photographer = [layout.ROOT / "tools" / "test.py", "tests/browser/screenshots.py"]
    return subprocess.run([sys.executable, *photographer], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
