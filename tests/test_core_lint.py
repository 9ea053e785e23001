"""Core's own lint suite (``test_lint``), held against our addons instead of Odoo's."""

import importlib
import unittest
from pathlib import Path
from unittest.mock import patch

import pytest

ADDONS = Path(__file__).resolve().parents[1] / "addons"
# Left out: test_eslint, test_pofile and test_pylint (four minutes, for it infers through all of
# Odoo) judge what `make lint` judges with more rules;
# test_l10n and test_i18n know Odoo's own localisation modules by name; test_checkers tests the
# checkers themselves.
SUITES = (
    "test_docstring",
    "test_dunderinit",
    "test_index",
    "test_jstranslate",
    "test_manifests",
    "test_markers",
    "test_naming",
    "test_onchange_domains",
    "test_orm_import",
    "test_override_signatures",
    "test_routes",
    "test_test_holes",
)


@pytest.fixture
def only_our_addons():
    """Let the suites see our addons alone."""
    from odoo.modules import Manifest  # noqa: PLC0415 - collected without Odoo too

    ours = [
        manifest
        for manifest in Manifest.all_addon_manifests()
        if Path(manifest.path).parent == ADDONS
    ]
    assert ours, "no addon of ours is in the addons path"
    with patch.object(Manifest, "all_addon_manifests", return_value=ours):
        yield


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.usefixtures("only_our_addons")
def test_core_suite(name):
    module = importlib.import_module(f"odoo.addons.test_lint.tests.{name}")
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun, f"core's {name} holds no test any more"
    problems = [text for _test, text in [*result.failures, *result.errors]]
    assert not problems, "\n".join(problems)
    assert not result.skipped, f"core's {name} skipped: {result.skipped}"
