"""`make test`: lint, then every test there is, with coverage. Arguments go to pytest.

With arguments (`make test ARGS="addons/ops_center_health -k incident"`) only pytest runs, and
coverage is not judged, since a part of the tests covers only a part of the code.
"""

import os
import shutil
import subprocess
import sys

import failure
import layout
import odoo_source
import postgresql
import python_environment
import system_packages
import test_database

LOCK_FILES = ("requirements.txt", "requirements-odoo.txt", "requirements-test.txt")


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    arguments = sys.argv[1:]
    if not arguments and (code := _run(sys.executable, "tools/lint.py")):
        return code
    if not shutil.which("chromium"):
        system_packages.install("chromium", "test in a browser")
    odoo = odoo_source.find()
    programs = python_environment.ensure(
        "venv",
        [layout.ROOT / name for name in LOCK_FILES],
        with_system_packages=odoo.installed,
    )
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(odoo.home)
    server = postgresql.named_server()
    if server is not None:
        return _test(odoo, programs, arguments)
    cluster = postgresql.Cluster("postgresql-test", postgresql.SETTINGS)
    cluster.start()
    try:
        os.environ.update(cluster.variables)
        return _test(odoo, programs, arguments)
    finally:
        cluster.stop()


def _test(odoo, programs, arguments) -> int:
    python = programs / "python"
    test_database.write_configuration(odoo)
    template = test_database.ensure_template(odoo, python)
    test_database.clone(template, test_database.DATABASE)
    os.environ["OPS_CENTER_TEST_TEMPLATE"] = template
    pytest = [
        "-m", "pytest", "--odoo-http", "--odoo-log-level=error",
        f"--odoo-database={test_database.DATABASE}",
        f"--odoo-config={test_database.CONFIGURATION}",
    ]  # fmt: skip
    try:
        if arguments:
            return _run(python, *pytest, *arguments)
        return _run_with_coverage(python, pytest)
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
