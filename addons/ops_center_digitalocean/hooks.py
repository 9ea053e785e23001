from odoo.addons.ops_center_base.pause import wait_for_workers


def uninstall_hook(env):
    """Let no worker write into tables that are being removed."""
    wait_for_workers(env)
