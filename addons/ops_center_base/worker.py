"""The worker process: runs the loops of `ops.worker`, each in a thread of its own.

The main thread listens for work, beats and starts or ends the threads as addons come and go. The
process may be killed at any line; nothing but the database and the leases in it holds state.
"""

import logging
import os
import select
import signal
import socket
import threading
import time
from contextlib import closing

import psycopg2

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import SQL

from .loop import stopping
from .models.ops_worker import CHANNEL
from .pause import Paused, ensure_permitted, pausable, reason_to_pause
from .transaction import LOST_DATABASE

_logger = logging.getLogger(__name__)

BEAT_EVERY = 5  # seconds
PAUSE = 2  # seconds between two looks whether work may begin
MAX_BACK_OFF = 60  # seconds
PATIENCE = 25  # seconds that passes get to finish when the process is asked to end


class LoopThread(threading.Thread):
    """Calls the method of one loop again and again, whatever becomes of a single pass."""

    def __init__(self, dbname, loop):
        super().__init__(name=f"ops_worker.{loop.name}", daemon=True)
        self.dbname = dbname  # Odoo's log shows it
        self.loop = loop
        self._wake = threading.Event()
        self._retired = False
        self._failures = 0

    def wake(self):
        self._wake.set()

    def retire(self):
        """End after the present pass."""
        self._retired = True
        self.wake()

    def run(self):
        while not (stopping.is_set() or self._retired):
            self._wake.clear()
            self._wake.wait(self._do_pass(self.loop.method))
        if self.loop.finish:
            self._do_pass(self.loop.finish)

    def _do_pass(self, method):
        """Call the method and return the seconds until the next pass."""
        try:
            with pausable():
                delay = self._call(method)
        except Paused:
            return PAUSE
        except LOST_DATABASE as error:
            _logger.warning("Loop %s: %s", self.loop.name, str(error).strip())
        except Exception:
            _logger.exception("Loop %s failed", self.loop.name)
        else:
            self._failures = 0
            return self.loop.interval if delay is None else delay
        self._failures += 1
        return min(2**self._failures, MAX_BACK_OFF)

    def _call(self, method):
        with closing(sql_db.db_connect(self.dbname).cursor()) as cr:
            if reason := reason_to_pause(cr):
                raise Paused(reason)
            cr.rollback()
            registry = Registry(self.dbname).check_signaling(cr)
            cr.rollback()
            env = api.Environment(cr, SUPERUSER_ID, {})
            if self.loop.model not in registry:
                return PAUSE
            return getattr(env[self.loop.model], method)()


class Worker:
    """The process: listens, beats, and keeps one thread for each loop.

    :param str dbname: the database to work on
    """

    def __init__(self, dbname):
        self.dbname = dbname
        self.host = socket.gethostname()
        self.pid = os.getpid()
        self.name = f"{self.host}:{self.pid}"
        self._threads = {}
        self._pause = None
        self._awakened, self._awaken = socket.socketpair()

    def run(self):
        """Work until the process is asked to end."""
        threading.current_thread().dbname = self.dbname
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        _logger.info("Worker %s starts on database %s", self.name, self.dbname)
        failures = 0
        while not stopping.is_set():
            try:
                with closing(sql_db.db_connect(self.dbname).cursor()) as cr:
                    cr.execute(SQL("LISTEN %s", SQL.identifier(CHANNEL)))
                    cr.commit()  # pylint: disable=invalid-commit; the cursor is our own
                    # Nobody listened meanwhile.
                    for thread in self._threads.values():
                        thread.wake()
                    while not stopping.is_set():
                        self._supervise(cr)
                        failures = 0
                        self._wait_for_work(cr)
            except Exception as error:
                failures += 1
                lost = isinstance(error, LOST_DATABASE)
                _logger.log(
                    logging.WARNING if lost else logging.ERROR,
                    "Worker %s begins again: %s",
                    self.name,
                    str(error).strip(),
                    exc_info=not lost,
                )
                stopping.wait(min(2**failures, MAX_BACK_OFF))
        self._finish()

    def _ask_to_stop(self, _number, _frame):
        stopping.set()
        self._awaken.send(b"\0")

    def _supervise(self, cr):
        """Go on or pause, as the state of the modules permits."""
        try:
            self._go_on(cr)
        except Paused as error:
            pause = str(error)
        else:
            pause = None
        cr.rollback()
        if pause != self._pause:
            _logger.info("Paused: %s" if pause else "Resumed after: %s", pause or self._pause)
            self._pause = pause

    def _go_on(self, cr):
        """Beat, and bring the threads in line with the loops that the database knows."""
        if reason := reason_to_pause(cr):
            raise Paused(reason)
        cr.rollback()
        Registry(self.dbname).check_signaling(cr)
        cr.rollback()
        ensure_permitted(cr)
        workers = api.Environment(cr, SUPERUSER_ID, {})["ops.worker"]
        workers._beat(self.name, self.host, self.pid)
        loops = set(workers._loops())
        cr.commit()  # pylint: disable=invalid-commit; the cursor is our own
        for loop in self._threads.keys() - loops:
            self._threads.pop(loop).retire()
        for loop in loops - self._threads.keys():
            self._threads[loop] = LoopThread(self.dbname, loop)
            self._threads[loop].start()

    def _wait_for_work(self, cr):
        """Wake the loops that others notify of, until it is time for the next beat."""
        connection = cr.connection
        if not connection.notifies:
            timeout = PAUSE if self._pause else BEAT_EVERY
            # Not `select`, which knows no more than a thousand files.
            poll = select.poll()
            for source in (connection, self._awakened):
                poll.register(source, select.POLLIN)
            poll.poll(timeout * 1000)
            connection.poll()
        topics = {notify.payload for notify in connection.notifies}
        connection.notifies.clear()
        for loop, thread in self._threads.items():
            if topics & {loop.name, loop.model}:
                thread.wake()

    def _finish(self):
        """Let the passes that are under way end, then sign off."""
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads.values():
            thread.wake()
        for thread in self._threads.values():
            thread.join(max(0, deadline - time.monotonic()))
        unfinished = [loop.name for loop, thread in self._threads.items() if thread.is_alive()]
        try:
            with sql_db.db_connect(self.dbname).cursor() as cr:
                # There is nothing to sign off from any more once the addon is uninstalled.
                cr.execute(
                    "DELETE FROM ops_worker WHERE name = %s", [self.name], log_exceptions=False
                )
        except psycopg2.Error as error:
            _logger.info("Could not sign off: %s", str(error).strip())
        if unfinished:
            _logger.warning("Worker %s ends without %s", self.name, ", ".join(unfinished))
        else:
            _logger.info("Worker %s ends, everything is finished", self.name)
