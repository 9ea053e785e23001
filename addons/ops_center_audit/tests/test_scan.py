import base64
import json
from contextlib import closing
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AuditCase


@tagged("post_install", "-at_install")
class TestScan(AuditCase):
    # === WHAT ARRIVES === #

    def test_result_becomes_a_finding(self):
        scan = self.upload(self.report(self.result(line=12)))
        finding = self.findings()
        self.assertEqual(scan.state, "done")
        self.assertEqual(
            (finding.name, finding.severity, finding.state, finding.location),
            ("Don't evaluate input", "high", "new", "src/a.py:12"),
        )
        self.assertEqual(finding.evidence, "eval(x)")
        self.assertEqual(finding.environment_id, self.environment)
        self.assertEqual(finding.company_id, self.application.company_id)
        self.assertEqual((finding.first_scan_id, finding.last_seen_at), (scan, scan.date))

    def test_rule_keeps_the_texts_of_the_report(self):
        rules = [{"id": "R1", "shortDescription": {"text": "Eval"}, "help": {"text": "Don't"}}]
        report = self.report(self.result())
        report["runs"][0]["tool"]["driver"]["rules"] = rules
        self.upload(report)
        rule = self.findings().rule_id
        self.assertEqual((rule.code, rule.name, rule.remediation), ("R1", "Eval", "Don't"))
        rules[0]["shortDescription"]["text"] = "Eval is evil"
        self.upload(report)
        self.assertEqual(rule.name, "Eval is evil")

    def test_suppressed_in_the_source_is_not_open(self):
        suppressions = [{"kind": "inSource", "justification": "Constant"}]
        scan = self.upload(self.report(self.result(suppressions=suppressions)))
        finding = self.findings()
        self.assertEqual(scan.suppressed_count, 1)
        self.assertEqual((finding.state, finding.suppression), ("suppressed_in_source", "Constant"))
        self.upload(self.report(self.result()))
        self.assertEqual(finding.state, "new")
        self.upload(self.report(self.result(line=11, suppressions=suppressions)))
        self.assertEqual(finding.state, "suppressed_in_source")
        self.assertEqual(finding.change_ids[0].kind, "suppressed")

    def test_markup_is_escaped_in_the_timeline_and_stays_text(self):
        payload = "<img src=x onerror=alert(1)>"
        self.upload(self.report(self.result(text=payload)))
        finding = self.findings()
        self.assertEqual(finding.name, payload)
        arch = self.env["ops.finding"].get_view(view_type="form")["arch"]
        self.assertNotIn('widget="html"', arch)
        self.assertFalse([f for f in finding._fields.values() if f.type == "html" and f.store])

    def test_scopes_of_one_file_are_scans_of_their_own(self):
        report = self.report(self.result())
        report["runs"] += self.report(self.result(), tool="Other")["runs"]
        report["runs"] += self.report(self.result("eval(y)"))["runs"]
        self.upload(report)
        scans = self.env["ops.scan"].search([("application_id", "=", self.application.id)])
        self.assertEqual(
            sorted((scan.tool, scan.new_count) for scan in scans), [("Other", 1), ("Scanner", 2)]
        )

    def test_form_offers_the_environments_of_the_application(self):
        form = Form(self.env["ops.scan"].with_user(self.operator))
        self.assertEqual(form.company_id, self.env.company)
        form.environment_id = self.environment
        self.assertEqual(form.application_id, self.application)

    # === WHAT COMES AGAIN === #

    def test_same_file_changes_nothing(self):
        report = self.report(self.result(), self.result("eval(y)", line=90))
        self.upload(report)
        before = self.findings().read()
        scan = self.upload(report)
        self.assertEqual(self.counters(scan), (0, 2, 0, 0))
        self.assertIn("same report", scan.message)
        self.assert_same(before)

    def test_same_results_change_no_row(self):
        self.upload(self.report(self.result(), self.result("eval(y)", line=90)))
        self.env.flush_all()
        findings = self.findings()
        before = {finding: finding.write_date for finding in findings}
        self.env.cr.execute("SELECT id, xmin, ctid FROM ops_finding ORDER BY id")
        rows = self.env.cr.fetchall()
        scan = self.upload(self.report(self.result("eval(y)", line=90), self.result()))
        self.assertEqual(self.counters(scan), (0, 2, 0, 0))
        self.assertFalse(scan.message)
        self.env.cr.execute("SELECT id, xmin, ctid FROM ops_finding ORDER BY id")
        self.assertEqual(self.env.cr.fetchall(), rows)
        self.assertEqual({finding: finding.write_date for finding in findings}, before)
        self.assertEqual(set(findings.mapped("last_seen_at")), {scan.date})

    def assert_same(self, before):
        self.env.invalidate_all()
        after = self.findings().read()
        for one, other in zip(before, after, strict=True):
            one.pop("last_seen_at")
            other.pop("last_seen_at")
        self.assertEqual(after, before)

    def test_moved_line_is_the_same_finding(self):
        self.upload(self.report(self.result(line=10)))
        finding = self.findings()
        scan = self.upload(self.report(self.result(line=400)))
        self.assertEqual(self.findings(), finding)
        self.assertEqual(self.counters(scan), (0, 1, 0, 0))
        self.assertEqual(finding.line, 400)
        self.assertFalse(finding.change_ids)

    def test_likely_the_same_is_told_in_the_history(self):
        self.upload(self.report(self.result(line=10)))
        finding = self.findings()
        scan = self.upload(self.report(self.result("eval(z)", line=12)))
        self.assertEqual(self.counters(scan), (0, 1, 0, 0))
        self.assertEqual(finding.evidence, "eval(z)")
        self.assertEqual(finding.change_ids.mapped("kind"), ["moved"])
        self.assertEqual(finding.change_ids.detail, "src/a.py:10")
        scan = self.upload(self.report(self.result("eval(z)", line=90)))
        self.assertEqual(self.counters(scan), (0, 1, 0, 0))

    def test_placeholder_fingerprints_keep_findings_apart(self):
        results = [
            self.result(f"eval({i})", path=f"{i}.py", fingerprints={"id": "requires login"})
            for i in range(48)
        ]
        self.assertEqual(self.upload(self.report(*results)).new_count, 48)
        scan = self.upload(self.report(*reversed(results)))
        self.assertEqual(self.counters(scan), (0, 48, 0, 0))

    def test_equal_results_are_findings_of_their_own(self):
        twice = [self.result(line=10), self.result(line=20)]
        self.upload(self.report(*twice))
        self.upload(self.report(self.result(line=20)))
        gone, kept = self.findings().sorted("line")
        self.assertEqual((gone.state, kept.state), ("resolved", "new"))
        scan = self.upload(self.report(*twice, self.result(line=30)))
        self.assertEqual(self.counters(scan), (1, 1, 1, 0))
        self.assertEqual(len(self.findings()), 3)

    # === WHAT IS GONE === #

    def test_mended_is_resolved_and_comes_back_with_its_history(self):
        other = self.result("eval(y)", rule="R2")
        self.upload(self.report(self.result(), other))
        scan = self.upload(self.report(other))
        finding = self.findings().filtered(lambda finding: finding.rule_id.code == "R1")
        self.assertEqual(self.counters(scan), (0, 1, 0, 1))
        self.assertEqual(finding.state, "resolved")
        self.assertTrue(finding.resolved_at)
        scan = self.upload(self.report(self.result(), other))
        self.assertEqual(self.counters(scan), (0, 1, 1, 0))
        self.assertEqual((finding.state, finding.reopened_count), ("new", 1))
        self.assertFalse(finding.resolved_at)
        self.assertEqual(finding.change_ids.mapped("kind"), ["reopened", "resolved"])

    def test_timeline_tells_what_a_scan_changed(self):
        def kinds():
            events = self.env["ops.event"].search([("environment_id", "=", self.environment.id)])
            return events.mapped("kind")

        self.upload(self.report(self.result(), self.result("x", level="note")))
        self.assertEqual(sorted(kinds()), ["finding.opened", "scan.imported"])
        self.upload(self.report(self.result(), self.result("x", level="note"), properties={}))
        self.assertEqual(len(kinds()), 2)
        self.upload(self.report())
        self.assertEqual(kinds().count("finding.resolved"), 1)

    def test_failed_scan_resolves_nothing(self):
        self.upload(self.report(self.result()))
        scan = self.upload(self.report(invocations=[{"executionSuccessful": False}]))
        self.assertEqual(self.counters(scan), (0, 0, 0, 0))
        self.assertFalse(scan.complete)
        self.assertEqual(self.findings().state, "new")

    def test_older_report_resolves_nothing(self):
        self.upload(
            self.report(self.result(), invocations=[{"endTimeUtc": "2026-02-01T10:00:00Z"}])
        )
        scan = self.upload(self.report(invocations=[{"endTimeUtc": "2026-01-01T10:00:00Z"}]))
        self.assertFalse(scan.complete)
        self.assertIn("older", scan.problem)
        self.assertEqual(self.findings().state, "new")

    def test_other_scopes_stay_untouched(self):
        self.upload(self.report(self.result()), category="backend")
        self.upload(self.report(), category="frontend")
        self.upload(self.report(tool="Other"), category="backend")
        self.upload(
            self.report(),
            category="backend",
            environment_id=False,
            application_id=self.application.id,
        )
        self.assertEqual(self.findings().state, "new")
        self.upload(self.report(), category="backend")
        self.assertEqual(self.findings().state, "resolved")

    def test_report_cannot_speak_for_the_audit_of_this_odoo(self):
        self.env["ops.scan"]._audit_instance()
        own = self.env["ops.finding"].search([("tool", "=", "Ops Center")])
        self.assertTrue(own)
        states = own.mapped("state")
        scan = self.upload(
            self.report(tool="Ops Center"),
            environment_id=self.env.ref("ops_center_base.environment_self").id,
            category="instance",
        )
        self.assertEqual(scan.state, "done")
        self.assertEqual(own.mapped("state"), states)

    # === LARGE DROPS === #

    def park(self):
        self.upload(self.report(*[self.result(f"eval({i})", path=f"{i}.py") for i in range(30)]))
        scan = self.upload(self.report(self.result("eval(0)", path="0.py")))
        self.assertEqual(scan.state, "parked")
        self.assertIn("29 of 30", scan.message)
        self.assertEqual(set(self.findings().mapped("state")), {"new"})
        return scan

    def test_large_drop_waits_for_a_person(self):
        scan = self.park()
        scan.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(scan.state, "done")
        self.assertEqual(self.counters(scan), (0, 1, 0, 29))
        self.assertEqual(self.findings().mapped("state").count("resolved"), 29)

    def test_large_drop_can_be_discarded(self):
        scan = self.park()
        scan.action_discard()
        self.assertEqual(scan.state, "discarded")
        self.assertEqual(set(self.findings().mapped("state")), {"new"})
        with self.assertRaisesRegex(UserError, "Reload"):
            scan.action_confirm()

    def test_small_drop_needs_nobody(self):
        self.upload(self.report(*[self.result(f"eval({i})", path=f"{i}.py") for i in range(20)]))
        self.assertEqual(self.upload(self.report()).state, "done")

    # === BAD FILES === #

    def test_bad_file_says_what_to_do_and_leaves_no_trace(self):
        whole = json.dumps(self.report(self.result()))
        for content, remedy in (
            (whole[: len(whole) // 2].encode(), "upload the whole file"),
            (b"<html></html>", "write SARIF"),
            (b"{}", "SARIF 2.1.0"),
            (b'{"version": "2.0.0", "runs": []}', "write 2.1.0"),
            (b"\x1f\x8b\x08\x00", "Unpack"),
            (b'{"x": ' + b"[" * 100_000, "Check where it comes from"),
            (
                b'{"version": "2.1.0", "runs": [{"results": [%s]}]}' % (b"{}," * 25_000 + b"{}"),
                "split",
            ),
        ):
            with self.subTest(content=content[:20]):
                scan = self.upload(content)
                self.assertEqual(scan.state, "failed")
                self.assertIn(remedy, scan.message)
                self.assertFalse(self.findings())
                scan.report = base64.b64encode(whole.encode())
        scan.action_import()
        self.assertEqual(scan.state, "done")
        self.assertEqual(len(self.findings()), 1)

    def test_file_that_turns_bad_in_the_middle_leaves_no_trace(self):
        report = b'{"version": "2.1.0", "runs": [{"results.item": 1, "results": [%s]}]}'
        scan = self.upload(report % json.dumps(self.result()).encode())
        self.assertEqual(scan.state, "failed")
        self.assertFalse(self.findings())

    def test_import_beside_another_one_says_so(self):
        scope = ("ops.scan", self.application.id, self.environment.id, "Scanner", "")
        other = self.enterContext(closing(db_connect(self.env.cr.dbname).cursor()))
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [repr(scope)])
        with (
            patch("odoo.addons.ops_center_audit.models.ops_scan.LOCK_TIMEOUT", "50ms"),
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(UserError, "Wait a minute"),
        ):
            self.upload(self.report(self.result()))

    def test_import_without_a_file_says_so(self):
        scan = self.env["ops.scan"].create({"application_id": self.application.id})
        with self.assertRaisesRegex(UserError, "Add the report"):
            scan.action_import()

    def test_imported_scan_stays_as_it_is(self):
        scan = self.upload(self.report(self.result()))
        with self.assertRaisesRegex(UserError, "Upload the report again"):
            scan.category = "other"
        with self.assertRaisesRegex(UserError, "Reload"):
            scan.action_import()
