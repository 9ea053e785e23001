"""The tables that change with every probe, too often for the ORM, and that no model owns.

All times are UTC without time zone, as everywhere in Odoo.
"""

from . import certificates
from . import facts
from . import failures
from . import installations
from . import intervals
from . import last_seen
from . import log_errors
from . import metrics
from . import pings
from . import rollups
from . import samples
from . import states


def drop_tables(cr):
    """Drop everything that is made here, and the view that reads it."""
    cr.execute(
        "DROP TABLE IF EXISTS ops_health_check_state, ops_health_sample, ops_health_ping,"
        " ops_health_certificate, ops_health_facts, ops_health_failure,"
        " ops_health_installation, ops_health_log_error, ops_health_interval,"
        " ops_health_rollup_hour, ops_health_rollup_day, ops_health_rollup_mark CASCADE"
    )
