from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "tour-manager",
            groups="base.group_system,ops_center_base.group_manager",
        )
        cls.operator = new_test_user(
            cls.env,
            "tour-operator",
            groups="base.group_user,ops_center_base.group_operator",
        )
        cls.shop = cls.env["ops.application"].create(
            {
                "name": "Shop",
                "environment_ids": [Command.create({"name": "Production"})],
            }
        )
        cls.production = cls.shop.environment_ids

    def test_home_screen_opens_every_menu(self):
        self.start_tour("/odoo", "ops_center_menus", login="tour-manager", timeout=180)

    def test_operator_records_a_deployment(self):
        self.start_tour(
            f"/odoo/ops-environments/{self.production.id}",
            "ops_center_record_deployment",
            login="tour-operator",
        )
        deployment = self.production.live_deployment_id
        self.assertEqual(deployment.revision, "4f2a9c1d07")
        self.assertEqual(deployment.summary, "Faster search")
        self.assertEqual(deployment.user_id, self.operator)

    def test_operator_acknowledges_an_incident(self):
        check = self.env["ops.health.check"].create(
            {
                "name": "Checkout",
                "environment_id": self.production.id,
                "url": "https://shop.example.com",
            }
        )
        incident = self.env["ops.health.incident"].create(
            {
                "name": "Checkout: down",
                "check_id": check.id,
                "severity": "critical",
                "opened_at": fields.Datetime.now(),
                "cause": "The answer has status 502.",
                "evidence": "HTTP/1.1 502 Bad Gateway",
            }
        )
        self.start_tour("/odoo", "ops_center_acknowledge_incident", login="tour-operator")
        self.assertEqual(incident.state, "acknowledged")
        self.assertEqual(incident.acknowledged_by_id, self.operator)

    def test_operator_triages_a_finding(self):
        rule = self.env["ops.finding.rule"].create(
            {"tool": "Scanner", "code": "sql", "name": "SQL is put together from text"}
        )
        finding = self.env["ops.finding"].create(
            {
                "name": rule.name,
                "rule_id": rule.id,
                "tool": rule.tool,
                "severity": "critical",
                "application_id": self.shop.id,
                "company_id": self.shop.company_id.id,
                "category": "",
                "identity": "sql",
            }
        )
        self.start_tour("/odoo", "ops_center_triage_finding", login="tour-operator")
        self.assertEqual(finding.state, "false_positive")
        self.assertEqual(finding.decision_reason, "The term comes from our own list.")
