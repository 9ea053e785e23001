"""The tables that change with every probe, too often for the ORM, and that no model owns.

All times are UTC without time zone, as everywhere in Odoo.
"""

from . import certificates
from . import log_errors
from . import pings
from . import samples
from . import states


def drop_tables(cr):
    """Drop everything that is made here, and the view that reads it."""
    cr.execute(
        "DROP TABLE IF EXISTS ops_health_check_state, ops_health_sample, ops_health_ping,"
        " ops_health_certificate, ops_health_log_error CASCADE"
    )
