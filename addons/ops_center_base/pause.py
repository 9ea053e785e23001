"""How the worker keeps out of the way while modules are installed, updated or removed.

Odoo deletes the tables of an addon in one long transaction. What others commit meanwhile makes
it lose races, and what it could not delete it leaves behind. So each transaction of the worker
makes sure first that it may work, and the addon waits for those that began before.
"""

import threading
from contextlib import contextmanager

from psycopg2.errors import LockNotAvailable, UndefinedTable

_thread = threading.local()


class Paused(Exception):
    """No work may be done now; what was begun goes on as after a crash."""


def reason_to_pause(cr):
    """Return why no work may be done in the database now, or None.

    Whoever calls it begins a new transaction if there is a reason.
    """
    # A connection that was lost meanwhile is ordinary here, so it is no error in the log.
    try:
        cr.execute(
            "SELECT name, state FROM ir_module_module "
            "WHERE state LIKE 'to %' OR name = 'ops_center_base' AND state != 'installed' LIMIT 1",
            log_exceptions=False,
        )
    except UndefinedTable:
        return "the database is not initialised yet"
    row = cr.fetchone()
    return row and "module {} is {}".format(*row)


def ensure_permitted(cr):
    """Make sure that no module operation begins before the end of this transaction.

    :param cr: a cursor whose transaction has not begun: unlike a query, the lock does not fix
        what the transaction sees, so that the state of the modules is the present one
    :raise Paused: if one is under way
    """
    try:
        cr.execute("LOCK TABLE ops_worker IN ROW SHARE MODE NOWAIT", log_exceptions=False)
    except (LockNotAvailable, UndefinedTable) as error:
        raise Paused(str(error).strip()) from error
    if reason := reason_to_pause(cr):
        raise Paused(reason)


@contextmanager
def pausable():
    """Let the own transactions of this thread raise `Paused` for the time of the block."""
    _thread.pausable = True
    try:
        yield
    finally:
        _thread.pausable = False


def is_pausable():
    """Return whether this thread is in a block of `pausable`."""
    return getattr(_thread, "pausable", False)


def wait_for_workers(env):
    """Wait until no worker writes any more; for the uninstall hook of an addon with loops.

    The modules are in the state ``to remove`` already, so no transaction of a worker begins
    after those that this waits for. The commit has the uninstallation see what they wrote.
    """
    env.cr.execute("LOCK TABLE ops_worker IN EXCLUSIVE MODE")
    env.cr.commit()  # pylint: disable=invalid-commit; Odoo goes on with the removal after a crash
