from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .. import watching
from ..storage import intervals, states
from .common import HealthCase

HOUR = 3600  # seconds


@tagged("post_install", "-at_install")
class TestClock(HealthCase):
    """The clock of the database server is set, by an hour."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(watching, "CLOCK_PAUSE", 0))
        self.check = self.create_check(interval=60)

    def set_clock(self, seconds):
        """Have all that is known of the check be older by so many seconds."""
        self.make_older(
            self.check,
            seconds,
            ops_health_check_state=("next_run", "lease_until", "last_at"),
            ops_health_interval=("started_at",),
            ops_health_sample=("at",),
        )

    def count_samples(self):
        self.env.cr.execute(
            "SELECT count(*) FROM ops_health_sample WHERE check_id = %s", self.check.ids
        )
        return self.env.cr.fetchone()[0]

    def claim(self):
        leases = states.claim_due(self.env.cr, "test", 1000)
        return self.check.id in [lease["check_id"] for lease in leases]

    def test_set_back_keeps_nobody_from_looking(self):
        self.run_now(self.check)
        looks = self.count_samples()
        self.run_due()
        self.assertEqual(self.count_samples(), looks, "it is not due")
        self.set_clock(-HOUR)
        self.run_due()
        self.assertEqual(self.count_samples(), looks + 1)
        self.run_due()
        self.assertEqual(self.count_samples(), looks + 1, "the schedule is right again")
        self.assertLess(self.check.last_lateness, 60)

    def test_set_back_keeps_no_lease_of_the_dead(self):
        states.schedule_now(self.env.cr, self.check.ids)
        self.assertTrue(self.claim())
        self.assertFalse(self.claim(), "somebody is at it")
        states.follow_clock(self.env.cr)
        self.assertFalse(self.claim(), "the clock is right")
        self.set_clock(-HOUR)
        states.follow_clock(self.env.cr)
        self.assertTrue(self.claim())

    def test_set_ahead_is_a_gap_and_no_storm(self):
        self.run_now(self.check)
        looks = self.count_samples()
        self.set_clock(HOUR)
        self.run_due()
        self.run_due()
        self.assertEqual(self.count_samples(), looks + 1)
        self.assertEqual(self.check.state, "up")
        self.assertFalse(self.check.incident_ids)
        now = fields.Datetime.now()
        [seconds] = intervals.seconds_by_state(
            self.env.cr, self.check.ids, [now - timedelta(minutes=50), now - timedelta(minutes=10)]
        )[self.check.id]
        self.assertEqual(set(seconds), {"unknown"}, "nobody saw what was in that time")
