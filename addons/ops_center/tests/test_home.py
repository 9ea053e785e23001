from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestHome(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(
            cls.env, "home-viewer", groups="base.group_user,ops_center_base.group_viewer"
        )
        cls.manager = new_test_user(
            cls.env, "home-manager", groups="base.group_user,ops_center_base.group_manager"
        )
        cls.here = cls.env.ref("ops_center_base.environment_self")
        # What the machine that runs the tests has to say about itself is not the matter here.
        cls.here.check_ids.write({"state": "up"})
        cls.env["ops.finding"].search([]).unlink()
        cls.env["ops.health.incident"].search([]).unlink()
        cls.env["ops.instance"]._bind()
        cls.sentinel = cls.env.ref("ops_center_health.ops_health_check_sentinel")
        cls.env["ops.health.check"]._ping(cls.sentinel.ping_token, "success")
        cls.channel = cls.env["ops.notification.channel"].create(
            {
                "name": "Pager",
                "kind": "webhook",
                "webhook_url": "http://127.0.0.1/",
                "company_id": cls.here.company_id.id,
            }
        )

    def _retrieve(self, user=None):
        return self.env["ops.home"].with_user(user or self.viewer).retrieve()

    def _incident(self, **values):
        check = self.here.check_ids[0]
        return self.env["ops.health.incident"].create(
            {
                "name": "Login page is down",
                "check_id": check.id,
                "severity": "critical",
                "opened_at": fields.Datetime.now(),
                "cause": "The server answered with status 500.",
                **values,
            }
        )

    def test_only_for_viewers(self):
        stranger = new_test_user(self.env, "home-stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._retrieve(stranger)

    def test_all_is_well(self):
        home = self._retrieve()
        self.assertEqual(home["headline"]["state"], "up")
        self.assertIn("This Odoo works, watched for", home["headline"]["text"])
        self.assertIn("Nothing needs you.", home["headline"]["text"])
        self.assertFalse(home["needs"])

    def test_headline_names_the_last_deployment(self):
        self.env["ops.event"]._record(
            "deployment.live", "sale 19.0.1.2 → 19.0.1.3.", environment=self.here
        )
        self.env["ops.event"]._record("cron.deactivated", "Other news", environment=self.here)
        self.assertIn(
            "Last change: sale 19.0.1.2 → 19.0.1.3 at ", self._retrieve()["headline"]["text"]
        )

    def test_open_incident_needs_somebody_and_a_resolved_one_nobody(self):
        incident = self._incident()
        home = self._retrieve()
        self.assertEqual(
            [(need["res_model"], need["res_id"]) for need in home["needs"]],
            [(incident._name, incident.id)],
        )
        self.assertEqual(home["needs"][0]["evidence"], "The server answered with status 500.")
        self.assertIn("One thing needs you.", home["headline"]["text"])
        incident._resolve("Mended.")
        self.assertFalse(self._retrieve()["needs"])

    def test_a_bad_check_changes_the_sentence(self):
        self.here.check_ids[0].state = "down"
        home = self._retrieve()
        self.assertEqual(home["headline"]["state"], "down")
        self.assertIn("This Odoo has a problem.", home["headline"]["text"])

    def test_what_nobody_looks_at_does_not_count_as_up(self):
        self.env.cr.execute(
            "UPDATE ops_health_check_state"
            " SET last_at = now() AT TIME ZONE 'UTC' - interval '1 day'"
        )
        home = self._retrieve()
        self.assertEqual(home["headline"]["state"], "unknown")
        self.assertIn("Nobody has looked at This Odoo since ", home["headline"]["text"])
        [here] = [shown for shown in home["environments"] if shown["id"] == self.here.id]
        self.assertEqual((here["state"], here["state_label"]), ("unknown", "Unknown"))
        self.assertIn("unknown", {check["state"] for check in here["checks"]})

    def test_copy_asks_a_manager_to_decide(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        need = self._retrieve(self.manager)["needs"][0]
        self.assertIn("neutralised", need["evidence"])
        self.assertTrue(need["decision"])
        self.assertFalse(self._retrieve(self.viewer)["needs"][0]["decision"])

    def test_asks_for_the_sentinel_until_it_was_heard_or_is_not_wanted(self):
        self.env.cr.execute("DELETE FROM ops_health_ping")
        [need] = self._retrieve()["needs"]
        self.assertEqual(
            (need["res_model"], need["res_id"]), (self.sentinel._name, self.sentinel.id)
        )
        self.assertIn("from outside", need["title"])
        self.assertTrue(self.sentinel.needs_sentinel)
        self.sentinel.action_pause()
        self.assertFalse(self._retrieve()["needs"])
        self.sentinel.action_resume()
        self.env["ops.health.check"]._ping(self.sentinel.ping_token, "success")
        self.assertFalse(self._retrieve()["needs"])

    def test_asks_for_somebody_whom_the_sentinel_can_page(self):
        self.channel.active = False
        [need] = self._retrieve()["needs"]
        self.assertEqual(need["title"], "The sentinel has nobody to page")
        self.assertIn("webhook channel", need["fix"])

    def test_asks_for_an_approval_and_tells_of_a_frozen_environment(self):
        self.here.frozen_reason = "What took back a bad one is bad itself."
        operator = new_test_user(
            self.env, "home-operator", groups="base.group_user,ops_center_base.group_operator"
        )
        deployment = self.env["ops.deployment"].create(
            {
                "environment_id": self.here.id,
                "revision": "a" * 40,
                "user_id": operator.id,
                "requested_by_id": operator.id,
                "state": "waiting",
            }
        )
        titles = [need["title"] for need in self._retrieve(self.manager)["needs"]]
        self.assertEqual(
            titles,
            [
                "This Odoo / Production is frozen",
                f"{deployment.display_name} needs your approval",
            ],
        )
        titles = [need["title"] for need in self._retrieve(operator)["needs"]]
        self.assertEqual(titles, ["This Odoo / Production is frozen"])

    def test_changes_are_told_without_findings(self):
        self.env["ops.event"]._record("finding.opened", "A finding", environment=self.here)
        event = self.env["ops.event"]._record("deployment.live", "A change", environment=self.here)
        changes = self._retrieve()["changes"]
        self.assertEqual(changes[0]["id"], event.id)
        self.assertNotIn("A finding", [change["title"] for change in changes])

    def test_nothing_to_see_is_said(self):
        company = self.env["res.company"].create({"name": "Empty Company"})
        self.viewer.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertEqual(self._retrieve()["headline"]["text"], "Nothing is watched yet.")

    def test_other_companies_stay_out(self):
        company = self.env["res.company"].create({"name": "Another Company"})
        application = self.env["ops.application"].create(
            {"name": "Secret Shop", "company_id": company.id}
        )
        environment = self.env["ops.environment"].create(
            {
                "name": "Production",
                "application_id": application.id,
                "company_id": company.id,
                "url": "https://shop.example.com",
            }
        )
        self.env["ops.health.check"].create(
            {"name": "Shop", "environment_id": environment.id, "url": "https://shop.example.com"}
        )
        self.env["ops.event"]._record("deployment.live", "Elsewhere", environment=environment)
        home = self._retrieve()
        self.assertNotIn(environment.id, [shown["id"] for shown in home["environments"]])
        self.assertNotIn("Elsewhere", [change["title"] for change in home["changes"]])

    def test_next_step_follows_what_is_done(self):
        self.env["ops.notification.channel"].search([]).unlink()
        first = self._retrieve()["next_step"]
        self.assertEqual(first["action"], "ops_center_base.ops_notification_channel_action")
        self.env["ops.notification.channel"].create(
            {"name": "Team", "kind": "activity", "user_ids": [(6, 0, self.manager.ids)]}
        )
        self.assertNotEqual(self._retrieve()["next_step"]["action"], first["action"])
