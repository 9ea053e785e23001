import json
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

from odoo.tests import TransactionCase
from odoo.tools import SQL

from odoo.addons.ops_center_base.tests.common import loopback_server

from ..storage import samples, states

HIDDEN = "The database manager has been disabled by the administrator"


class HealthCase(TransactionCase):
    """Checks of a loopback server, in a company whose checks may reach it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The checks of this very Odoo have tests of their own.
        cls.env["ops.health.check"].search([]).action_pause()
        cls.env.company.ops_allowed_networks = "127.0.0.0/8"
        cls.application = cls.env["ops.application"].create({"name": "Shop"})
        cls.environment = cls.env["ops.environment"].create(
            {"name": "Production", "application_id": cls.application.id}
        )

    def setUp(self):
        super().setUp()
        self.answers = {"status": "200 OK", "body": b"all is well"}
        self.pause = 0  # seconds before each answer
        self.hanging = threading.Event()
        self.not_hanging = ""
        self.released = threading.Event()
        server = loopback_server(self.serve)
        self.url, self.exchanges = self.enterContext(server)

    def serve(self, exchange):
        if self.hanging.is_set() and exchange.path != self.not_hanging:
            self.released.wait(10)
        time.sleep(self.pause)
        exchange.answer(**self.answer_to(exchange.path))

    def answer_to(self, path):
        """What the target answers. Several ask at the same time: none may change it."""
        return self.answers

    @contextmanager
    def hanging_target(self, but=""):
        """Let the target answer only after the block, but for one path."""
        self.not_hanging = but
        self.released.clear()
        self.hanging.set()
        yield
        self.hanging.clear()
        self.released.set()

    def create_check(self, **values):
        return self.env["ops.health.check"].create(
            {
                "name": "Front page",
                "environment_id": self.environment.id,
                "url": f"{self.url}/status",
                **values,
            }
        )

    def run_due(self):
        """One pass of the worker's loop, as the worker has it called."""
        with self.worker_transactions():
            return self.env["ops.health.check"]._run_due()

    def begin_due(self, watcher):
        """One pass of a watcher, which doesn't wait for what takes long."""
        with self.worker_transactions():
            watcher.begin_due(self.env, 0)

    def finish_begun(self, watcher):
        """What a watcher does at its end."""
        with self.worker_transactions():
            watcher.finish_begun(self.env)

    def run_now(self, checks, times=1):
        """Have the time come for the checks, so often."""
        for _time in range(times):
            checks.flush_recordset()
            states.schedule_now(self.env.cr, checks.ids)
            self.run_due()

    def make_older(self, check, seconds, **columns):
        """Move what is known of a check into the past.

        :param columns: names of times by table
        """
        self.env.flush_all()
        # Soon after midnight, yesterday may have no partition yet.
        day = (self.env.cr.now() - timedelta(seconds=seconds)).date()
        samples.add_partitions(self.env.cr, [day])
        for table, names in columns.items():
            for column in names:
                self.env.cr.execute(
                    SQL(
                        "UPDATE %(table)s SET %(column)s = %(column)s - %(seconds)s"
                        " * interval '1 second' WHERE check_id = %(check_id)s",
                        table=SQL.identifier(table),
                        column=SQL.identifier(column),
                        seconds=seconds,
                        check_id=check.id,
                    )
                )
        self.env.invalidate_all()

    @contextmanager
    def worker_transactions(self):
        """Let the transactions that the worker opens see, and add to, the one of the test."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            yield
        self.env.invalidate_all()

    def break_target(self, body=b"out of order"):
        self.answers = {"status": "500 Internal Server Error", "body": body}

    def mend_target(self):
        self.answers = {"status": "200 OK", "body": b"all is well"}

    def events(self, kind):
        return self.env["ops.event"].search(
            [("kind", "=", kind), ("environment_id", "=", self.environment.id)]
        )


class OdooCase(HealthCase):
    """Checks of an Odoo on loopback."""

    def setUp(self):
        super().setUp()
        self.version = "17.0"
        self.shown_databases = HIDDEN

    def answer_to(self, path):
        pages = {
            "/web/health": json.dumps({"status": "pass"}),
            "/web/webclient/version_info": json.dumps({"result": {"server_serie": self.version}}),
            "/web/database/selector": f'<p class="o_database_list">{self.shown_databases}</p>',
        }
        answer = super().answer_to(path)
        if path in pages and answer["status"] == "200 OK":
            return {**answer, "body": pages[path].encode()}
        return answer
