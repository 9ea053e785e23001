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
from pathlib import Path

import environment
import failure
import layout
import postgresql
import system_packages
import test_database

CLUSTER = "postgresql-test"
# What tests no addon and needs no database; it runs beside the rest, on another core.
TOOL_TESTS = ("tests/lint", "tests/tools")
TOOL_LOG = layout.LOGS / "test-tools.log"


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
        # A copy of the variables: those of the test server are none of the tools' business.
        tools = pool.submit(_test_tools, setup.python, dict(os.environ))
        code = _test_addons(setup)
        tools_code = tools.result()
    print(TOOL_LOG.read_text(), flush=True)
    return code or tools_code


def _test_tools(python: Path, variables: dict[str, str]) -> int:
    """Judge the code by the linters, then the linters and the other tools by their tests."""
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    with TOOL_LOG.open("w") as log:
        options = {"stdout": log, "stderr": log, "env": variables}
        lint = _run(sys.executable, "tools/lint.py", **options)
        return _run(python, "-m", "pytest", "-p", "no:odoo", *TOOL_TESTS, **options) or lint


def _test_addons(setup: environment.Environment) -> int:
    """Run the tests of the addons and of the house they make, and judge the coverage."""
    coverage = (setup.python, "-m", "coverage")
    ignored = [f"--ignore={folder}" for folder in TOOL_TESTS]
    _run(*coverage, "erase")
    with _database_options(setup) as options:
        code = _run(*coverage, "run", "-m", "pytest", *options, *ignored, "addons", "tests")
    _run(*coverage, "combine", "--quiet")
    return code or _run(*coverage, "report")


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
