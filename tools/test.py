"""`make test`: lint, then every test there is, with coverage. Arguments go to pytest.

With arguments (`make test ARGS="addons/ops_center_health -k incident"`) only pytest runs, and
coverage is not judged, since a part of the tests covers only a part of the code.
"""

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

NAME = "postgresql-test"


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    arguments = sys.argv[1:]
    if not arguments and (code := _run(sys.executable, "tools/lint.py")):
        return code
    if not shutil.which("chromium"):
        system_packages.install("chromium", "test in a browser")
    setup = environment.ensure(layout.ROOT / "requirements-test.txt")
    os.environ["PATH"] = f"{setup.python.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(setup.odoo.home)
    if postgresql.named_server():
        return _test(setup, arguments)
    cluster = postgresql.Cluster(NAME, postgresql.DISPOSABLE)
    cluster.start()
    try:
        os.environ.update(cluster.variables)
        return _test(setup, arguments)
    finally:
        cluster.stop()


def _test(setup: environment.Environment, arguments: list[str]) -> int:
    test_database.write_configuration(setup.odoo)
    template = test_database.ensure_template(setup)
    test_database.clone(template, test_database.DATABASE)
    os.environ["OPS_CENTER_TEST_TEMPLATE"] = template
    pytest = [
        "-m", "pytest", "--odoo-http", "--odoo-log-level=error",
        f"--odoo-database={test_database.DATABASE}",
        f"--odoo-config={test_database.CONFIGURATION}",
    ]  # fmt: skip
    try:
        if arguments:
            return _run(setup.python, *pytest, *arguments)
        return _run_with_coverage(setup.python, pytest)
    finally:
        test_database.drop(test_database.DATABASE)


def _run_with_coverage(python, pytest) -> int:
    _run(python, "-m", "coverage", "erase")
    code = _run(python, "-m", "coverage", "run", *pytest, "addons", "tests")
    _run(python, "-m", "coverage", "combine", "--quiet")
    return code or _run(python, "-m", "coverage", "report")


def _run(*arguments) -> int:
    return subprocess.run(arguments, cwd=layout.ROOT, check=False).returncode


if __name__ == "__main__":
    failure.report(main)
