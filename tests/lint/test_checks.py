"""Each check finds what it is there for, and is content with the same thing done right."""

import pytest

MANIFEST = """{
    "name": "Sample",
    "summary": "An addon to do wrong things in",
    "version": "19.0.1.0.0",
    "category": "Operations",
    "author": "Ops Center",
    "website": "https://github.com/ops-center/ops-center",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["views/sample_views.xml"],
}
"""
VIEWS = """<?xml version="1.0" encoding="UTF-8" ?>
<odoo>
    <record id="sample_action" model="ir.actions.act_window">
        <field name="name">Sample</field>
        <field name="res_model">res.partner</field>
    </record>
</odoo>
"""
MODEL = """from odoo import models


class Sample(models.Model):
    _name = "ops.sample"
    _description = "Sample"

    def ready(self):
        return self.env._("%(name)s is ready", name=self.display_name)
"""
TERMS = """#. module: ops_sample
#: model:ir.model,name:ops_sample.model_ops_sample
msgid "Sample %s"
msgstr ""
"""
ADDON = "addons/ops_sample"
ADDON_FILES = {
    "__init__.py": "from . import models\n",
    "__manifest__.py": MANIFEST,
    "README.rst": "A sample.\n",
    "i18n/ops_sample.pot": TERMS,
    "models/__init__.py": "from . import sample\n",
    "models/sample.py": MODEL,
    "static/description/icon.png": "",
    "views/sample_views.xml": VIEWS,
}
WORKFLOW = """name: CI

on:
  push:
    branches:
      - main

permissions: {}

concurrency:
  group: ci
  cancel-in-progress: true

jobs:
  test:
    name: Test
    runs-on: ubuntu-24.04
    steps:
      - name: Test
        run: make test
"""
DEPENDABOT = """version: 2

updates:
  - package-ecosystem: pip
    directory: /
    schedule:
      interval: weekly
    cooldown:
      default-days: 7
"""
COMPOSE = """services:
  odoo:
    image: odoo:19.0
"""
DOCKERFILE = """FROM odoo:19.0
COPY addons /opt/ops/addons
"""
SCRIPT = """#!/bin/bash
echo "${HOME}"
"""
COMPONENT = """export function twice(text) {
    const separator = "-";
    return `${text}${separator}${text}`;
}
"""
PYTHON = """import logging

_logger = logging.getLogger(__name__)


def greet(name: str) -> None:
    _logger.info("Good day, %s", name)
"""

# What is right, how it is made wrong, and what the check says about that.
CASES = {
    "eslint": ("a/b.js", COMPONENT, ("const separator", "var separator"), "no-var"),
    "eslint-name": ("a/b.mjs", COMPONENT, ("`${text}", "`${txt}"), "no-undef"),
    "prettier-js": ("a/b.js", COMPONENT, ('"-"', "'-'"), "a/b.js"),
    "prettier-json": ("a/b.json", '{ "a": 1 }\n', ("1 }", "1}"), "a/b.json"),
    "prettier-scss": ("a/b.scss", ".a {\n    color: red;\n}\n", ("    c", "  c"), "a/b.scss"),
    "prettier-xml": ("a/b.xml", VIEWS, ("        <field", "      <field"), "a/b.xml"),
    "prettier-yaml": ("a/b.yaml", "a: 1\n", ("a: ", "a:  "), "a/b.yaml"),
    "codespell": ("docs/a.md", "We receive it.\n", ("ceiv", "ciev"), "receive"),
    "ruff": ("tools/a.py", PYTHON, ('"Good day, %s", name', 'f"Good day, {name}"'), "G004"),
    "ruff-bugs": ("tools/a.py", PYTHON, ("name: str", "name=[]"), "B006"),
    "ruff-imports": ("tools/a.py", PYTHON, ("logging\n", "logging\nimport abc\n"), "I001"),
    "ruff-security": ("tools/a.py", PYTHON, ("_logger.info", "eval"), "S307"),
    "ruff-pylint": ("tools/a.py", PYTHON, ("None:", "None:\n    assert name == 1234"), "PLR2004"),
    "ruff-own": ("tools/a.py", PYTHON, ("name)", "name)  # noqa: G004"), "RUF100"),
    "ruff-modern": ("tools/a.py", PYTHON, ("None:", "None:\n    name = '%s' % name"), "UP031"),
    "ruff-length": ("tools/a.py", PYTHON, ("day", "day" * 30), "E501"),
    "ruff-script": (
        "tools/a",
        f"#!/usr/bin/env python3\n{PYTHON}",
        ("name: str", "name=[]"),
        "B006",
    ),
    "ruff-format": ("tools/a.py", PYTHON, ('"Good day, %s"', "'Good day, %s'"), "+++ tools/a.py"),
    "yamllint": ("a/b.yml", "a: 1\nb: 2\n", ("b: 2", "a: 2"), "key-duplicates"),
    "shellcheck": ("tools/a.sh", SCRIPT, ('"${HOME}"', "${HOME}"), "SC2086"),
    "shellcheck-script": ("tools/a", SCRIPT, ('"${HOME}"', "${HOME}"), "SC2086"),
    "hadolint": ("Dockerfile", DOCKERFILE, (":19.0", ""), "DL3006"),
    "schema-workflows": (".github/workflows/a.yml", WORKFLOW, ("run:", "runs:"), "Schema"),
    "schema-dependabot": (".github/dependabot.yml", DEPENDABOT, ("pip", "pit"), "Schema"),
    "schema-compose": ("docker-compose.yml", COMPOSE, ("image:", "picture:"), "Schema"),
    "actionlint": (".github/workflows/a.yml", WORKFLOW, ("24.04", "2.04"), "runner-label"),
    "zizmor": (
        ".github/workflows/a.yml",
        WORKFLOW,
        ("run: make test", "uses: actions/checkout@v4"),
        "unpinned-uses",
    ),
}
ADDON_CASES = {
    "pylint": (
        "models/sample.py",
        ("        return", "        print(self)\n        return"),
        "print-used",
    ),
    "pylint-translation": (
        "models/sample.py",
        ('_("%(name)s is ready", name=self.display_name)', '_("{} is ready").format(self.id)'),
        "translation-injection",
    ),
    "pylint-manifest": ("__manifest__.py", ('"LGPL-3"', '"AGPL-3"'), "license-allowed"),
    "pylint-readme": ("README.rst", None, "missing-readme"),
    "oca-module": (
        "views/sample_views.xml",
        ('"sample', '"ops_sample.sample'),
        "xml-redundant-module",
    ),
    "oca-module-unused": ("__manifest__.py", ('"views/sample_views.xml"', ""), "file-not-used"),
    "oca-po": ("i18n/ops_sample.pot", ("#. module: ops_sample\n", ""), "po-requires-module"),
}


def check_of(case, checks):
    """Return the check that a case, named after it, is for."""
    return max((check for check in checks if case.startswith(check)), key=len)


def judge(checkout, check, *files):
    """Return whether a check passed, having looked at something, and what it said."""
    run = checkout.lint(check, *files)
    assert "no files" not in run.stdout
    assert run.returncode in (0, 1), run.stdout
    return not run.returncode, run.stdout


@pytest.mark.parametrize("case", CASES)
def test_check_fires(checkout, checks, case):
    name, right, (old, new), message = CASES[case]
    check = check_of(case, checks)
    checkout.write(name, right)
    passed, output = judge(checkout, check, name)
    assert passed, output
    assert old in right
    checkout.write(name, right.replace(old, new, 1))
    passed, output = judge(checkout, check, name)
    assert not passed
    assert message in output


@pytest.fixture
def addon(checkout):
    """The folder of an addon with nothing wrong."""
    for file, content in ADDON_FILES.items():
        checkout.write(f"{ADDON}/{file}", content)
    return checkout.folder / ADDON


@pytest.mark.parametrize("check", ["pylint", "oca-module", "oca-po"])
def test_check_of_addons_passes_a_right_one(checkout, addon, check):
    passed, output = judge(checkout, check, ADDON)
    assert passed, output


@pytest.mark.parametrize("case", ADDON_CASES)
def test_check_of_addons_fires(checkout, addon, checks, case):
    name, change, message = ADDON_CASES[case]
    if change is None:
        (addon / name).unlink()
    else:
        old, new = change
        assert old in ADDON_FILES[name]
        (addon / name).write_text(ADDON_FILES[name].replace(old, new))
    passed, output = judge(checkout, check_of(case, checks), ADDON)
    assert not passed
    assert message in output


def test_every_check_has_a_case(checks):
    assert {check_of(case, checks) for case in (*CASES, *ADDON_CASES)} == set(checks)
