"""The pure packages of the audit addon, importable without Odoo.

`ops_center_audit` becomes a bare package around the addon's folder: the addon's own `__init__`
would import its models.
"""

import sys
from pathlib import Path
from types import ModuleType

ADDON = Path(__file__).resolve().parents[2] / "addons" / "ops_center_audit"

package = ModuleType("ops_center_audit")
package.__path__ = [str(ADDON)]
sys.modules.setdefault("ops_center_audit", package)
