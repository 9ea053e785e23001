from odoo.tests import tagged

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestHealthState(HealthCase):
    def test_worst_check_decides(self):
        checks = self.env["ops.health.check"]
        for state in ("up", "unknown", "degraded", "suppressed", "down", "paused"):
            checks |= self.create_check(name=state, state=state)
        expected = {
            "down": "down",
            "suppressed": "down",
            "degraded": "degraded",
            "unknown": "unknown",
            "up": "up",
        }
        for state, worst in expected.items():
            self.assertEqual(self.environment.health_state, worst)
            checks.filtered(lambda check, state=state: check.state == state).active = False
        self.assertFalse(self.environment.health_state)

    def test_stat_buttons(self):
        check = self.create_check()
        self.assertEqual(self.environment.check_count, 1)
        action = self.environment.action_view_checks()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), check)
        self.assertEqual(
            self.environment.action_view_incidents()["res_model"], "ops.health.incident"
        )
