from odoo.addons.ops_center_base.pause import wait_for_workers

from . import error_counter, storage


def uninstall_hook(env):
    """Drop what no model owns: the tables behind the checks and the counter in the log."""
    wait_for_workers(env)
    error_counter.stop(env.cr.dbname)
    storage.drop_tables(env.cr)
