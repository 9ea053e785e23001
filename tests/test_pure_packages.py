"""The pure packages run from a plain shell, so they never import Odoo."""

import ast
from pathlib import Path

import pytest

ADDONS = Path(__file__).resolve().parents[1] / "addons"
PURE = (
    "ops_center_base/relay",
    "ops_center_base/transport",
    "ops_center_health/probes",
    "ops_center_health/self_checks",
    "ops_center_audit/importers",
    "ops_center_audit/auditor",
    "ops_center_digitalocean/app_platform",
)


def imported_modules(source):
    """Yield the absolute names of the modules that Python ``source`` imports, wherever."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


@pytest.mark.parametrize("package", PURE)
def test_pure_package_never_imports_odoo(package):
    files = list((ADDONS / package).rglob("*.py"))
    assert files, f"{package} holds no Python file"
    guilty = [
        f"{path.relative_to(ADDONS)} imports {module}"
        for path in files
        for module in imported_modules(path.read_text(encoding="utf-8"))
        if module.split(".")[0] == "odoo"
    ]
    assert not guilty, "\n".join(guilty)


def test_the_check_sees_an_import():
    assert list(imported_modules("def f():\n    from odoo.fields import Domain")) == ["odoo.fields"]
