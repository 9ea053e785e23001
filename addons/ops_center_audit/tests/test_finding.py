from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import AuditCase


@tagged("post_install", "-at_install")
class TestFinding(AuditCase):
    def setUp(self):
        super().setUp()
        self.scan = self.upload(self.report(self.result()))
        self.finding = self.findings()

    def decide(self, state, user, **values):
        action = self.finding.with_user(user).with_context(default_state=state).action_decide()
        wizard = Form(
            self.env[action["res_model"]].with_user(user).with_context(**action["context"])
        )
        for name, value in values.items():
            setattr(wizard, name, value)
        wizard.save().action_apply()

    def test_decision_needs_a_reason_and_is_kept_in_the_chatter(self):
        with self.assertRaises(AssertionError):
            self.decide("false_positive", self.operator)
        self.decide("false_positive", self.operator, reason="Input is a constant")
        self.assertEqual(self.finding.state, "false_positive")
        self.env.cr.flush()
        message = self.finding.message_ids[0]
        self.assertEqual(message.author_id, self.operator.partner_id)
        self.assertIn("Input is a constant", message.tracking_value_ids.mapped("new_value_text"))

    def test_machine_writes_no_chatter(self):
        self.upload(self.report())
        self.upload(self.report(self.result(line=99)))
        self.assertEqual(self.finding.reopened_count, 1)
        self.assertFalse(self.finding.message_ids)

    def test_only_managers_accept_risks(self):
        until = fields.Date.today() + timedelta(days=30)
        with self.assertRaises(AccessError):
            self.decide("accepted", self.operator, reason="Known", accepted_until=until)
        self.decide("accepted", self.manager, reason="Known", accepted_until=until)
        self.assertEqual((self.finding.state, self.finding.accepted_until), ("accepted", until))

    def test_accepted_risk_needs_its_day(self):
        with self.assertRaises(AssertionError):
            self.decide("accepted", self.manager, reason="Known")
        with self.assertRaisesRegex(UserError, "in the future"):
            self.decide(
                "accepted", self.manager, reason="Known", accepted_until=fields.Date.today()
            )

    def test_accepted_risk_is_open_again_after_its_day(self):
        until = fields.Date.today() + timedelta(days=30)
        self.decide("accepted", self.manager, reason="Known", accepted_until=until)
        self.env.flush_all()
        with freeze_time(until):
            self.env["ops.finding"]._run_expire_acceptances()
            self.assertEqual(self.finding.state, "accepted")
        with freeze_time(until + timedelta(days=1)):
            self.env["ops.finding"]._run_expire_acceptances()
        self.env.invalidate_all()
        self.assertEqual(self.finding.state, "new")
        self.assertEqual(self.finding.change_ids.mapped("kind"), ["expired"])
        event = self.env["ops.event"].search([("kind", "=", "finding.expired")])
        self.assertEqual(event.environment_id, self.environment)

    def test_acceptance_holds_when_the_problem_comes_back(self):
        until = fields.Date.today() + timedelta(days=30)
        self.decide("accepted", self.manager, reason="Known", accepted_until=until)
        self.upload(self.report())
        self.assertEqual(self.finding.state, "resolved")
        self.upload(self.report(self.result(line=11)))
        self.assertEqual(self.finding.state, "accepted")

    def test_false_positive_outlives_its_absence(self):
        self.decide("false_positive", self.operator, reason="Constant")
        seen = self.finding.last_seen_at
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.upload(self.report())
        self.assertEqual(self.finding.state, "false_positive")
        self.assertEqual(self.finding.last_seen_at, seen)
        scan = self.upload(self.report(self.result(line=11)))
        self.assertEqual(self.counters(scan), (0, 1, 0, 0))
        self.assertEqual(self.finding.state, "false_positive")
        self.assertFalse(self.finding.seen_until)

    def test_confirm_and_reopen(self):
        finding = self.finding.with_user(self.operator)
        finding.action_confirm()
        self.assertEqual(finding.state, "confirmed")
        with self.assertRaisesRegex(UserError, "no meaning"):
            finding.action_confirm()
        finding.action_reopen()
        self.assertEqual(finding.state, "new")

    def test_resolved_finding_takes_no_decision(self):
        self.upload(self.report())
        with self.assertRaises(UserError):
            self.decide("not_affected", self.operator, reason="Unused")

    def test_only_findings_about_this_odoo_are_checked_from_here(self):
        with self.assertRaisesRegex(UserError, "upload its report"):
            self.finding.with_user(self.operator).action_check_again()

    def test_open_is_what_needs_somebody(self):
        Finding = self.env["ops.finding"]
        mine = [("id", "=", self.finding.id)]
        for state, is_open in (("new", True), ("confirmed", True), ("resolved", False)):
            with self.subTest(state=state):
                self.finding.sudo().state = state
                self.assertEqual(self.finding.is_open, is_open)
                found = Finding.search([*mine, ("is_open", "=", True)])
                self.assertEqual(bool(found), is_open)
                found = Finding.search([*mine, ("is_open", "=", False)])
                self.assertEqual(bool(found), not is_open)

    def test_gravest_first(self):
        levels = [self.result(level, level=level) for level in ("note", "warning", "error")]
        levels.append(self.result("worst", rule="R9", properties={"security-severity": "9.9"}))
        self.upload(self.report(*levels))
        opened = self.findings().filtered("is_open")
        self.assertEqual(opened.mapped("severity"), ["critical", "high", "medium", "info"])
        self.assertEqual(
            self.findings()
            .search([("id", "in", opened.ids)], order="severity desc")
            .mapped("severity"),
            ["info", "medium", "high", "critical"],
        )

    def test_counters_of_rule_environment_and_application(self):
        self.upload(self.report(self.result(), self.result("eval(y)", line=200)))
        for record in (self.environment, self.application, self.finding.rule_id):
            with self.subTest(record=record):
                self.assertEqual(record.open_finding_count, 2)
                action = record.action_view_findings()
                found = self.env["ops.finding"].search(action["domain"])
                self.assertEqual(found, self.findings())
        self.assertEqual(self.scan.finding_count, 2)
        self.assertEqual(
            self.env["ops.finding"].search(self.scan.action_view_findings()["domain"]),
            self.findings(),
        )

    @mute_logger("odoo.sql_db")
    def test_database_refuses_an_acceptance_without_its_reason(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.finding.sudo().state = "accepted"
            self.env.flush_all()
