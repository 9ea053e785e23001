"""Fail a test that leaves an ERROR line in the log without having announced it.

Odoo's runners exit with 0 whatever was logged; a green run with an ERROR in it is a bug nobody
looks at. A test that expects one says so: Odoo tests with ``mute_logger`` (the line then never
reaches the root logger), the others with ``@pytest.mark.expected_log_errors(r"regex", …)``.
"""

import logging
import re

import pytest


class _ErrorCollector(logging.Handler):
    """Keeps what is logged at ERROR and above, from whichever thread."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.name}: {record.getMessage()}")


def unexpected(lines, expected):
    """Return those of ``lines`` that no regular expression of ``expected`` matches."""
    patterns = [re.compile(pattern) for pattern in expected]
    return [line for line in lines if not any(pattern.search(line) for pattern in patterns)]


def expected_of(request):
    """Return the regular expressions that the test of ``request`` declares."""
    return [
        pattern
        for marker in request.node.iter_markers("expected_log_errors")
        for pattern in marker.args
    ]


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "expected_log_errors(*regexes): ERROR lines that this test causes on purpose"
    )


@pytest.fixture(autouse=True)
def judged_log(request):
    collector = _ErrorCollector()
    logging.getLogger().addHandler(collector)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(collector)
    surprises = unexpected(collector.lines, expected_of(request))
    if surprises:
        pytest.fail("Unexpected ERROR lines in the log:\n" + "\n".join(surprises), pytrace=False)
