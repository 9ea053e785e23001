"""Change what decides about states, a little each time: a test has to fail for each change.

Cosmic Ray makes the changes. Each is tried in a fork of this process, because starting Python and
Odoo's test classes anew would take a hundred times as long. Nothing is written to the code.
"""

import argparse
import importlib
import importlib.abc
import importlib.util
import io
import os
import signal
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

import cronsim  # noqa: F401 - what forks need is imported once
import parso
import pytest
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from dateutil import rrule  # noqa: F401

import odoo.tests  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
ADDON = ADDONS / "ops_center_health"
TIMEOUT = 30  # seconds, for changes that make a loop endless
# What these change is types for readers, or nothing that we have.
LEFT_OUT = ("VariableReplacer", "VariableInserter", "BinaryOperator_BitOr", "RemoveDecorator")
# The code, and the files whose tests have to notice.
UNDER_UNITTEST = {
    "cron_schedule": "test_cron_schedule",
    "group": "test_group",
    "heartbeat": "test_heartbeat",
    "histogram": "test_histogram",
    "recurrence": "test_recurrence",
    "module_changes": "test_module_changes",
    "odoo_facts": "test_odoo_facts",
    "outcome": "test_outcome",
    "own_network": "test_canaries",
    "schedule": "test_schedule",
    "standing": "test_standing",
}
UNDER_PYTEST = {
    "probes.address_policy": "test_address_policy.py",
    "probes.assertions": "test_target.py",
    "probes.body_pattern": "test_expectation.py",
    "probes.certificate": "test_tls.py",
    "probes.http_expectation": "test_expectation.py",
    "probes.json_condition": "test_expectation.py",
    "probes.sentinel.troubles": "test_sentinel_troubles.py",
}
FLOOR = 0.7  # of the changes of each module have to be noticed


class Mutated(SourceFileLoader, importlib.abc.MetaPathFinder):
    """Has the import system take other source for one module."""

    def __init__(self, name: str, path: Path, source: str):
        super().__init__(name, str(path))
        self._source = source

    def find_spec(self, fullname, _path, _target=None):
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, _fullname):
        return compile(self._source, self.path, "exec")


def main() -> int:
    """Try all changes of the modules asked for; print a table and what survived.

    Returns 1 if the tests notice too little of a module.
    """
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.split("\n")[0])
    everything = [*UNDER_UNITTEST, *UNDER_PYTEST]
    parser.add_argument("modules", nargs="*", choices=[*everything, []], metavar="MODULE")
    modules = parser.parse_args().modules or everything
    _pretend_packages()
    survivors, totals, poor = [], [0, 0], []
    for module in modules:
        path = ADDON.joinpath(*module.split(".")).with_suffix(".py")
        source = path.read_text(encoding="utf-8")
        if not _passes(module, path, source):
            sys.exit(f"The tests of {module} fail without any change: mend them first.")
        changed = list(_mutants(source))
        alive = [
            f"{path.relative_to(ROOT)}:{place}"
            for place, mutant in changed
            if _passes(module, path, mutant)
        ]
        survivors += alive
        totals = [totals[0] + len(changed), totals[1] + len(changed) - len(alive)]
        _print_score(module, len(changed), len(changed) - len(alive))
        if len(alive) > (1 - FLOOR) * len(changed):
            poor.append(module)
    _print_score("all", *totals)
    print("\nSurvivors:", *survivors, sep="\n")
    if poor:
        print(f"\nToo little is noticed of {', '.join(poor)}: add tests.")
    return 1 if poor else 0


def _print_score(name: str, count: int, killed: int) -> None:
    print(f"{name:<26}{count:6} changes{killed:6} noticed{100 * killed / count:7.1f} %", flush=True)


def _mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield where and what is changed, and the source with the change."""
    tree = parso.parse(source)
    for name in sorted(operator_names()):
        if any(part in name for part in LEFT_OUT):
            continue
        operator = get_operator(name)()
        positions = [
            position for node in ast_nodes(tree) for position in operator.mutation_positions(node)
        ]
        for occurrence, ((line, _column), _end) in enumerate(positions):
            mutant = mutate_code(source, operator, occurrence)
            if mutant not in (None, source):
                new = mutant.splitlines()[line - 1].strip()
                yield f"{line}: {name.removeprefix('core/')}: {new}", mutant


def _pretend_packages() -> None:
    """Let modules be imported without what their packages import, which needs a database."""
    for name in ("base", "health", "health.tests"):
        package = types.ModuleType(f"odoo.addons.ops_center_{name}")
        package.__path__ = [str(ADDONS.joinpath(*f"ops_center_{name}".split(".")))]
        sys.modules[package.__name__] = package


def _passes(module: str, path: Path, source: str) -> bool:
    """Whether the tests of a module pass with other source; too slow is a failure."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    signal.alarm(TIMEOUT)
    code = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        test: Callable[[Mutated], bool] = _unittest if module in UNDER_UNITTEST else _pytest
        code = 0 if test(module, path, source) else 1
    finally:
        os._exit(code)


def _unittest(module: str, path: Path, source: str) -> bool:
    package = "odoo.addons.ops_center_health"
    sys.meta_path.insert(0, Mutated(f"{package}.{module}", path, source))
    tests = unittest.defaultTestLoader.loadTestsFromModule(
        importlib.import_module(f"{package}.tests.{UNDER_UNITTEST[module]}")
    )
    runner = unittest.TextTestRunner(stream=io.StringIO(), failfast=True)
    return runner.run(tests).wasSuccessful()


def _pytest(module: str, path: Path, source: str) -> bool:
    sys.meta_path.insert(0, Mutated(module, path, source))
    return not pytest.main(
        ["-p", "no:odoo", "-x", "-q", str(ROOT / "tests" / "probes" / UNDER_PYTEST[module])]
    )


if __name__ == "__main__":
    sys.exit(main())
