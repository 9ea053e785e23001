"""Which revision of the code is running."""

import os

from odoo.release import version


def running_release() -> str:
    """Return the revision that the deployment put into OPS_CENTER_RELEASE, else Odoo's version."""
    return os.environ.get("OPS_CENTER_RELEASE") or f"odoo-{version}"
