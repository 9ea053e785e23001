from datetime import timedelta

from psycopg2 import IntegrityError
from pytz import timezone, utc

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..storage import intervals
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestMaintenance(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.env["ops.notification.channel"].search([]).active = False
        cls.env["ops.notification.channel"].create(
            {
                "name": "On duty",
                "kind": "activity",
                "user_ids": cls.operator.ids,
                "reminder_minutes": 10,
            }
        )
        cls.now = fields.Datetime.now()

    def setUp(self):
        super().setUp()
        self.check = self.create_check()
        self.run_due()

    def plan(self, **values):
        return self.env["ops.health.maintenance"].create(
            {
                "name": "New disks",
                "environment_ids": self.environment.ids,
                "date_from": self.now + timedelta(hours=1),
                "duration": 2,
                **values,
            }
        )

    def after(self, **duration):
        """One pass of the worker's loop, so long after the beginning of the test."""
        with freeze_time(self.now + timedelta(**duration)), self.worker_transactions():
            return self.env["ops.health.maintenance"]._run_windows()

    def told(self):
        return self.env["ops.notification"].search([]).mapped("name")

    def test_checks_enter_and_leave_at_the_second(self):
        self.plan()
        self.after(minutes=59, seconds=59)
        self.assertEqual(self.check.state, "up")
        self.after(hours=1)
        self.assertEqual(self.check.state, "maintenance")
        self.assertEqual(self.environment.health_state, "maintenance")
        self.after(hours=2, minutes=59, seconds=59)
        self.assertEqual(self.check.state, "maintenance")
        self.after(hours=3)
        self.assertEqual(self.check.state, "unknown")
        # They are looked at again at once.
        self.run_due()
        self.assertEqual(self.check.state, "up")
        self.assertEqual(len(self.events("maintenance.ongoing")), 1)
        self.assertEqual(len(self.events("maintenance.over")), 1)
        self.assertIn("New disks", self.events("maintenance.over").name)

    def test_loop_sleeps_until_the_next_boundary(self):
        self.plan(date_from=self.now + timedelta(seconds=90), duration=0.05)
        self.assertAlmostEqual(self.after(seconds=0), 90, places=3)
        self.assertAlmostEqual(self.after(seconds=100), 170, places=3)
        # Should somebody set the clock, or nothing be planned, it looks now and then.
        self.assertEqual(self.after(seconds=300), 300)

    def test_what_fails_meanwhile_is_stored_but_told_nobody(self):
        self.check.action_begin_maintenance()
        self.break_target()
        self.run_now(self.check, 5)
        self.assertEqual(self.check.state, "maintenance")
        self.assertEqual(self.check.last_verdict, "down")
        self.assertFalse(self.check.incident_ids)
        self.assertFalse(self.told())
        self.assertEqual([beat["state"] for beat in self.check.heartbeats][-5:], ["down"] * 5)

    def test_looks_keep_their_pace(self):
        # Such as that nothing but a quick repetition would come within minutes.
        self.check.write({"interval": 86400, "name": "Once a day"})
        self.check.action_begin_maintenance()
        self.break_target()
        self.run_now(self.check)
        self.env.cr.execute(
            "SELECT next_run - last_at > interval '10 seconds' FROM ops_health_check_state"
            " WHERE check_id = %s",
            [self.check.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [(True,)])

    def test_failures_before_and_during_do_not_count_after(self):
        self.break_target()
        self.run_now(self.check, 2)
        self.check.action_begin_maintenance()
        self.check.action_end_maintenance()
        self.run_now(self.check, 2)
        self.assertFalse(self.check.incident_ids)
        self.run_now(self.check)
        self.assertEqual(self.check.incident_ids.state, "open")

    def test_open_incident_stays_open_and_silent(self):
        self.break_target()
        self.run_now(self.check, 3)
        incident = self.check.incident_ids
        self.assertEqual(len(self.told()), 1)
        self.check.action_begin_maintenance()
        self.remind(incident)
        self.assertEqual(incident.state, "open")
        self.assertEqual(len(self.told()), 1)
        self.check.action_end_maintenance()
        # Nobody knows yet whether it still lasts.
        self.remind(incident)
        self.assertEqual(len(self.told()), 1)
        self.run_now(self.check, 3)
        self.assertEqual(self.check.incident_ids, incident)
        self.remind(incident)
        self.assertEqual(len(self.told()), 2)

    def test_incident_that_was_mended_meanwhile_is_closed_afterwards(self):
        self.break_target()
        self.run_now(self.check, 3)
        self.check.action_begin_maintenance()
        self.mend_target()
        self.run_now(self.check, 3)
        self.assertEqual(self.check.incident_ids.state, "open")
        self.check.action_end_maintenance()
        self.run_due()
        self.assertEqual(self.check.incident_ids.state, "resolved")

    def remind(self, incident):
        moment = incident.opened_at + timedelta(minutes=30)
        with freeze_time(moment):
            self.patch(type(self.env.cr), "now", lambda _cr: moment)
            with self.worker_transactions():
                self.env["ops.health.incident"]._run_escalation()

    def test_late_loop_opens_no_incident(self):
        self.break_target()
        self.run_now(self.check, 2)
        maintenance = self.plan(date_from=self.now - timedelta(minutes=1))
        # As if the loop had not come by yet.
        self.check.with_context(tracking_disable=True).state = "up"
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "maintenance")
        self.assertFalse(self.check.incident_ids)
        self.assertEqual(self.check.maintenance_id, maintenance)

    def test_paused_checks_stay_paused_until_they_are_resumed(self):
        self.check.action_pause()
        self.plan(date_from=self.now)
        self.assertEqual(self.check.state, "paused")
        self.check.action_resume()
        self.assertEqual(self.check.state, "maintenance")

    def test_check_that_leaves_the_environment_leaves_maintenance(self):
        self.plan(date_from=self.now)
        self.assertEqual(self.check.state, "maintenance")
        self.check.environment_id = self.environment.copy({"name": "Staging"})
        self.assertEqual(self.check.state, "unknown")

    def test_two_windows_that_overlap_last_until_the_end_of_both(self):
        self.plan(duration=1)
        self.plan(date_from=self.now + timedelta(hours=1.5), environment_ids=False,
                  check_ids=self.check.ids)  # fmt: skip
        self.after(hours=1)
        self.after(hours=2)
        self.assertEqual(self.check.state, "maintenance")
        self.after(hours=3.5)
        self.assertEqual(self.check.state, "unknown")

    def test_uptime_leaves_it_out(self):
        self.check.action_begin_maintenance()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT state FROM ops_health_interval WHERE check_id = %s AND ended_at IS NULL",
            [self.check.id],
        )
        self.assertEqual(self.env.cr.fetchall(), [("maintenance",)])
        self.assertNotIn("maintenance", intervals.SEEN)

    # === PLANNING === #

    def test_weekly_windows_are_planned_ahead(self):
        maintenance = self.plan(recurrence="weekly", sunday=True, tz="Europe/Berlin")
        windows = maintenance.window_ids
        self.assertEqual(len(windows), 13)
        zone = timezone("Europe/Berlin")
        days = {utc.localize(window.date_from).astimezone(zone).weekday() for window in windows}
        self.assertEqual(days, {6})
        self.assertEqual(maintenance.state, "planned")
        maintenance.monday = True
        self.assertEqual(len(maintenance.window_ids), 26)
        maintenance.active = False
        self.assertFalse(maintenance.window_ids)

    def test_plans_are_extended_and_old_windows_forgotten(self):
        maintenance = self.plan(recurrence="rule", rule="FREQ=DAILY")
        planned = len(maintenance.window_ids)
        with freeze_time(self.now + timedelta(days=7)):
            maintenance._extend_plans()
        self.assertEqual(len(maintenance.window_ids), planned + 7)
        with freeze_time(self.now + timedelta(days=400)):
            maintenance._extend_plans()
        oldest = min(maintenance.window_ids.mapped("date_from"))
        self.assertEqual((oldest - self.now).days, 35)

    def test_ending_a_repetition_leaves_the_next(self):
        maintenance = self.plan(date_from=self.now - timedelta(hours=1), recurrence="rule",
                                rule="FREQ=DAILY")  # fmt: skip
        self.assertEqual(maintenance.state, "ongoing")
        self.assertEqual(self.check.state, "maintenance")
        maintenance.with_user(self.operator).action_end()
        self.assertEqual(self.check.state, "unknown")
        self.assertEqual(maintenance.state, "planned")
        # Changing something else doesn't begin it again.
        maintenance.name = "Night shift"
        self.assertEqual(self.check.state, "unknown")
        self.assertEqual(self.check.maintenance_from, maintenance.next_date_from)

    def test_who_puts_off_the_end_has_it_go_on(self):
        maintenance = self.plan(date_from=self.now - timedelta(hours=1))
        maintenance.action_end()
        self.assertEqual((self.check.state, maintenance.state), ("unknown", "over"))
        maintenance.date_to = self.now + timedelta(hours=1)
        self.assertEqual((self.check.state, maintenance.state), ("maintenance", "ongoing"))
        self.assertEqual(len(maintenance.window_ids), 1)
        maintenance.unlink()
        self.assertEqual(self.check.state, "unknown")

    # === BUTTONS AND ROLES === #

    def test_operator_begins_and_ends_it_with_a_button(self):
        environment = self.environment.with_user(self.operator)
        environment.action_begin_maintenance()
        self.assertEqual(self.check.state, "maintenance")
        self.assertGreater(environment.maintenance_to, self.now + timedelta(minutes=59))
        self.create_check(name="Back office")
        with self.assertRaisesRegex(RedirectWarning, "more than that"):
            self.check.with_user(self.operator).action_end_maintenance()
        environment.action_end_maintenance()
        self.assertEqual(self.check.state, "unknown")
        self.assertFalse(environment.maintenance_to)

    def test_viewer_may_only_look(self):
        viewer = new_test_user(self.env, "viewer", "ops_center_base.group_viewer")
        maintenance = self.plan(date_from=self.now)
        self.assertTrue(maintenance.with_user(viewer).window_ids)
        self.assertEqual(self.check.with_user(viewer).maintenance_id, maintenance)
        for action in (
            self.check.with_user(viewer).action_begin_maintenance,
            self.check.with_user(viewer).action_end_maintenance,
            self.environment.with_user(viewer).action_begin_maintenance,
            self.environment.with_user(viewer).action_end_maintenance,
            maintenance.with_user(viewer).action_end,
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                action()

    def test_other_companies_do_not_see_it(self):
        maintenance = self.plan()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=other.id,
            company_ids=other.ids,
        )
        for records in (maintenance, maintenance.window_ids):
            self.assertFalse(records.with_user(stranger).search([("id", "in", records.ids)]))

    def test_errors_name_the_field(self):
        with self.assertRaisesRegex(ValidationError, "“Environments” or “Checks”"):
            self.plan(environment_ids=False)
        with self.assertRaisesRegex(ValidationError, "which days of the week"):
            self.plan(recurrence="weekly")
        with self.assertRaisesRegex(ValidationError, "“Rule” of New disks .*FREQ=DAILY"):
            self.plan(recurrence="rule", rule="FREQ=HOURLY")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.plan(duration=0)

    def test_form(self):
        form = Form(self.env["ops.health.maintenance"].with_user(self.operator))
        form.name = "New disks"
        form.environment_ids.add(self.environment)
        form.date_from = self.now
        form.date_to = self.now + timedelta(hours=3)
        maintenance = form.save()
        self.assertEqual(maintenance.duration, 3)
        self.assertEqual(self.check.maintenance_to, self.now + timedelta(hours=3))
