"""A database of a company that worked with Odoo long before it meets Ops Center."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.harness import databases
from tests.harness.processes import REPOSITORY, OdooProcess

PREFIX = "ops_existing_"


@pytest.fixture(scope="session")
def existing_template(odoo_config, odoo_configuration_file, tmp_path_factory):
    """Sales and stock without anything of ours: kept until Odoo or what we say of us changes."""
    from odoo.release import version  # noqa: PLC0415 - collected without Odoo too

    digest = hashlib.sha256(version.encode())
    # Odoo lists the addons that could be installed, with their descriptions, in the database.
    for pattern in ("addons/*/__manifest__.py", "addons/*/README.rst"):
        for file in sorted(REPOSITORY.glob(pattern)):
            digest.update(file.read_bytes())
    name = f"{PREFIX}{digest.hexdigest()[:12]}"
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    existing = [datname for (datname,) in databases.execute("postgres", query, [PREFIX])]
    if name not in existing:
        for outdated in existing:
            databases.drop(outdated, odoo_config["data_dir"])
        partial = f"{name}_partial"
        options = ["-i", "sale,stock", "--skip-auto-install", "--stop-after-init", "--no-http"]
        log = tmp_path_factory.mktemp("existing") / "install.log"
        with pytest.MonkeyPatch.context() as variables:
            # Nothing of ours runs in it, and measuring coverage takes twice the time.
            variables.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
            installation = OdooProcess(["-d", partial, *options], odoo_configuration_file, log)
        assert installation.process.wait(600) == 0, installation.tail()
        databases.execute("postgres", f'ALTER DATABASE "{partial}" RENAME TO "{name}"')
        filestore = Path(odoo_config["data_dir"], "filestore")
        if (filestore / partial).is_dir():
            shutil.move(filestore / partial, filestore / name)
    return name


@pytest.fixture
def existing_database(existing_template, odoo_config):
    """A copy of it that belongs to this test alone."""
    with databases.clone(existing_template, odoo_config["data_dir"]) as name:
        yield name
