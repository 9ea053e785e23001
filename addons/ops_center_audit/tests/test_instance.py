import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.ops_center_audit.auditor import instance

from .common import AuditCase


@tagged("post_install", "-at_install")
class TestInstance(AuditCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        # Comparing it takes long; one test sets it again.
        self.env.cr.execute("UPDATE res_users SET password = NULL")

    @contextmanager
    def configured(self, **options):
        """Run Odoo with other options, as after a restart."""
        with patch.dict(config.options, options):
            yield

    def audit(self):
        self.env.flush_all()
        self.env["ops.scan"].with_user(self.operator).action_check_again()
        self.env.invalidate_all()

    def finding(self, code, path=None):
        found = self.env["ops.finding"].search(
            [("tool", "=", instance.TOOL), ("rule_id.code", "=", code)]
        )
        return found.filtered(lambda finding: path is None or finding.path == path)

    def assert_mends(self, code, broken, mended, path=None):
        """The finding opens, resolves by itself once mended, and comes back as the same one."""
        with broken():
            self.audit()
        finding = self.finding(code, path)
        self.assertEqual(finding.state, "new")
        self.assertTrue(finding.evidence)
        self.assertTrue(finding.remediation)
        with mended():
            self.audit()
        self.assertEqual(finding.state, "resolved")
        with broken():
            self.audit()
        self.assertEqual(self.finding(code, path), finding)
        self.assertEqual((finding.state, finding.reopened_count), ("new", 1))
        return finding

    def test_every_rule_says_why_and_what_to_do(self):
        rules = self.env["ops.finding.rule"].search([("tool", "=", instance.TOOL)])
        self.assertEqual(set(rules.mapped("code")), set(instance.codes()))
        for rule in rules:
            with self.subTest(rule=rule.code):
                self.assertTrue(rule.description)
                self.assertTrue(rule.url)
                self.assertIn("1. ", rule.remediation)

    def test_options_of_the_configuration(self):
        for code, broken, mended in (
            ("database-list", {"list_db": True}, {"list_db": False}),
            ("database-filter", {"dbfilter": "", "db_name": []}, {"dbfilter": "^x$"}),
            ("workers", {"workers": 0}, {"workers": 2}),
            ("limits", {"limit_time_real": 0}, {"limit_time_real": 120}),
            ("cron-threads", {"max_cron_threads": 0}, {"max_cron_threads": 1}),
        ):
            with self.subTest(code=code):
                self.assert_mends(
                    code,
                    lambda options=broken: self.configured(**options),
                    lambda options=mended: self.configured(**options),
                )

    def test_proxy_mode(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "https://erp.example.com")
        self.assert_mends(
            "proxy-mode",
            lambda: self.configured(proxy_mode=False),
            lambda: self.configured(proxy_mode=True),
        )

    def test_master_password_shows_no_secret(self):
        secret = "correct horse battery staple"
        finding = self.assert_mends(
            "master-password",
            lambda: self.configured(admin_passwd="admin"),
            lambda: self.configured(admin_passwd=secret),
        )
        self.assertEqual(finding.evidence, "admin_passwd: missing")
        hashed = self.env["res.users"]._crypt_context().hash("admin")
        with self.configured(admin_passwd=hashed):
            self.audit()
        self.assertEqual(finding.evidence, "admin_passwd: default")
        with self.configured(admin_passwd=secret):
            self.assertNotIn(secret, repr(self.env["ops.instance"]._audit_facts()))

    @contextmanager
    def password(self, password):
        self.env.ref("base.user_admin").password = password
        yield

    def test_user_with_the_default_password(self):
        login = self.env.ref("base.user_admin").login
        finding = self.assert_mends(
            "admin-password",
            lambda: self.password("admin"),
            lambda: self.password("a long and good one"),
            path=login,
        )
        self.assertEqual(finding.severity, "critical")

    @contextmanager
    def path(self, *programs):
        for program in programs:
            (self.folder / program).touch(mode=0o755)
        with patch.dict(os.environ, PATH=str(self.folder)), self.configured(bin_path=""):
            yield
        for program in programs:
            (self.folder / program).unlink()

    def test_pdf_engine(self):
        self.assert_mends("pdf-engine", self.path, lambda: self.path("wkhtmltopdf"))

    @contextmanager
    def backup(self, *files):
        """Backups, by the hours since each was written."""
        folder = self.folder / "backups" / self.env.cr.dbname
        folder.mkdir(parents=True, exist_ok=True)
        now = fields.Datetime.now()
        for hours in files:
            path = folder / "dump.zip"
            path.touch()
            time = (now - timedelta(hours=hours)).timestamp()
            os.utime(path, (time, time))
        with self.configured(data_dir=str(self.folder)):
            yield
        for path in folder.iterdir():
            path.unlink()

    def test_backup_in_the_usual_folder(self):
        finding = self.assert_mends("backup", self.backup, lambda: self.backup(3))
        with self.backup(72):
            self.audit()
        self.assertIn("last backup seen", finding.evidence)

    def test_backup_that_a_script_tells_of(self):
        check = self.env.ref("ops_center_health.ops_health_check_backup")

        def told(signal):
            @contextmanager
            def ping():
                check._ping(check.ping_token, signal)
                with self.configured(data_dir=str(self.folder)):
                    yield

            return ping

        self.assert_mends("backup", told("fail"), told("success"))

    def configuration(self, text):
        @contextmanager
        def file():
            path = self.folder / "odoo.conf"
            path.write_text(text)
            with self.configured(config=str(path)):
                yield

        return file

    def test_unknown_options(self):
        finding = self.assert_mends(
            "unknown-option",
            self.configuration("[options]\nworkers = 2\ndb_filter = s3cret\n"),
            self.configuration("[options]\nworkers = 2\ndbfilter = ^x$\n"),
            path="odoo.conf: db_filter",
        )
        self.assertEqual(finding.line, 3)
        self.assertIn("probably meant: dbfilter", finding.evidence)
        self.assertNotIn("s3cret", finding.evidence)

    def test_options_of_earlier_versions(self):
        with self.configuration("[options]\nlongpolling_port = 8072\n")():
            self.audit()
        self.assertIn("gevent_port", self.finding("unknown-option").evidence)

    def test_unreadable_configuration_is_no_finding(self):
        for text in ("workers = 2", "\x00", "[other]\nx = 1"):
            with self.subTest(text=text), self.configuration(text)():
                self.audit()
                self.assertFalse(self.finding("unknown-option").filtered("is_open"))

    def test_scheduled_actions(self):
        cron = self.env["ir.cron"].create(
            {
                "name": "Nightly",
                "model_id": self.env.ref("base.model_res_partner").id,
                "code": "pass",
                "interval_type": "hours",
            }
        )
        now = fields.Datetime.now()
        healthy = {"active": True, "failure_count": 0, "lastcall": now, "nextcall": now}

        def written(values):
            @contextmanager
            def write():
                cron.write(healthy | values)
                yield

            return write

        for code, values in (
            ("cron-failing", {"failure_count": 2}),
            ("cron-late", {"nextcall": now - timedelta(days=1)}),
            ("cron-off", {"active": False}),
        ):
            with self.subTest(code=code):
                finding = self.assert_mends(
                    code, written(values), written({}), path=f"ir.cron,{cron.id}"
                )
                self.assertIn("Nightly", finding.evidence)

    def test_neutralized_copy_has_its_actions_off_on_purpose(self):
        self.env["ir.cron"].search([], limit=1).write(
            {"active": False, "lastcall": fields.Datetime.now()}
        )
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.audit()
        self.assertFalse(self.finding("cron-off"))

    def test_installed_addon_without_code(self):
        module = self.env["ir.module.module"].create({"name": "ops_gone", "state": "uninstalled"})

        def state(value):
            @contextmanager
            def write():
                module.state = value
                yield

            return write

        self.assert_mends(
            "missing-addon", state("installed"), state("uninstalled"), path="ops_gone"
        )

    def test_age_of_the_release(self):
        facts = self.env["ops.instance"]._audit_facts()
        with patch("odoo.release.version", "19.0-20260131"):
            self.assertEqual(
                self.env["ops.instance"]._audit_facts().released_at.isoformat(),
                "2026-01-31T00:00:00",
            )
        self.assertLess(facts.released_at, fields.Datetime.now())

    def test_unchanged_audit_adds_nothing(self):
        self.audit()
        scans = self.env["ops.scan"].search([("source", "=", "instance")])
        findings = self.env["ops.finding"].search_count([])
        events = self.env["ops.event"].search_count([])
        self.env["ops.scan"]._run_audit_instance()
        self.assertEqual(self.env["ops.scan"].search([("source", "=", "instance")]), scans)
        self.assertEqual(self.env["ops.finding"].search_count([]), findings)
        self.assertEqual(self.env["ops.event"].search_count([]), events)

    def test_finding_is_checked_again_by_its_button(self):
        with self.configured(list_db=True):
            self.audit()
        finding = self.finding("database-list")
        with self.configured(list_db=False):
            action = finding.with_user(self.operator).action_check_again()
        self.env.invalidate_all()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(finding.state, "resolved")

    def test_worker_audits_by_itself(self):
        loops = {loop.name: loop for loop in self.env["ops.worker"]._loops()}
        loop = loops["audit_instance"]
        self.assertEqual(loop.interval, 3600)
        with self.configured(list_db=True):
            getattr(self.env[loop.model], loop.method)()
        self.assertEqual(self.finding("database-list").state, "new")
        self.assertTrue(hasattr(self.env[loops["acceptances"].model], loops["acceptances"].method))
