"""What decides over a submission counts tests, and never calls red green."""

import pytest

MAKEFILE = """
test:
\t@echo '== 3 passed, 1 skipped in 0.52s =='
\t@echo '==== {summary} in 83.20s (0:01:23) ===='
\t@{end}

containers-test:
\t@echo '2 passed, 0 failed'

nothing:
\t@echo '3 checks, 0 failed'
"""


@pytest.fixture
def ci_run(tmp_path, checkout):
    """Return ``ci_run(*targets, summary=, end=)``, over targets that print such a summary."""

    def run(*targets, summary="10 passed, 2 skipped", end="true"):
        checkout.write("Makefile", MAKEFILE.format(summary=summary, end=end))
        return checkout.run("bash", ".ci/run", *targets)

    return run


def last_line(run):
    return run.stdout.splitlines()[-1]


def test_the_tests_of_all_targets_are_counted(ci_run):
    run = ci_run()
    assert run.returncode == 0
    assert last_line(run) == "15 passed, 0 failed, 3 skipped"
    assert "== make test: ok after" in run.stdout
    assert "== make containers-test: ok after" in run.stdout


def test_a_failed_target_fails_and_the_next_runs_all_the_same(ci_run):
    run = ci_run(summary="1 failed, 9 passed, 2 errors", end="false")
    assert run.returncode == 1
    assert "== make test: FAILED after" in run.stdout
    assert last_line(run) == "14 passed, 3 failed, 1 skipped"


def test_without_any_test_it_fails(ci_run):
    run = ci_run("nothing")
    assert run.returncode == 1
    assert last_line(run) == "0 passed, 0 failed, 0 skipped"
