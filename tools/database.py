"""The database that is served: created once, updated when the addons have changed."""

import os
import subprocess

import command
import failure
import fingerprint
import layout
from environment import Environment

APP = "ops_center"
# All our addons stand on it, so that updating it updates them all.
GROUND_FLOOR = "ops_center_base"
STAMP = layout.ROOT / "tools" / "database_stamp.py"


def prepare(environment: Environment, variables: dict[str, str]) -> None:
    """Make sure that the database exists and fits the addons; else create or update it.

    :raise failure.Failure: when the server cannot be reached or Odoo refuses
    """
    name = variables["PGDATABASE"]
    wanted = f"{fingerprint.of_tree(layout.ADDONS)} {environment.odoo.version}"
    present = _stamp(environment, variables, "read")
    if present == wanted:
        return
    # Never installed by us: it may be another's, or what a broken installation left behind.
    print(f"{'Updating' if present else 'Creating'} the database {name}", flush=True)
    command.run(
        [environment.python, layout.ODOO_BIN, "--init", APP, "--update", GROUND_FLOOR,
         "--stop-after-init", "--no-http"],
        f"prepare the database {name}",
        "see what Odoo says; `make run DB_NAME=other` starts a new one",
        environment=variables,
        log_name="database",
    )  # fmt: skip
    _stamp(environment, variables, "write", wanted)


def _stamp(environment: Environment, variables: dict[str, str], *arguments: str) -> str:
    answer = subprocess.run(
        [environment.python, STAMP, *arguments],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        raise failure.Failure(
            f"the database server does not answer ({answer.stderr.strip().splitlines()[-1]}): "
            "check PGHOST, PGPORT, PGUSER and PGPASSWORD, and that the server runs."
        )
    return answer.stdout.strip()
