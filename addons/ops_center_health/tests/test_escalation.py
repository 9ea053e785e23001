from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import HealthCase


class EscalationCase(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ops.notification.channel"].search([]).active = False
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.team = cls.channel("Team")
        cls.boss = cls.channel("Boss", escalation_only=True)
        cls.policy = cls.env["ops.escalation.policy"].create(
            {
                "name": "Production",
                "step_ids": [
                    Command.create({"delay": 10, "channel_ids": cls.team.ids}),
                    Command.create({"delay": 30, "channel_ids": cls.boss.ids}),
                ],
            }
        )
        cls.environment.escalation_policy_id = cls.policy

    @classmethod
    def channel(cls, name, **values):
        return cls.env["ops.notification.channel"].create(
            {"name": name, "kind": "activity", "user_ids": cls.operator.ids, **values}
        )

    def setUp(self):
        super().setUp()
        self.check = self.create_check()
        self.run_due()
        self.break_target()
        self.run_now(self.check, 3)
        self.incident = self.check.incident_ids

    def after(self, minutes):
        """One pass of the worker's loop, so long after the incident opened."""
        moment = self.incident.opened_at + timedelta(minutes=minutes, seconds=1)
        with freeze_time(moment):
            self.patch(type(self.env.cr), "now", lambda _cr: moment)
            with self.worker_transactions():
                self.env["ops.health.incident"]._run_escalation()

    def told(self, channel):
        return self.env["ops.notification"].search([("channel_id", "=", channel.id)])


@tagged("post_install", "-at_install")
class TestEscalation(EscalationCase):
    def test_step_after_step_once_each(self):
        self.assertEqual((len(self.told(self.team)), len(self.told(self.boss))), (1, 0))
        self.after(9)
        self.assertEqual(len(self.told(self.team)), 1)
        self.after(10)
        self.after(11)
        self.assertEqual((len(self.told(self.team)), len(self.told(self.boss))), (2, 0))
        self.after(30)
        self.after(31)
        self.assertEqual((len(self.told(self.team)), len(self.told(self.boss))), (2, 1))
        message = self.told(self.boss)
        self.assertIn("Front page: down", message.name)
        self.assertIn("nobody takes care", message.name)
        self.assertIn("status 500", message.body)
        self.assertEqual((message.level, message.res_id), ("danger", self.incident.id))
        self.assertEqual(self.incident.escalated_step_ids, self.policy.step_ids)
        self.assertTrue(self.incident.prompted_at)
        self.assertEqual(
            self.events("incident.escalated").sorted("id").mapped("detail"), ["Team", "Boss"]
        )

    def test_late_pass_makes_up_for_it(self):
        self.after(300)
        self.assertEqual(self.incident.escalated_step_ids, self.policy.step_ids)

    def test_acknowledged_incident_escalates_no_more(self):
        self.after(10)
        self.incident.with_user(self.operator).action_acknowledge()
        self.after(30)
        self.assertFalse(self.told(self.boss))

    def test_who_was_told_learns_of_the_end(self):
        self.after(30)
        self.mend_target()
        self.run_now(self.check, 2)
        self.assertEqual(self.incident.state, "resolved")
        self.assertEqual(len(self.told(self.boss)), 2)
        self.assertIn("resolved", self.told(self.boss)[0].name)

    def test_who_was_not_told_does_not(self):
        self.mend_target()
        self.run_now(self.check, 2)
        self.after(30)
        self.assertFalse(self.told(self.boss))

    def test_policy_of_the_company(self):
        self.environment.escalation_policy_id = False
        self.after(30)
        self.assertFalse(self.told(self.boss))
        self.policy.is_default = True
        self.after(30)
        self.assertTrue(self.told(self.boss))

    def test_archived_policy_and_channel(self):
        self.boss.active = False
        self.after(30)
        self.assertFalse(self.told(self.boss))
        self.incident.escalated_step_ids = False
        self.policy.active = False
        self.boss.active = True
        self.after(30)
        self.assertFalse(self.told(self.boss))

    def test_settings_that_make_no_sense(self):
        step = self.policy.step_ids[0]
        with self.assertRaises(ValidationError):
            step.channel_ids = False
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            step.delay = 0
            self.env.flush_all()

    def test_one_policy_for_all_others(self):
        self.policy.is_default = True
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.policy.copy({"is_default": True})

    def test_form(self):
        with Form(self.env["ops.escalation.policy"]) as form:
            form.name = "Staging"
            with form.step_ids.new() as step:
                step.channel_ids.add(self.team)
        self.assertEqual(form.record.step_ids.display_name, "after 15 min")


@tagged("post_install", "-at_install")
class TestReminder(EscalationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.environment.escalation_policy_id = False
        cls.team.reminder_minutes = 10

    def test_repeats_until_somebody_takes_care(self):
        self.after(9)
        self.assertEqual(len(self.told(self.team)), 1)
        for minutes, messages in ((11, 2), (12, 2), (22, 3), (23, 3)):
            self.after(minutes)
            self.assertEqual(len(self.told(self.team)), messages, minutes)
        self.incident.with_user(self.operator).action_acknowledge()
        self.after(60)
        self.assertEqual(len(self.told(self.team)), 3)

    def test_no_storm_after_a_long_silence(self):
        self.after(600)
        self.assertEqual(len(self.told(self.team)), 2)

    def test_only_who_was_told(self):
        late = self.channel("Late", reminder_minutes=1)
        self.after(60)
        self.assertFalse(self.told(late))

    def test_no_reminders_in_quiet_hours(self):
        self.team.write(
            {
                "quiet": True,
                "quiet_from": 0,
                "quiet_to": 23.99,
                "quiet_tz": "UTC",
                "wake_for_failures": False,
            }
        )
        moment = self.incident.opened_at.replace(hour=23, minute=0) - self.incident.opened_at
        self.after(moment / timedelta(minutes=1) + 24 * 60)
        self.assertEqual(len(self.told(self.team)), 1)
        self.team.wake_for_failures = True
        self.after(moment / timedelta(minutes=1) + 24 * 60)
        self.assertEqual(len(self.told(self.team)), 2)
