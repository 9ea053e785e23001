from odoo.tools import SQL

from odoo.addons.ops_center_base.pause import wait_for_workers

from .models.ops_deployment_api import SCOPE


def uninstall_hook(env):
    """Let no worker write into tables that are being removed, and no key outlive what it opens."""
    wait_for_workers(env)
    env.cr.execute(SQL("DELETE FROM res_users_apikeys WHERE scope LIKE %s", SCOPE.format("%")))
