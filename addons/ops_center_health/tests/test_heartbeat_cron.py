from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..storage import pings
from .common import HealthCase

HOUR = 3600


@tagged("post_install", "-at_install")
class TestHeartbeatCron(HealthCase):
    def create_heartbeat(self, **values):
        return self.create_check(
            **{
                "name": "Backup",
                "kind": "heartbeat",
                "url": False,
                "grace": HOUR,
                "cron_expression": "30 2 * * *",
                "cron_tz": "Europe/Berlin",
                **values,
            }
        )

    def succeed(self, check, at):
        """Have the job succeed at a time, and let the worker look now."""
        self.env.flush_all()
        pings.add_end(self.env.cr, check.id, None, "", False, 0)
        self.env.cr.execute(
            "UPDATE ops_health_ping SET ended_at = %s WHERE check_id = %s", [at, check.id]
        )
        self.run_now(check)

    def test_job_that_ran_at_its_last_time_is_up(self):
        # At most an hour ago, and not at its very beginning or end.
        minute = (fields.Datetime.now() - timedelta(minutes=10)).minute
        check = self.create_heartbeat(cron_expression=f"{minute} * * * *", cron_tz="UTC")
        self.succeed(check, fields.Datetime.now() - timedelta(minutes=9))
        self.assertEqual(check.state, "up")
        self.assertEqual(check.next_expected_at.minute, minute)
        self.assertGreater(check.next_expected_at, fields.Datetime.now())

    def test_job_that_missed_its_time_is_down_after_the_grace(self):
        minute = (fields.Datetime.now() - timedelta(minutes=10)).minute
        check = self.create_heartbeat(
            cron_expression=f"{minute} * * * *", cron_tz="UTC", grace=5 * 60
        )
        # By the interval alone, it would have time until an hour after that.
        self.succeed(check, fields.Datetime.now() - timedelta(minutes=30))
        self.assertEqual(check.state, "down")
        self.assertIn("Silent since", check.incident_ids.cause)
        check.grace = 15 * 60
        self.run_now(check)
        self.assertEqual(check.state, "up")

    def test_next_time_is_told_before_it_is_saved(self):
        form = Form(self.env["ops.health.check"])
        form.kind = "heartbeat"
        form.cron_expression = "30 2 * * 1"
        self.assertEqual(form.cron_preview.count("Mon"), 3)
        form.cron_expression = "30 25 * * *"
        self.assertIn("hour is wrong", form.cron_preview)

    def test_nothing_is_expected_before_the_first_ping(self):
        self.assertFalse(self.create_heartbeat().next_expected_at)

    def test_next_ping_of_a_period_is_told_too(self):
        check = self.create_heartbeat(cron_expression=False, interval=HOUR)
        self.succeed(check, datetime(2026, 1, 1, 12))
        self.assertEqual(check.next_expected_at, datetime(2026, 1, 1, 13))

    def test_unseen_time_is_told_from_silence_by_the_longest_pause(self):
        check = self.create_heartbeat(cron_expression="0 4 * * 1-5", cron_tz="UTC")
        self.assertEqual(check.interval, 3 * 24 * HOUR)
        check.cron_expression = "*/10 * * * *"
        self.assertEqual(check.interval, 600)

    def test_what_is_no_expression_is_refused(self):
        for expression in ("daily", "61 * * * *", "0 0 31 2 *"):
            with self.subTest(expression), self.assertRaisesRegex(ValidationError, "“Runs At”"):
                self.create_heartbeat(cron_expression=expression)
