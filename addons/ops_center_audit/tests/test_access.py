from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import AuditCase


@tagged("post_install", "-at_install")
class TestAccess(AuditCase):
    def setUp(self):
        super().setUp()
        self.scan = self.upload(self.report(self.result()))
        self.finding = self.findings()
        self.nobody = new_test_user(self.env, "nobody", "base.group_user")

    def test_operations_by_role(self):
        records = {
            "ops.finding": self.finding,
            "ops.scan": self.scan,
            "ops.finding.rule": self.finding.rule_id,
        }
        for model, user, expected in (
            ("ops.finding", self.nobody, ""),
            ("ops.finding", self.viewer, "read"),
            ("ops.finding", self.operator, "read write"),
            ("ops.finding", self.manager, "read write"),
            ("ops.scan", self.nobody, ""),
            ("ops.scan", self.viewer, "read"),
            ("ops.scan", self.operator, "read write create"),
            ("ops.scan", self.manager, "read write create unlink"),
            ("ops.finding.rule", self.nobody, ""),
            ("ops.finding.rule", self.viewer, "read"),
            ("ops.finding.rule", self.operator, "read"),
            ("ops.finding.rule", self.manager, "read write create unlink"),
        ):
            with self.subTest(model=model, user=user.login):
                record = records[model].with_user(user)
                allowed = [
                    operation
                    for operation in ("read", "write", "create", "unlink")
                    if record.has_access(operation)
                ]
                self.assertEqual(" ".join(allowed), expected)

    def test_viewer_neither_uploads_nor_decides_nor_checks(self):
        finding = self.finding.with_user(self.viewer)
        for attempt in (
            lambda: self.upload(self.report(), user=self.viewer),
            finding.action_confirm,
            finding.action_reopen,
            finding.action_check_again,
            self.scan.with_user(self.viewer).action_check_again,
            self.scan.with_user(self.viewer).action_discard,
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_facts_are_written_by_scans_alone(self):
        finding = self.finding.with_user(self.manager)
        for name, value in (("state", "resolved"), ("severity", "low"), ("identity", "x")):
            with self.subTest(field=name), self.assertRaisesRegex(AccessError, "can't be edited"):
                finding.write({name: value})
        finding.user_id = self.operator
        self.assertEqual(self.finding.user_id, self.operator)
        with self.assertRaisesRegex(AccessError, "can't be edited"):
            self.env["ops.scan"].with_user(self.manager).create(
                {"application_id": self.application.id, "state": "done", "complete": True}
            )

    def test_other_companies_see_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=company.id,
            company_ids=[company.id],
        )
        for record in (self.finding, self.scan, self.finding.rule_id):
            with self.subTest(record=record):
                self.assertFalse(record.with_user(stranger).has_access("read"))
                self.assertNotIn(record, record.with_user(stranger).search([]))

    def test_history_of_other_companies_stays_theirs(self):
        self.upload(self.report())
        change = self.finding.change_ids
        self.assertTrue(change.with_user(self.viewer).has_access("read"))
        change.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(change.with_user(self.viewer).has_access("read"))

    def test_rules_of_this_odoo_belong_to_all_companies(self):
        rule = self.env.ref("ops_center_audit.rule_admin_password")
        self.assertFalse(rule.company_id)
        self.assertTrue(rule.with_user(self.viewer).has_access("read"))

    def test_same_rule_of_two_companies_is_two(self):
        company = self.env["res.company"].create({"name": "Other"})
        application = self.env["ops.application"].create({"name": "Shop", "company_id": company.id})
        self.upload(
            self.report(self.result()),
            user=self.env.user,
            environment_id=False,
            application_id=application.id,
        )
        rules = self.env["ops.finding.rule"].search([("code", "=", "R1")])
        self.assertEqual(rules.company_id, company | self.application.company_id)
