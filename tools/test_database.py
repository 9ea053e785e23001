"""The databases of a test run: a template with all our addons, kept until the code changes."""

import hashlib
import os
import shutil
import subprocess
import sys

import command
import fingerprint
import layout
from environment import Environment
from odoo_source import Odoo

FOLDER = layout.LOCAL / "test"
DATA = FOLDER / "data"
CONFIGURATION = FOLDER / "odoo.conf"
PREFIX = "ops_center_template_"
PREBUILT_ASSETS = layout.ROOT / "tools" / "prebuilt_assets.py"
# What the databases that pytest-odoo runs on are called, before the name of their part.
DATABASE = "ops_center_test"


def write_configuration(odoo: Odoo) -> None:
    """Write the configuration file of the test run; the server is named by PG* variables."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    addons = ",".join(map(str, [*odoo.addons, layout.ADDONS]))
    CONFIGURATION.write_text(
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {DATA}\n"
        "http_interface = 127.0.0.1\n"
        "list_db = False\n"
        "workers = 0\n"
        "max_cron_threads = 0\n"
    )


def ensure_template(setup: Environment) -> str:
    """Return the name of the template for today's code, made now if it is not there.

    :raise failure.Failure: when an addon does not install
    """
    digest = hashlib.sha256(f"{setup.odoo.version} {fingerprint.of_tree(layout.ADDONS)}".encode())
    name = PREFIX + digest.hexdigest()[:12]
    existing = _templates()
    if name not in existing:
        for outdated in existing:
            drop(outdated)
        print(f"Making the template database {name}", flush=True)
        partial = f"{name}_partial"
        drop(partial)
        addons = sorted(
            manifest.parent.name for manifest in layout.ADDONS.glob("*/__manifest__.py")
        )
        command.run(
            [setup.python, layout.ODOO_BIN, "--database", partial, "--init", ",".join(addons),
             "--stop-after-init", "--no-http"],
            "install our addons",
            "mend the addon that the log names",
            environment={"ODOO_RC": str(CONFIGURATION)},
            log_name="test-template",
        )  # fmt: skip
        # Each test that opens a browser would have them made anew.
        command.run(
            [setup.python, PREBUILT_ASSETS, partial],
            "put the scripts and styles together",
            "mend the file that the log names",
            environment={"ODOO_RC": str(CONFIGURATION)},
            log_name="test-assets",
        )
        _sql(f'ALTER DATABASE "{partial}" RENAME TO "{name}"')
        (DATA / "filestore" / partial).rename(DATA / "filestore" / name)
    return name


def clone(template: str, name: str) -> None:
    """Make database ``name`` anew, a copy of ``template`` with its files."""
    drop(name)
    subprocess.run(["createdb", "--template", template, name], check=True)
    files = DATA / "filestore"
    shutil.copytree(files / template, files / name, copy_function=os.link)


def drop(name: str) -> None:
    """Drop database ``name`` and its files, if there are any."""
    subprocess.run(["dropdb", "--if-exists", "--force", name], check=True, stderr=sys.stdout)
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)


def _templates() -> list[str]:
    databases = _sql("SELECT datname FROM pg_database").split()
    return [name for name in databases if name.startswith(PREFIX)]


def _sql(statement: str) -> str:
    return subprocess.run(
        ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname=postgres",
         "--command", statement],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
