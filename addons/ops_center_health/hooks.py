from odoo.addons.ops_center_base.pause import wait_for_workers

from . import error_counter, storage


def uninstall_hook(env):
    """Drop what no model owns: tables behind the checks, the counter in the log, a token."""
    wait_for_workers(env)
    env["ops.health.sentinel"]._forget_token()
    error_counter.stop(env.cr.dbname)
    storage.drop_tables(env.cr)
