"""Put the scripts and styles of database NAME together, as the first visitors would have Odoo do.

Run by the interpreter of the set-up, with ODOO_RC: ``python prebuilt_assets.py NAME``.
"""

import sys

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

BUNDLES = (
    "web.assets_web",
    "web.assets_frontend",
    "web.assets_frontend_minimal",
    "web.assets_frontend_lazy",
    "web.assets_tests",
)


def main(name: str) -> None:
    """Store the bundles that the login page, the backend and the tours load."""
    config.parse_config(["--database", name, "--no-http"], setup_logging=True)
    with Registry(name).cursor() as cr:
        assets = api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]
        for bundle in BUNDLES:
            assets._get_asset_bundle(bundle, css=True, js=True).css()
            assets._get_asset_bundle(bundle, css=True, js=True).js()


if __name__ == "__main__":
    main(*sys.argv[1:])
