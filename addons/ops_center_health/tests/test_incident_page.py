import os
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestIncidentPage(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")

    def setUp(self):
        super().setUp()
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))

    def open_incident(self, **values):
        self.check = self.create_check(failure_threshold=1, **values)
        self.break_target()
        self.run_now(self.check)
        return self.check.incident_ids

    # === RUNBOOK === #

    def test_runbook_leads_to_a_web_page_only(self):
        for address in ("javascript:alert(1)", "file:///etc/passwd", "wiki", "https://"):
            with self.subTest(address), self.assertRaisesRegex(ValidationError, "“Runbook”"):
                self.create_check(runbook_url=address)
        incident = self.open_incident(runbook_url="https://wiki.example.com/shop")
        self.assertEqual(incident.runbook_url, "https://wiki.example.com/shop")

    # === WHAT CHANGED === #

    def record(self, title, minutes, **values):
        """Put something on the timeline so many minutes after the incident opened."""
        event = self.env["ops.event"]._record(
            "test.happened", title, **{"environment": self.environment, **values}
        )
        self.env.cr.execute(
            "UPDATE ops_event SET date = %s WHERE id = %s",
            [self.incident.opened_at + timedelta(minutes=minutes), event.id],
        )

    def test_what_changed_before_and_meanwhile_stands_on_the_incident(self):
        self.incident = self.open_incident()
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ops_event")
        self.incident.opened_at = fields.Datetime.now() - timedelta(hours=5)
        elsewhere = self.environment.copy({"name": "Staging"})
        for title, minutes, values in (
            ("long before", -61, {}),
            ("the deployment", -3, {}),
            ("the settings", -20, {"environment": None, "company": self.env.company}),
            ("meanwhile", 10, {}),
            ("elsewhere", -5, {"environment": elsewhere}),
            ("much later", 90, {}),
        ):
            self.record(title, minutes, **values)
        self.env.invalidate_all()
        incident = self.incident.with_user(self.viewer)
        self.assertEqual(
            incident.before_event_ids.mapped("name"), ["the settings", "the deployment"]
        )
        self.assertEqual(incident.during_event_ids.mapped("name"), ["meanwhile", "much later"])
        self.incident.resolved_at = self.incident.opened_at + timedelta(minutes=30)
        self.assertEqual(incident.during_event_ids.mapped("name"), ["meanwhile"])
        action = incident.action_view_timeline()
        self.assertEqual(self.env["ops.event"].search_count(action["domain"]), 3)

    def test_opening_and_end_are_part_of_it(self):
        incident = self.open_incident()
        self.mend_target()
        self.run_now(self.check, 2)
        # The settings of this test are younger than a second, and may count as part of it.
        kinds = [kind for kind in incident.during_event_ids.mapped("kind") if "incident" in kind]
        self.assertEqual(kinds, ["incident.opened", "incident.resolved"])

    def test_events_of_another_company_are_not_shown(self):
        self.incident = self.open_incident()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.record("theirs", -5, environment=None, company=company)
        self.env.invalidate_all()
        self.assertNotIn("theirs", self.incident.before_event_ids.mapped("name"))

    # === SETTINGS ON THE TIMELINE === #

    def test_changed_check_is_put_on_the_timeline_without_its_values(self):
        check = self.create_check()
        self.assertFalse(self.events("check.changed"))
        check.with_user(self.operator).write(
            {"interval": 30, "auth_secret": "hunter2hunter2", "authentication": "bearer"}
        )
        event = self.events("check.changed")
        self.assertEqual(event.mapped("user_id"), self.operator)
        text = " ".join(event.mapped("name"))
        self.assertIn("Front page was changed", text)
        self.assertIn("Every", text)
        self.assertNotIn("hunter2", text)
        self.assertNotIn("cipher", text.lower())
        check.with_user(self.operator).write({"interval": 30, "name": "The front page"})
        self.assertEqual(self.events("check.changed"), event)

    def test_many_checks_changed_alike_are_one_event(self):
        checks = self.create_check(name="One") | self.create_check(name="Two")
        checks.interval = 30
        event = self.events("check.changed")
        self.assertEqual(event.name, "2 checks were changed: Every")
        self.assertEqual(event.detail, "One, Two")

    def test_results_change_no_check(self):
        self.open_incident()
        self.assertFalse(self.events("check.changed"))

    def test_cron_expression_is_told_and_not_what_follows_from_it(self):
        check = self.create_check(kind="heartbeat", url=False, interval=3600)
        check.cron_expression = "30 2 * * *"
        self.assertEqual(self.events("check.changed").name, "Front page was changed: Runs At")

    def test_changed_settings_are_put_on_the_timeline(self):
        self.env.company.ops_allowed_networks = "10.0.0.0/8"
        self.env.company.write({"ops_allowed_networks": "10.0.0.0/8", "phone": "1"})
        event = self.env["ops.event"].search([("kind", "=", "settings.changed")], limit=1)
        self.assertEqual(event.company_id, self.env.company)
        self.assertIn("Networks Checks May Reach", event.name)
        self.env.company.ops_dead_man_url = "https://hc-ping.com/secret-nonce"
        latest = self.env["ops.event"].search([("kind", "=", "settings.changed")], limit=1)
        self.assertNotEqual(latest, event)
        self.assertEqual(latest.name, "Settings were changed: Address to Call While All Is Well")

    # === POST-MORTEM === #

    def resolved(self):
        incident = self.open_incident()
        incident.with_user(self.operator).action_acknowledge()
        self.mend_target()
        self.run_now(self.check, 2)
        return incident

    def test_post_mortem_is_written_by_who_took_care(self):
        incident = self.resolved()
        todo = [("post_mortem_state", "=", "to_write")]
        incident.action_write_post_mortem()
        self.assertEqual(self.env["ops.health.incident"].search(todo), incident)
        self.assertEqual(incident.activity_ids.user_id, self.operator)
        mine = incident.with_user(self.operator)
        mine.write({"impact": "<p>Nobody could order.</p>", "root_cause": "<p><br></p>"})
        with self.assertRaisesRegex(ValidationError, "Fill in: Root Cause, Lessons"):
            mine.action_finish_post_mortem()
        mine.write({"root_cause": "<p>Disk full.</p>", "lessons": "<p>Watch it.</p>"})
        mine.action_finish_post_mortem()
        self.assertEqual(incident.post_mortem_state, "written")
        self.assertFalse(incident.activity_ids)
        with self.assertRaisesRegex(ValidationError, "Fill in: Lessons"):
            mine.lessons = False

    def test_post_mortem_that_nobody_needs_takes_its_activity_along(self):
        incident = self.resolved()
        incident.action_write_post_mortem()
        other = incident.activity_schedule("mail.mail_activity_data_todo")
        incident.with_user(self.operator).action_drop_post_mortem()
        self.assertEqual(incident.post_mortem_state, "not_needed")
        self.assertEqual(incident.activity_ids, other)

    def test_viewer_writes_no_post_mortem(self):
        incident = self.resolved().with_user(self.viewer)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            incident.action_write_post_mortem()
