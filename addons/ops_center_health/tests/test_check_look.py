from odoo.tests import tagged

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestCheckLook(HealthCase):
    """When a check runs next, how late the last run was and what it spent its time on."""

    def be_due(self, check, seconds):
        """Have the check be due since some seconds."""
        self.env.cr.execute(
            "UPDATE ops_health_check_state"
            " SET next_run = (now() AT TIME ZONE 'UTC') - %s * interval '1 second'"
            " WHERE check_id = %s",
            [seconds, check.id],
        )

    def test_new_check_was_not_looked_at_yet(self):
        check = self.create_check()
        self.assertFalse(check.last_lateness)
        self.assertFalse(check.last_phases)
        self.assertTrue(check.next_run)

    def test_next_run_is_on_the_grid(self):
        check = self.create_check(interval=300, success_threshold=1)
        self.run_now(check)
        self.assertGreater(check.next_run, check.last_at)

    def test_lateness_is_the_time_from_being_due_to_being_looked_at(self):
        check = self.create_check()
        self.run_due()
        self.be_due(check, 12)
        self.run_due()
        self.assertAlmostEqual(check.last_lateness, 12, delta=2)

    def test_time_in_which_nobody_was_to_look_is_no_lateness(self):
        check = self.create_check()
        for leave, come_back in (
            (check.action_pause, check.action_resume),
            (check.action_archive, check.action_unarchive),
        ):
            self.run_due()
            leave()
            self.be_due(check, 1000)
            come_back()
            self.run_due()
            self.assertLess(check.last_lateness, 10)

    def test_phases_come_in_their_order(self):
        check = self.create_check()
        self.run_now(check)
        phases = check.last_phases
        self.assertEqual(list(phases), ["dns", "connect", "first_byte", "transfer"])
        self.assertAlmostEqual(sum(phases.values()), check.last_latency_ms, delta=0.1)

    def test_what_is_measured_here_has_no_phases(self):
        check = self.create_check(kind="heartbeat", url=False, interval=3600)
        self.run_due()
        self.assertTrue(check.last_at)
        self.assertFalse(check.last_phases)

    def test_who_looks_more_often_than_scheduled_actions_needs_a_worker(self):
        check = self.create_check(interval=30)
        self.assertTrue(check.misses_worker)
        check.interval = 60
        self.assertFalse(check.misses_worker)
        check.interval = 59
        self.env["ops.worker"]._beat("test", "here", 1)
        check.invalidate_recordset(["misses_worker"])
        self.assertFalse(check.misses_worker)

    def test_reading_many_looks_costs_one_query(self):
        checks = self.create_check() | self.create_check()
        self.run_now(checks)
        with self.assertQueryCount(1):
            checks.mapped("next_run")
            checks.mapped("last_phases")
