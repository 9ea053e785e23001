from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import HealthCase

NONCE = "nonce-6f1c9d"


@tagged("post_install", "-at_install")
class TestHealthIncident(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.env["ops.notification.channel"].create(
            {
                "name": "On duty",
                "kind": "email",
                "partner_ids": cls.operator.partner_id.ids,
                "minimum_level": "warning",
            }
        )

    def open_incident(self, **values):
        self.check = self.create_check(**values)
        self.run_due()
        self.break_target(NONCE.encode())
        self.run_now(self.check, 3)
        return self.check.incident_ids

    def test_opens_with_evidence_and_tells_everybody(self):
        incident = self.open_incident()
        self.assertEqual(self.check.state, "down")
        self.assertEqual(self.environment.health_state, "down")
        self.assertEqual(self.environment.open_incident_count, 1)
        self.assertEqual(incident.state, "open")
        self.assertEqual(incident.severity, "critical")
        self.assertEqual(incident.name, "Front page: down")
        self.assertEqual(incident.environment_id, self.environment)
        self.assertIn("status 500", incident.cause)
        self.assertIn(NONCE, incident.evidence)
        event = self.events("incident.opened")
        self.assertEqual((event.res_id, event.level), (incident.id, "danger"))
        notification = self.env["ops.notification"].search([])
        self.assertIn("Front page: down", notification.name)

    def test_opens_by_failures_among_the_last_results(self):
        check = self.create_check(failure_threshold=2, failure_window=3)
        self.break_target()
        self.run_now(check)
        self.mend_target()
        self.run_now(check)
        self.assertFalse(check.incident_ids)
        self.break_target()
        self.run_now(check, 2)
        self.assertEqual(check.incident_ids.state, "open")

    def test_window_follows_the_threshold(self):
        check = self.create_check(failure_threshold=2)
        self.assertEqual(check.failure_window, 2)
        check.failure_threshold = 4
        self.assertEqual(check.failure_window, 4)
        check.write({"failure_threshold": 3, "failure_window": 5})
        self.assertEqual((check.failure_threshold, check.failure_window), (3, 5))

    def test_stays_one_while_it_lasts(self):
        incident = self.open_incident()
        self.run_now(self.check, 3)
        self.assertEqual(self.check.incident_ids, incident)
        self.assertEqual(len(self.events("incident.opened")), 1)

    def test_closes_when_mended(self):
        incident = self.open_incident()
        self.mend_target()
        self.run_now(self.check)
        self.assertEqual(incident.state, "open")
        self.run_now(self.check)
        self.assertEqual(incident.state, "resolved")
        self.assertTrue(incident.resolved_at)
        self.assertIn("Answered", incident.resolution)
        self.assertEqual(self.environment.health_state, "up")
        self.assertEqual(self.events("incident.resolved").res_id, incident.id)
        # Who was woken by the incident learns that it is over.
        self.assertEqual(len(self.env["ops.notification"].search([])), 2)

    def test_opens_again_as_another_one(self):
        self.open_incident()
        self.mend_target()
        self.run_now(self.check, 2)
        self.break_target()
        self.run_now(self.check, 3)
        self.assertEqual(self.check.incident_ids.sorted("id").mapped("state"), ["resolved", "open"])

    def test_getting_worse_changes_the_open_one(self):
        check = self.create_check(degraded_ms=1, failure_threshold=1)
        self.pause = 0.05
        self.run_now(check)
        self.assertEqual(check.state, "degraded")
        incident = check.incident_ids
        self.assertEqual(incident.severity, "warning")
        self.break_target()
        self.run_now(check)
        self.assertEqual(check.incident_ids, incident)
        self.assertEqual(incident.severity, "critical")
        self.assertEqual(self.events("incident.changed").res_id, incident.id)

    def test_pausing_the_check_ends_it(self):
        incident = self.open_incident()
        self.check.with_user(self.operator).action_pause()
        self.assertEqual(incident.state, "resolved")
        self.assertIn("paused", incident.resolution)

    def test_archiving_the_check_ends_it(self):
        incident = self.open_incident()
        self.check.with_user(self.operator).active = False
        self.assertEqual(incident.state, "resolved")

    def test_operator_acknowledges_and_hands_over(self):
        incident = self.open_incident().with_user(self.operator)
        incident.action_acknowledge()
        self.assertEqual(incident.state, "acknowledged")
        self.assertEqual(incident.user_id, self.operator)
        self.assertEqual(incident.acknowledged_by_id, self.operator)
        incident.user_id = self.env.ref("base.user_admin")
        # It is still the incident of this check.
        self.run_now(self.check)
        self.assertEqual(self.check.incident_ids, incident)
        self.mend_target()
        self.run_now(self.check, 2)
        self.assertEqual(incident.state, "resolved")

    def test_record_of_what_happened_is_nobodys_to_change(self):
        incident = self.open_incident()
        for user in (self.operator, self.env.ref("base.user_admin")):
            with self.assertRaisesRegex(UserError, "can't be changed"):
                incident.with_user(user).write({"state": "resolved"})
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                incident.with_user(user).unlink()

    def test_viewer_does_not_acknowledge(self):
        viewer = new_test_user(self.env, "viewer", "ops_center_base.group_viewer")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.open_incident().with_user(viewer).action_acknowledge()

    def test_duration_is_told_in_words(self):
        incident = self.open_incident()
        incident.write({"opened_at": "2026-01-01 10:00:00", "resolved_at": "2026-01-01 12:00:00"})
        self.assertEqual(incident.duration, "2 hours")

    def test_smart_button_leads_to_the_check(self):
        incident = self.open_incident()
        self.assertEqual(incident.action_view_check()["res_id"], self.check.id)
        action = self.check.action_view_incidents()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), incident)
