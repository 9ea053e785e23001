def uninstall_hook(env):
    """Delete the findings before Odoo deletes the rules, which they hold on to."""
    env.cr.execute("DELETE FROM ops_finding")
