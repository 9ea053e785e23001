from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestFlapping(HealthCase):
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

    def setUp(self):
        super().setUp()
        self.check = self.create_check(failure_threshold=1, success_threshold=1)
        self.run_due()

    def turn(self, times):
        """Have the target break and be mended, so many times each."""
        for _time in range(times):
            self.break_target()
            self.run_now(self.check)
            self.mend_target()
            self.run_now(self.check)

    def told(self):
        return self.env["ops.notification"].search([], order="id").mapped("name")

    def test_one_incident_stays_open_while_it_flaps(self):
        self.turn(5)
        self.assertTrue(self.check.is_flapping)
        incident = self.check.incident_ids.sorted("id")[-1]
        self.assertTrue(incident.is_flapping)
        self.assertEqual((self.check.state, incident.state), ("up", "open"))
        count, told = len(self.check.incident_ids), self.told()
        self.assertIn("flapping", told[-1])
        self.turn(3)
        self.assertEqual(len(self.check.incident_ids), count)
        self.assertEqual(self.told(), told)
        self.run_now(self.check, 20)
        self.assertFalse(self.check.is_flapping)
        self.assertEqual((incident.state, incident.is_flapping), ("resolved", False))
        self.assertIn("Answered", incident.resolution)
        self.assertEqual(len(self.told()), len(told) + 1)
        self.assertEqual(self.events("incident.resolved")[0].res_id, incident.id)

    def test_incident_that_is_open_is_marked_and_that_is_said_once(self):
        self.check.write({"success_threshold": 2})
        self.turn(5)
        [incident] = self.check.incident_ids
        self.assertTrue(incident.is_flapping)
        event = self.events("incident.flapping")
        self.assertEqual((event.res_id, event.level), (incident.id, "danger"))
        self.assertEqual(len(self.told()), 2)
        self.assertIn("Front page: flapping", self.told()[-1])

    def test_it_may_settle_in_trouble(self):
        self.turn(5)
        incident = self.check.incident_ids.sorted("id")[-1]
        self.break_target()
        self.run_now(self.check, 20)
        self.assertFalse(self.check.is_flapping)
        self.assertEqual((incident.state, incident.is_flapping), ("open", False))
        self.assertEqual(self.events("incident.settled").res_id, incident.id)
        self.assertIn("still in trouble", self.told()[-1])

    def test_flapping_alone_opens_no_incident(self):
        self.check.write({"failure_threshold": 3})
        self.turn(6)
        self.assertTrue(self.check.is_flapping)
        self.assertFalse(self.check.incident_ids)
        self.assertFalse(self.told())
        # What opens while it flaps is said to do so.
        self.break_target()
        self.run_now(self.check, 3)
        self.assertTrue(self.check.incident_ids.is_flapping)
        self.assertEqual(len(self.told()), 1)
        self.assertIn("Front page: down, and flapping", self.told()[0])

    def test_getting_worse_is_no_news_meanwhile(self):
        self.check.write({"success_threshold": 2})
        self.turn(5)
        incident = self.check.incident_ids
        incident.severity = "warning"
        self.check.state = "degraded"
        self.break_target()
        self.run_now(self.check)
        self.assertEqual(incident.severity, "critical")
        self.assertFalse(self.events("incident.changed"))

    def test_pause_ends_it(self):
        self.turn(5)
        self.check.with_user(self.operator).action_pause()
        self.assertFalse(self.check.is_flapping)
        self.assertEqual(set(self.check.incident_ids.mapped("state")), {"resolved"})
        self.assertFalse(any(self.check.incident_ids.mapped("is_flapping")))
        self.check.with_user(self.operator).action_resume()
        self.turn(2)
        self.assertFalse(self.check.is_flapping)

    def test_nobody_writes_it(self):
        with self.assertRaisesRegex(UserError, "Pause or resume"):
            self.check.with_user(self.operator).is_flapping = True
        self.turn(1)
        with self.assertRaisesRegex(UserError, "can't be changed"):
            self.check.incident_ids.with_user(self.operator).is_flapping = True

    def test_found_by_its_filter(self):
        self.turn(5)
        flapping = self.env["ops.health.check"].search([("is_flapping", "=", True)])
        self.assertEqual(flapping, self.check)
