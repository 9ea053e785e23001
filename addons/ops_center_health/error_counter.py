"""Counts the ERROR lines that the processes of this Odoo write to their log.

Odoo logs to a file or to its terminal, which nothing in here could read; ``--log-db`` is off by
default and keeps every line for ever. So each process counts its own errors, and at most every few
seconds stores the number and the last line in a small table that all of them share.
"""

import contextlib
import logging
import os
import socket
import threading

import psycopg2

from odoo.sql_db import db_connect

from odoo.addons.ops_center_base.transport import mask

from .storage import log_errors

FLUSH_DELAY = 2.0  # seconds from an error to its being stored, with all that come meanwhile
MESSAGE_LENGTH = 500  # characters

# Transactions that lost a race are repeated; PostgreSQL's words for them, logged by odoo.sql_db.
LOST_RACES = ("could not serialize access", "deadlock detected", "could not obtain lock")

_counters = {}


def start(dbname):
    """Count the errors that this process logs while it works for the database."""
    if dbname not in _counters:
        _counters[dbname] = ErrorCounter(dbname)
        logging.getLogger().addHandler(_counters[dbname])


def stop(dbname):
    """Count no longer."""
    if counter := _counters.pop(dbname, None):
        logging.getLogger().removeHandler(counter)


class ErrorCounter(logging.Handler):
    """Counts errors of the threads that work for one database."""

    def __init__(self, dbname):
        super().__init__(logging.ERROR)
        self._dbname = dbname
        self._count = 0
        self._message = ""
        self._timer = None

    def emit(self, record):
        if getattr(threading.current_thread(), "dbname", None) != self._dbname:
            return
        message = record.getMessage()
        if record.name == "odoo.sql_db" and any(race in message for race in LOST_RACES):
            return
        self._count += 1
        self._message = f"{record.name}: {message}"[:MESSAGE_LENGTH]
        if not self._timer:
            self._timer = threading.Timer(FLUSH_DELAY, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self):
        """Store what was counted. A database that can't take it has errors of its own."""
        with self.lock:
            self._timer = None
            count, self._count = self._count, 0
        if not count:
            return
        process = f"{socket.gethostname()}:{os.getpid()}"
        with contextlib.suppress(psycopg2.Error), db_connect(self._dbname).cursor() as cr:
            log_errors.add(cr, process, count, mask(self._message))
