"""Remove everything that the tools made, the database included."""

import os
import shutil
import sys

import failure
import layout
import server


def main() -> None:
    """Ask, unless YES=1 says so already, then stop and delete."""
    if not layout.LOCAL.exists():
        print("There is nothing to remove.")
        return
    question = f"Remove {layout.LOCAL}, with the database, its files and the encryption key? [y/N] "
    if os.environ.get("YES") != "1":
        if not sys.stdin.isatty():
            raise failure.Failure("nobody is there to ask: `make clean YES=1` removes it unasked.")
        if input(question).strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return
    server.stop()
    for entry in layout.LOCAL.iterdir():
        # A cluster that had to live elsewhere (see postgresql.py).
        if entry.is_symlink() and entry.is_dir():
            shutil.rmtree(entry.resolve())
    shutil.rmtree(layout.LOCAL)


if __name__ == "__main__":
    failure.report(main)
