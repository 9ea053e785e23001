"""A skipped test fails the run unless ``tests/allowed_skips.txt`` lists it with its reason.

A line there reads ``PATTERN | REASON``: the pattern is matched (fnmatch) against the test's id,
and the reason is for the reader. A green run can so never hide that nothing was tested.
"""

from fnmatch import fnmatch
from pathlib import Path

import pytest

ALLOWED = Path(__file__).parent.parent / "allowed_skips.txt"
_surprises = pytest.StashKey[list[str]]()


def allowed_patterns(text):
    """Return the patterns of a list of allowed skips.

    :raises ValueError: for a line without a reason, naming the line
    """
    patterns = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, separator, reason = line.partition(" | ")
        if not separator or not reason.strip():
            raise ValueError(f"line {number} of the allowed skips gives no reason: {line}")
        patterns.append(pattern.strip())
    return patterns


def pytest_configure(config):
    config.stash[_surprises] = []
    config.pluginmanager.register(_Judge(config), "allowed_skips_judge")


class _Judge:
    def __init__(self, config):
        self.surprises = config.stash[_surprises]
        self.patterns = allowed_patterns(ALLOWED.read_text(encoding="utf-8"))

    def pytest_runtest_logreport(self, report):
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        if not any(fnmatch(report.nodeid, pattern) for pattern in self.patterns):
            self.surprises.append(f"{report.nodeid}: {report.longrepr[2]}")

    def pytest_terminal_summary(self, terminalreporter):
        if self.surprises:
            terminalreporter.section("skips that tests/allowed_skips.txt does not allow", red=True)
            for line in self.surprises:
                terminalreporter.line(line)

    def pytest_sessionfinish(self, session):
        if self.surprises and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
