"""Own transactions: claim in one, call the outside in none, record in another."""

import itertools
import logging
import os
import random
import threading
import time
from contextlib import closing, contextmanager

import psycopg2

from odoo.exceptions import ConcurrencyError, LockError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .pause import Paused, ensure_permitted, is_pausable

_logger = logging.getLogger(__name__)

RETRYABLE_ERRORS = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError, LockError)
LOST_DATABASE = (psycopg2.OperationalError, psycopg2.InterfaceError)
MAX_ATTEMPTS = 5
BACK_OFF = 0.1  # seconds before the second attempt, doubled for each further one
LOST_RACES = ("could not serialize access", "deadlock detected", "could not obtain lock")


class _LostRaceFilter(logging.Filter):
    """Keeps races that are run again out of the log, where core writes them as errors."""

    def __init__(self):
        super().__init__()
        self.thread = threading.local()

    @contextmanager
    def active(self):
        """Drop this thread's lines about lost races for the time of the block."""
        before = getattr(self.thread, "active", False)
        self.thread.active = True
        try:
            yield
        finally:
            self.thread.active = before

    def filter(self, record):
        if not getattr(self.thread, "active", False):
            return True
        _query, _separator, error = record.getMessage().rpartition("\nERROR: ")
        return not error.startswith(LOST_RACES)


_lost_races = _LostRaceFilter()
logging.getLogger("odoo.sql_db").addFilter(_lost_races)


def unlogged_lost_races():
    """Return a context in which this thread logs no lost races, for what is run again after one."""
    return _lost_races.active()


def run_in_new_transaction(env, function, *args, **kwargs):
    """Call ``function(new_env, *args, **kwargs)`` in a transaction of its own and commit it.

    Odoo's transactions are REPEATABLE READ: who loses a race gets an error instead of no rows,
    and outside of requests nobody repeats the work. So it is repeated here, with a fresh
    snapshot, up to five times.

    :param env: an environment; its user, context and superuser mode are kept
    :param function: called again after a lost race, so it must have no effect but on the database
    :return: what the function returned; it must not hold records, their cursor is closed
    :raise Paused: in a worker, while modules are installed, updated or removed
    :raise Exception: whatever the function raises, and the last lost race; the log is silent
        about the earlier ones
    """
    for attempt in itertools.count(1):
        with closing(env.registry.cursor()) as cr, _lost_races.active():
            try:
                if is_pausable():
                    ensure_permitted(cr)
                result = function(env(cr=cr), *args, **kwargs)
                cr.commit()  # pylint: disable=invalid-commit; the cursor is our own
            except RETRYABLE_ERRORS as error:
                env.registry.reset_changes()
                if attempt == MAX_ATTEMPTS:
                    raise
                _logger.debug("Attempt %s lost a race: %r", attempt, error)
            except Exception:
                env.registry.reset_changes()
                raise
            else:
                env.registry.signal_changes()
                return result
        time.sleep(BACK_OFF * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311 - jitter


def attempt_in_new_transaction(records, method, *args):
    """Call a method of records in a transaction of its own; if it fails, that is logged.

    For batches, in which one that is out of order must not keep the others from their turn.

    :param str method: its result is dropped
    :raise Paused: see `run_in_new_transaction`
    """
    try:
        run_in_new_transaction(
            records.env, lambda env: getattr(records.with_env(env), method)(*args)
        )
    except Paused:
        raise
    except Exception:
        _logger.exception("%s: %s failed", records, method)


def crash_point(name: str) -> None:
    """Die at once, as a killed process does, if a crash test asks for it at this point."""
    if os.environ.get("OPS_CRASHPOINT") == name:
        os._exit(9)
