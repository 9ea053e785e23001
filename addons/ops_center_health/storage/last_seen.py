"""What checks saw of their targets last, which is of no use once they look at something else."""

from odoo.tools import SQL

TABLES = ("ops_health_certificate", "ops_health_failure", "ops_health_installation")


def forget(cr, check_ids):
    """Drop what the checks saw last, for they look at something else from now on."""
    for table in TABLES:
        # A race lost to the worker is ordinary, and Odoo repeats the request: no line in the log.
        cr.execute(
            SQL("DELETE FROM %s WHERE check_id = ANY(%s)", SQL.identifier(table), list(check_ids)),
            log_exceptions=False,
        )
