"""How many errors each process of this Odoo logged, and the last of them."""

from odoo.tools import SQL

from .clock import NOW


def create_table(cr):
    """Create the table of counted errors; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_log_error (
            at timestamp NOT NULL,
            process varchar NOT NULL,
            count integer NOT NULL,
            message varchar NOT NULL
        )
    """)


def add(cr, process, count, message):
    """Store how many errors a process logged, and the last of them."""
    cr.execute(
        SQL(
            "INSERT INTO ops_health_log_error VALUES (%s, %s, %s, %s)",
            NOW,
            process,
            count,
            message,
        ),
        log_exceptions=False,
    )


def delete_old(cr, retention):
    """Forget the errors that are older than the retention.

    :param timedelta retention: how long counted errors are kept
    """
    cr.execute(SQL("DELETE FROM ops_health_log_error WHERE at < %s - %s", NOW, retention))
