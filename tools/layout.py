"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ROOT / "addons"
ODOO_BIN = ROOT / "tools" / "odoo-bin"
ODOO_CONFIGURATION = ROOT / "config" / "odoo" / "odoo.conf"

# Everything that the tools make, ignored by git; `make clean` removes it.
LOCAL = ROOT / ".local"
LOGS = LOCAL / "log"
RUN = LOCAL / "run"
