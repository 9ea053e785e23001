"""Fixtures of the repository's own tests: databases that may commit, real Odoo processes."""

import pytest

from tests.harness import databases, log_errors
from tests.harness.processes import OdooServer, OpsWorker


@pytest.fixture(scope="session")
def odoo_config():
    """Odoo's configuration as the test run was started with it."""
    from odoo.tools import config  # noqa: PLC0415 - the pure tests run without Odoo

    return config


@pytest.fixture(scope="session")
def odoo_configuration_file(odoo_config, tmp_path_factory):
    """A configuration file for processes: the run's paths, nothing of its test mode."""
    path = tmp_path_factory.mktemp("odoo") / "odoo.conf"
    path.write_text(
        "[options]\n"
        f"addons_path = {','.join(odoo_config['addons_path'])}\n"
        f"data_dir = {odoo_config['data_dir']}\n"
        "http_interface = 127.0.0.1\n"
        "list_db = False\n"
        "workers = 0\n"
        "max_cron_threads = 1\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def database(odoo_config):
    """A database with all our addons that belongs to this test alone; it may commit."""
    with databases.clone(databases.template_name(), odoo_config["data_dir"]) as name:
        yield name


@pytest.fixture(scope="module")
def module_database(odoo_config):
    """As ``database``, shared by the tests of one file."""
    with databases.clone(databases.template_name(), odoo_config["data_dir"]) as name:
        yield name


@pytest.fixture
def start_process(request, odoo_configuration_file, tmp_path):
    """Return ``start(kind, database, **options)``; all are ended and judged by their logs."""
    if "database" in request.fixturenames:
        # Fixtures end in the opposite order: the processes must go before their database does.
        request.getfixturevalue("database")
    started = []

    def start(kind, database, **options):
        log = tmp_path / f"{kind.__name__.lower()}-{len(started)}.log"
        process = kind(database, odoo_configuration_file, log, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
    for process in started:
        expected = [*process.expected_errors, *log_errors.expected_of(request)]
        surprises = log_errors.unexpected(process.errors(), expected)
        if surprises:
            pytest.fail(f"ERROR lines in {process.log.name}:\n" + "\n".join(surprises))


@pytest.fixture
def start_server(start_process):
    """Return ``start(database, **options)`` for a real server that answers."""
    return lambda database, **options: start_process(
        OdooServer, database, **options
    ).wait_until_serving()


@pytest.fixture
def start_worker(start_process):
    """Return ``start(database, **options)`` for a real worker."""
    return lambda database, **options: start_process(OpsWorker, database, **options)
