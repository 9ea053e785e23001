from datetime import timedelta
from functools import partialmethod
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..loop import Loop

MODEL = "odoo.addons.ops_center_base.models.ops_worker"


@tagged("post_install", "-at_install")
class TestWorker(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.workers = cls.env["ops.worker"]
        cls.workers.search([]).unlink()
        cls.cron = cls.env.ref("ops_center_base.ops_worker_cron")

    def beat(self, seconds_ago=0):
        self.workers._beat("host:1", "host", 1)
        worker = self.workers.search([("name", "=", "host:1")])
        worker.beat_at = fields.Datetime.now() - timedelta(seconds=seconds_ago)
        return worker

    def test_heartbeat(self):
        worker = self.beat()
        self.assertEqual(worker.state, "alive")
        self.assertEqual(self.beat(20), worker, "each worker has one row")
        self.assertEqual(worker.state, "late")
        self.beat(31)
        self.assertEqual(worker.state, "gone")

    def test_who_works(self):
        self.cron.lastcall = fields.Datetime.now()
        self.assertEqual(self.workers._work_mode(), "cron")
        self.beat()
        self.assertEqual(self.workers._work_mode(), "worker")
        self.beat(31)
        self.assertEqual(self.workers._work_mode(), "cron")
        self.cron.lastcall = fields.Datetime.now() - timedelta(minutes=4)
        self.assertEqual(self.workers._work_mode(), "none")
        self.cron.lastcall = fields.Datetime.now()
        self.cron.active = False
        self.assertEqual(self.workers._work_mode(), "none")

    def test_viewers_learn_who_works(self):
        viewer = new_test_user(self.env, "ops_viewer", "ops_center_base.group_viewer")
        self.beat()
        self.assertEqual(self.workers.with_user(viewer)._work_mode(), "worker")

    def test_the_timeline_tells_who_died(self):
        worker = self.beat(31)
        self.run_cron()
        self.assertFalse(worker.exists())
        event = self.env["ops.event"].search([("kind", "=", "worker.gone")], limit=1)
        self.assertEqual(event.name, "Worker host:1 stopped answering")

    def run_cron(self, *loops):
        """Run the scheduled action with these loops; return what they did."""
        passes = []

        def _pass(_workers, name):
            passes.append(name)
            if name == "broken":
                raise ValueError("broken")

        for loop in loops:
            self.startPatcher(
                patch.object(
                    self.registry["ops.worker"],
                    loop.method,
                    partialmethod(_pass, loop.name),
                    create=True,
                )
            )
        self.patch(self.registry["ops.worker"], "_loops", lambda _workers: list(loops))
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        return passes

    def loop(self, name, interval=1):
        return Loop(name, "ops.worker", f"_run_{name}", interval)

    def test_scheduled_action_does_the_work(self):
        self.assertEqual(
            self.run_cron(self.loop("first"), self.loop("second")), ["first", "second"]
        )

    def test_scheduled_action_leaves_the_work_to_a_worker(self):
        self.beat()
        self.assertFalse(self.run_cron(self.loop("first")))

    @mute_logger(MODEL)
    def test_a_broken_loop_does_not_keep_the_others(self):
        passes = self.run_cron(self.loop("broken"), self.loop("second"))
        self.assertEqual(passes, ["broken", "second"])

    def test_scheduled_action_keeps_the_pace_of_rare_loops(self):
        rare = self.loop("rare", interval=3600)
        with freeze_time("2026-11-22 12:00:00"):
            self.assertEqual(self.run_cron(rare), ["rare"])
        with freeze_time("2026-11-22 12:30:00"):
            self.assertFalse(self.run_cron(rare))
        with freeze_time("2026-11-22 13:01:00"):
            self.assertEqual(self.run_cron(rare), ["rare"])
