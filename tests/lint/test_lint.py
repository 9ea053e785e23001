"""The way the checks are run, whoever runs them."""

import re

import pytest

MESSY = "import os\nimport abc\nprint( os , abc )\n"
NEAT = "import abc\nimport os\n\nprint(os, abc)\n"


def test_all_checks_run_and_one_failure_fails_all(checkout, checks):
    checkout.write("docs/a.yml", "a: 1\na: 2\n")
    run = checkout.lint()
    assert run.returncode == 1
    lines = dict(re.findall(r"^(\S+) +[0-9.]+ s  (.*)$", run.stdout, re.MULTILINE))
    assert set(lines) == set(checks)
    assert lines["yamllint"] == "FAIL"
    assert lines["pylint"] == lines["oca-module"] == "no files"


def test_only_named_files_are_checked(checkout):
    checkout.write("docs/a.yml", "a: 1\na: 2\n")
    checkout.write("docs/b.yml", "a: 1\n")
    assert checkout.lint("yamllint", "docs/b.yml").returncode == 0
    assert checkout.lint("yamllint", "docs").returncode == 1


def test_ignored_files_are_not_checked(checkout):
    checkout.write("__pycache__/a.py", MESSY)
    run = checkout.lint("ruff", "__pycache__/a.py")
    assert run.returncode == 0
    assert "no files" in run.stdout


def test_fix_mends(checkout):
    checkout.write("docs/a.py", MESSY)
    checkout.write("docs/b.xml", "<odoo><record   id='a'/></odoo>\n")
    assert checkout.lint("ruff-format").returncode == 1
    assert checkout.lint("--fix").returncode == 0
    assert (checkout.folder / "docs/a.py").read_text() == NEAT
    assert checkout.lint("prettier", "docs").returncode == 0


def test_outside_a_clone_one_line_says_so(checkout):
    git = {"GIT_CEILING_DIRECTORIES": str(checkout.folder.parent), "GIT_DIR": "/nonexistent"}
    run = checkout.lint("ruff", environment=git)
    assert run.returncode == 1
    assert "lint works in a clone" in run.stdout
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    use-vim-comment,", "    use-vim-comment,\n    use-vi-comment,", "W0012"),
        ("license-allowed=", "license_allowed=", "E0015"),
    ],
)
def test_unknown_name_in_the_rules_of_pylint_fails(checkout, old, new, message):
    rules = (checkout.folder / ".pylintrc").read_text()
    assert rules.count(f"\n{old}") == 1
    checkout.write("addons/a/models.py", '"""Nothing."""\n')
    assert checkout.lint("pylint").returncode == 0
    checkout.write(".pylintrc", rules.replace(f"\n{old}", f"\n{new}"))
    run = checkout.lint("pylint")
    assert run.returncode == 1
    assert message in run.stdout


def test_no_check_of_pylint_odoo_is_left_out(checkout):
    run = checkout.run(
        checkout.folder / ".local/lint/bin/pylint", "--rcfile=.pylintrc", "--list-msgs-enabled"
    )
    enabled, disabled = run.stdout.split("Disabled messages:")
    assert len(re.findall(r"\([A-Z]8\d{3}\)", enabled)) >= 67
    assert not re.findall(r".*\([A-Z]8\d{3}\)", disabled.partition("Non-emittable")[0])


def test_pre_commit_runs_every_check(checkout, checks):
    configuration = (checkout.folder / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"\brepo: (.*)", configuration) == ["local"]
    assert re.findall(r"\bid: (.*)", configuration) == checks
    entries = [f"python3 tools/lint.py {check}" for check in checks]
    assert re.findall(r"\bentry: (.*)", configuration) == entries


def test_pre_commit_checks_what_is_committed(checkout, tmp_path_factory):
    checkout.write("docs/a.py", MESSY)
    checkout.write("docs/b.py", NEAT)

    def commit(file):
        return checkout.run(
            checkout.folder / ".local/lint/bin/pre-commit",
            "run",
            "ruff-format",
            "--files",
            file,
            environment={"PRE_COMMIT_HOME": str(tmp_path_factory.getbasetemp() / "pre-commit")},
        )

    assert checkout.run("git", "add", ".pre-commit-config.yaml", "docs").returncode == 0
    assert commit("docs/b.py").returncode == 0
    run = commit("docs/a.py")
    assert run.returncode == 1
    assert "docs/a.py" in run.stdout
