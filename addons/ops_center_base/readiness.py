"""Why a request found no database, told without one."""

from contextlib import closing

import psycopg2

from odoo import sql_db
from odoo.http import db_list


def reason_without_database():
    """Return in one sentence why no database with Ops Center serves this request."""
    try:
        with closing(sql_db.db_connect("postgres").cursor()) as cr:
            cr.execute("SELECT 1", log_exceptions=False)
    except psycopg2.OperationalError:
        return "PostgreSQL does not answer: start it, or mend db_host, db_port and db_user."
    except psycopg2.NotSupportedError:
        return "PostgreSQL is a read-only standby: promote it, or connect to the primary."
    names = db_list(force=True)
    if len(names) > 1:
        return f"{len(names)} databases match this address: choose one by db_name, or by dbfilter."
    if not names:
        return "No database matches this address: create one, or mend db_name and dbfilter."
    try:
        sql_db.db_connect(names[0]).cursor().close()
    except psycopg2.Error:
        return f"Database {names[0]} can't be opened: create or restore it, or mend db_name."
    return (
        f"Database {names[0]} can't be loaded, or Ops Center is not installed in it: "
        "install it, or read the log of the server."
    )
