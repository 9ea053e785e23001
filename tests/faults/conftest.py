"""Databases with the provider for tests, bound so that their processes may send."""

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.harness import databases
from tests.harness.processes import REPOSITORY, OdooProcess, OpsWorker

ADDONS = Path(__file__).parent / "addons"
MARKER = "the installation of the fault tests"


@pytest.fixture(scope="session")
def odoo_configuration_file(odoo_config, tmp_path_factory):
    path = tmp_path_factory.mktemp("faults") / "odoo.conf"
    path.write_text(
        "[options]\n"
        f"addons_path = {','.join([*odoo_config['addons_path'], str(ADDONS)])}\n"
        f"data_dir = {odoo_config['data_dir']}\n"
        "http_interface = 127.0.0.1\n"
        "list_db = False\n"
        "workers = 0\n"
        "max_cron_threads = 0\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def fault_template(odoo_config, odoo_configuration_file, tmp_path_factory):
    log = tmp_path_factory.mktemp("faults") / "install.log"
    with databases.clone(databases.template_name(), odoo_config["data_dir"]) as name:
        options = ["--database", name, "-i", "ops_test_provider", "--stop-after-init", "--no-http"]
        installation = OdooProcess(options, odoo_configuration_file, log)
        assert installation.process.wait(120) == 0, installation.tail()
        yield name


@pytest.fixture
def database(fault_template, odoo_config):
    with databases.clone(fault_template, odoo_config["data_dir"]) as name:
        bind(name)
        yield name


def bind(name):
    """Declare database ``name`` the original, as its manager could."""
    query = "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
    [(database_uuid,)] = databases.execute(name, query)
    binding = {"uuid": database_uuid, "dbname": name, "marker": MARKER}
    databases.execute(
        name,
        "UPDATE ir_config_parameter SET value = %s WHERE key = 'ops_center.binding'",
        [json.dumps(binding)],
    )


@pytest.fixture(scope="module")
def cluster(module_database):
    """A running PostgreSQL server that may be stopped, with a copy of the template."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(REPOSITORY / "tools")
        import postgresql  # noqa: PLC0415 - the tools are no package

        server = postgresql.Cluster("postgresql-faults", postgresql.DISPOSABLE)
    server.folder = Path(server.variables["PGHOST"])
    server.database = "ops_test_cluster"
    shutil.rmtree(server.folder, ignore_errors=True)
    server.start()
    try:
        server_environment = {**os.environ, **server.variables}
        # Not of the template: while somebody reads that, nobody can clone it.
        dump = ["pg_dump", "--no-owner", module_database]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
            for command in (
                ["dropdb", "--if-exists", "--force", server.database],
                ["createdb", server.database],
                ["psql", "--quiet", "--dbname", server.database, "--output", os.devnull],
            ):
                subprocess.run(command, stdin=dumping.stdout, env=server_environment, check=True)
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture
def provider():
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def start(start_process, database, provider):
    """Return ``start(kind=OpsWorker, **variables)`` for a process that knows the provider."""

    def start(kind=OpsWorker, name=database, arguments=(), **variables):
        environment = {
            "OPS_TEST_PROVIDER": provider.url,
            "OPS_CENTER_INSTANCE": MARKER,
            **variables,
        }
        return start_process(kind, name, environment=environment, arguments=arguments)

    return start


@pytest.fixture
def enqueue(database):
    """Return ``enqueue(count)``, which stores operations and returns their markers."""

    def enqueue(count):
        markers = [uuid.uuid4().hex for _index in range(count)]
        for marker in markers:
            databases.execute(
                database,
                """
                INSERT INTO ops_operation (name, kind, company_id, state, uuid, params_digest,
                                           idempotency_key, create_date, attempts, fence, lookups)
                SELECT 'Test', 'test', id, 'pending', %(marker)s, '', %(marker)s,
                       now() AT TIME ZONE 'UTC', 0, 0, 0
                  FROM res_company ORDER BY id LIMIT 1
                """,
                {"marker": marker},
            )
        databases.execute(database, "NOTIFY ops_center, 'dispatch'")
        return markers

    return enqueue


@pytest.fixture
def states(database):
    """Return ``states()``: how many operations are in each state."""

    def states():
        query = "SELECT state, COUNT(*) FROM ops_operation GROUP BY state"
        return dict(databases.execute(database, query))

    return states
