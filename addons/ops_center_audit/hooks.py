from odoo.addons.ops_center_base.pause import wait_for_workers


def uninstall_hook(env):
    """Delete the findings before Odoo deletes the rules, which they hold on to."""
    wait_for_workers(env)
    env.cr.execute("DELETE FROM ops_finding")
