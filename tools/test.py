"""`make test`: lint, then every test there is, with coverage. Arguments go to pytest.

With arguments (`make test ARGS="addons/ops_center_health -k incident"`) only pytest runs, and
coverage is not judged, since a part of the tests covers only a part of the code.
"""

import concurrent.futures
import contextlib
import os
import shutil
import subprocess
import sys

import environment
import failure
import layout
import postgresql
import system_packages
import test_database

CLUSTER = "postgresql-test"
# What needs neither Odoo nor a database runs beside the rest, on another core.
LINT_TESTS = "tests/lint"
PURE_TESTS = "tests/probes"
SIDE_LOG = layout.LOGS / "test-beside.log"


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    arguments = sys.argv[1:]
    if not shutil.which("chromium"):
        system_packages.install("chromium", "test in a browser")
    setup = environment.ensure(layout.ROOT / "requirements-test.txt")
    os.environ["PATH"] = f"{setup.python.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(setup.odoo.home)
    if arguments:
        with _database_options(setup) as options:
            return _run(setup.python, "-m", "pytest", *options, *arguments)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        coverage = (setup.python, "-m", "coverage")
        _run(*coverage, "erase")
        # A copy of the variables: those of the test server are none of the others' business.
        beside = pool.submit(_test_beside, coverage, dict(os.environ))
        code = _test_with_database(setup, coverage)
        beside_code = beside.result()
    print(SIDE_LOG.read_text(), flush=True)
    _run(*coverage, "combine", "--quiet")
    return code or beside_code or _run(*coverage, "report")


def _test_beside(coverage: tuple, variables: dict[str, str]) -> int:
    """Run the linters and their tests, and the tests of what never imports Odoo."""
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    with SIDE_LOG.open("w") as log:
        options = {"stdout": log, "stderr": log, "env": variables}
        pytest = ("-m", "pytest", "-p", "no:odoo")
        codes = [
            _run(sys.executable, "tools/lint.py", **options),
            _run(coverage[0], *pytest, LINT_TESTS, **options),
            _run(*coverage, "run", *pytest, PURE_TESTS, **options),
        ]
    return max(codes)


def _test_with_database(setup: environment.Environment, coverage: tuple) -> int:
    """Run the tests of the addons and of the house they make."""
    ignored = [f"--ignore={folder}" for folder in (LINT_TESTS, PURE_TESTS)]
    with _database_options(setup) as options:
        return _run(*coverage, "run", "-m", "pytest", *options, *ignored, "addons", "tests")


@contextlib.contextmanager
def _database_options(setup: environment.Environment):
    """Yield pytest's options for a fresh database, on a server that runs for the block."""
    with contextlib.ExitStack() as running:
        if not postgresql.named_server():
            cluster = postgresql.Cluster(CLUSTER, postgresql.DISPOSABLE)
            running.callback(cluster.stop)
            cluster.start()
            os.environ.update(cluster.variables)
        test_database.write_configuration(setup.odoo)
        template = test_database.ensure_template(setup)
        running.callback(test_database.drop, test_database.DATABASE)
        test_database.clone(template, test_database.DATABASE)
        os.environ["OPS_CENTER_TEST_TEMPLATE"] = template
        yield [
            "--odoo-http",
            "--odoo-log-level=error",
            f"--odoo-database={test_database.DATABASE}",
            f"--odoo-config={test_database.CONFIGURATION}",
        ]


def _run(*arguments, **options) -> int:
    return subprocess.run(arguments, cwd=layout.ROOT, check=False, **options).returncode


if __name__ == "__main__":
    failure.report(main)
