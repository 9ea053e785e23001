from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import WebhookCase


@tagged("post_install", "-at_install")
class TestSchedule(WebhookCase):
    def setUp(self):
        super().setUp()
        self.tonight = fields.Datetime.now() + timedelta(hours=8)

    def test_begins_at_its_time(self):
        deployment = self.deploy(scheduled_at=self.tonight)
        self.assertEqual(deployment.state, "scheduled")
        with freeze_time(self.tonight - timedelta(minutes=1)):
            self.work()
        self.assertEqual(deployment.state, "scheduled")
        self.assertFalse(self.requests)
        with freeze_time(self.tonight):
            self.work()
        self.assertEqual(deployment.state, "building")
        self.assertEqual(len(self.requests), 1)

    def test_time_is_put_off_and_taken_away(self):
        deployment = self.deploy(scheduled_at=self.tonight)
        deployment.scheduled_at = self.tonight + timedelta(hours=1)
        with freeze_time(self.tonight):
            self.work()
        self.assertEqual(deployment.state, "scheduled")
        deployment.scheduled_at = False
        self.work()
        self.assertEqual(deployment.state, "building")

    def test_time_that_is_over_is_now(self):
        deployment = self.deploy(scheduled_at=fields.Datetime.now() - timedelta(hours=1))
        self.assertEqual(deployment.state, "building")

    def test_cancelled_before_its_time(self):
        deployment = self.deploy(scheduled_at=self.tonight)
        deployment.action_cancel()
        with freeze_time(self.tonight):
            self.work()
        self.assertEqual(deployment.state, "cancelled")

    def test_freeze_holds_at_its_time(self):
        self.env["ops.freeze.window"].create(
            {"name": "Closing", "date_from": self.tonight, "duration": 2}
        )
        deployment = self.deploy(scheduled_at=self.tonight)
        with freeze_time(self.tonight + timedelta(minutes=1)):
            self.work()
        self.assertEqual(deployment.state, "queued")
        self.assertFalse(self.requests)

    def test_approved_before_its_time(self):
        """Nobody has to be awake to approve what begins at night."""
        self.production.protected = True
        deployment = self._draft(scheduled_at=self.tonight)
        deployment.action_deploy()
        self.assertEqual(deployment.state, "waiting")
        deployment.with_user(self.manager).action_approve()
        self.assertEqual(deployment.state, "scheduled")
        with freeze_time(self.tonight):
            self.work()
        self.assertEqual(deployment.state, "building")
