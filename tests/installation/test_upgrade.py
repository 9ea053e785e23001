"""What a database knows survives the upgrade from the code before the last change of the addons."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.harness.processes import REPOSITORY, OdooProcess
from tests.installation import catalogue, usage

# Tables of records that come with the code, which may have better words for them now.
SHIPPED = {"ops_finding_rule"}
# Columns that another one tells the same of.
REPLACED = {"consecutive_failures", "consecutive_successes"}


def git(*arguments):
    """Return what git says about the repository, nothing where it has no answer."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False).stdout


@pytest.fixture
def previous_code(odoo_config, odoo_configuration_file, tmp_path):
    """The variables of processes that run our addons as they were before their last change."""
    last = git("log", "--max-count=1", "--format=%H", "--", "addons").decode().strip()
    archive = last and git("archive", "--format=tar", f"{last}^", "addons")
    if not archive:
        pytest.skip("The history is too short to upgrade from an earlier commit.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tmp_path, filter="data")
    paths = odoo_config["addons_path"]
    [ours] = [path for path in paths if Path(path, "ops_center_base").is_dir()]
    configuration = tmp_path / "previous.conf"
    text = odoo_configuration_file.read_text(encoding="utf-8")
    configuration.write_text(text.replace(ours, str(tmp_path / "addons")), encoding="utf-8")
    return {"ODOO_RC": str(configuration)}


def test_data_is_kept(
    existing_database, previous_code, start_server, start_worker, odoo_configuration_file, tmp_path
):
    install = ["-i", "ops_center", "--max-cron-threads=0"]
    server = start_server(existing_database, environment=previous_code, arguments=install)
    worker = start_worker(existing_database, environment=previous_code)
    usage.use(server.session())
    usage.wait_for_results(existing_database)
    worker.terminate()
    server.terminate()
    before = catalogue.rows(existing_database, "ops_%")
    upgrade = OdooProcess(
        ["-d", existing_database, "-u", "ops_center_base", "--stop-after-init", "--no-http"],
        odoo_configuration_file,
        tmp_path / "upgrade.log",
    )
    assert upgrade.process.wait(300) == 0, upgrade.tail()
    assert not upgrade.errors()
    after = catalogue.rows(existing_database, "ops_%")
    for table, rows in before.items():
        columns = {column for row in rows for column in row} - REPLACED
        if table in SHIPPED:
            columns = {"id"}
        kept = [{column: row.get(column) for column in columns} for row in after[table]]
        lost = [row for row in rows if {column: row[column] for column in columns} not in kept]
        assert not lost, f"rows of {table} are gone or changed"
