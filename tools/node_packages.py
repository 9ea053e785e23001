"""The JavaScript tools in ``node_modules``, filled from ``package-lock.json``."""

from pathlib import Path

import command
import file_lock
import fingerprint
import layout


def ensure(node: Path) -> Path:
    """Return the ``bin`` folder of ``node_modules``, filled first when the lock file changed.

    :param node: folder of the programs node and npm
    :raise failure.Failure: when the packages cannot be installed
    """
    folder = layout.ROOT / "node_modules"
    wanted = fingerprint.of_file(layout.ROOT / "package-lock.json")
    with file_lock.exclusive(layout.LOCAL / "node_modules.lock"):
        record = folder / ".installed"
        if not record.exists() or record.read_text() != wanted:
            print("Installing the JavaScript packages of package-lock.json", flush=True)
            command.run(
                [node / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                "install the JavaScript packages of package-lock.json",
                "check the network and that npm reaches its package registry, then try again",
                cwd=layout.ROOT,
            )
            record.write_text(wanted)
    return folder / ".bin"
