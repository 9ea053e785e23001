import logging
from threading import current_thread
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..error_counter import ErrorCounter


@tagged("post_install", "-at_install")
class TestErrorCounter(TransactionCase):
    def setUp(self):
        super().setUp()
        self.counter = ErrorCounter(self.env.cr.dbname)
        # As the threads that serve requests and run loops are marked.
        thread = patch.object(current_thread(), "dbname", self.env.cr.dbname, create=True)
        self.startPatcher(thread)
        self.addCleanup(self.stored, "DELETE FROM ops_health_log_error WHERE message ~ 'canary'")

    def stored(self, query="SELECT count, message FROM ops_health_log_error"):
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute(query)
            return cr.fetchall() if cr.description else []

    def canaries(self):
        return [row for row in self.stored() if "canary" in row[1]]

    def record(self, message, *arguments, level=logging.ERROR, name="odoo"):
        self.counter.handle(
            logging.LogRecord(name, level, __file__, 1, message, arguments, exc_info=None)
        )

    def test_errors_are_counted_and_the_last_is_kept(self):
        self.record("first canary")
        self.record("canary %s, password=hunter2", "two")
        self.counter.flush()
        [(count, message)] = self.canaries()
        self.assertEqual(count, 2)
        self.assertIn("canary two", message)
        self.assertNotIn("hunter2", message)

    def test_each_error_is_stored_once(self):
        self.record("canary")
        self.counter.flush()
        self.counter.flush()
        self.assertEqual(len(self.canaries()), 1)

    def test_lost_races_are_no_errors(self):
        self.record(
            "bad query: canary\nERROR: could not serialize access due to concurrent update",
            name="odoo.sql_db",
        )
        self.counter.flush()
        self.assertFalse(self.canaries())

    def test_other_databases_have_their_own_counter(self):
        counter = ErrorCounter("another_database")
        counter.handle(logging.LogRecord("odoo", logging.ERROR, "", 1, "canary", (), None))
        counter.flush()
        self.assertFalse(self.canaries())

    def test_database_that_cannot_take_it_is_no_error(self):
        counter = ErrorCounter("no_such_database")
        counter._count = 1
        with mute_logger("odoo.sql_db"):
            counter.flush()
        self.assertEqual(counter._count, 0)
