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
# What needs neither Odoo nor a database.
LINT_TESTS = "tests/lint"
PURE_TESTS = "tests/probes"
PURE = "pure"
# What runs side by side, for most of it waits most of the time, each on a database of its own.
PARTS = {
    "addons": ["addons"],
    "faults": ["tests/faults"],
    "installation": ["tests/installation"],
    "browser": ["tests/browser"],
    "house": ["tests"],
}
ELSEWHERE = (
    *PARTS["faults"],
    *PARTS["installation"],
    *PARTS["browser"],
    LINT_TESTS,
    PURE_TESTS,
)
PARTS["house"] += [f"--ignore={folder}" for folder in ELSEWHERE]


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    arguments = sys.argv[1:]
    if not shutil.which("chromium"):
        system_packages.install("chromium", "test in a browser")
    setup = environment.ensure(layout.ROOT / "requirements-test.txt")
    os.environ["PATH"] = f"{setup.python.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(setup.odoo.home)
    if not arguments:
        return _test_everything(setup)
    with _template(setup) as template:
        return _pytest((setup.python,), template, "arguments", arguments)


def _test_everything(setup: environment.Environment) -> int:
    """Run the parts side by side, and show what each said when all are done."""
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    logs = {part: layout.LOGS / f"test-{part}.log" for part in (PURE, *PARTS)}
    coverage = (setup.python, "-m", "coverage")
    measured = (*coverage, "run")
    _run(*coverage, "erase")
    with contextlib.ExitStack() as opened, concurrent.futures.ThreadPoolExecutor() as pool:
        outputs = {part: opened.enter_context(log.open("w")) for part, log in logs.items()}
        # A copy of the variables: those of the test server are none of the linters' business.
        running = [pool.submit(_test_without_odoo, coverage, outputs[PURE], dict(os.environ))]
        with _template(setup) as template:
            running += [
                pool.submit(_pytest, measured, template, part, arguments, output=outputs[part])
                for part, arguments in PARTS.items()
            ]
            print(f"Testing; see {layout.LOGS}/test-*.log", flush=True)
            concurrent.futures.wait(running)
    for log in logs.values():
        print(log.read_text(), flush=True)
    _run(*coverage, "combine", "--quiet")
    return max(_run(*coverage, "report"), *(part.result() for part in running))


def _test_without_odoo(coverage: tuple, log, variables: dict[str, str]) -> int:
    """Run the linters and their tests, and the tests of what never imports Odoo."""
    options = {"stdout": log, "stderr": log, "env": variables}
    pytest = ("-m", "pytest", "-p", "no:odoo")
    return max(
        _run(sys.executable, "tools/lint.py", **options),
        _run(coverage[0], *pytest, LINT_TESTS, **options),
        _run(*coverage, "run", *pytest, PURE_TESTS, **options),
    )


@contextlib.contextmanager
def _template(setup: environment.Environment):
    """Yield the name of the template database, on a server that runs for the block."""
    with contextlib.ExitStack() as running:
        if not postgresql.named_server():
            cluster = postgresql.Cluster(CLUSTER, postgresql.DISPOSABLE)
            running.callback(cluster.stop)
            cluster.start()
            os.environ.update(cluster.variables)
        test_database.write_configuration(setup.odoo)
        template = test_database.ensure_template(setup)
        os.environ["OPS_CENTER_TEST_TEMPLATE"] = template
        yield template


def _pytest(command: tuple, template: str, part: str, arguments: list[str], output=None) -> int:
    """Run pytest on a database of its own; ``command`` runs a Python module."""
    name = f"{test_database.DATABASE}_{part}"
    test_database.clone(template, name)
    options = [
        "--durations=10",
        "--odoo-http",
        "--odoo-log-level=error",
        f"--odoo-database={name}",
        f"--odoo-config={test_database.CONFIGURATION}",
    ]
    try:
        return _run(*command, "-m", "pytest", *options, *arguments, stdout=output, stderr=output)
    finally:
        test_database.drop(name)


def _run(*arguments, **options) -> int:
    return subprocess.run(arguments, cwd=layout.ROOT, check=False, **options).returncode


if __name__ == "__main__":
    failure.report(main)
