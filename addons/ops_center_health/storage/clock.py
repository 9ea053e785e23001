"""What time it is for the tables."""

from odoo.tools import SQL

# When the transaction began, UTC without time zone, as everywhere in Odoo.
NOW = SQL("(now() AT TIME ZONE 'UTC')")
