from contextlib import contextmanager

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import OdooCase


@tagged("post_install", "-at_install")
class TestOdooCheck(OdooCase):
    def create_check(self, **values):
        return super().create_check(kind="odoo", name="Shop", **{"url": self.url, **values})

    @contextmanager
    def assert_told(self, count):
        before = len(self.events("odoo.version_changed"))
        yield
        self.assertEqual(len(self.events("odoo.version_changed")) - before, count)

    def test_form_shows_what_it_told(self):
        check = self.create_check()
        self.assertFalse(check.odoo_version)
        self.run_now(check)
        self.assertEqual((check.state, check.last_error), ("up", ""))
        self.assertEqual(
            (check.odoo_version, check.odoo_edition, check.odoo_selector),
            ("17.0", "community", "closed"),
        )
        self.assertTrue(check.last_phases)

    def test_shown_databases_degrade_it(self):
        self.shown_databases = "shop"
        check = self.create_check(failure_threshold=1)
        self.run_now(check)
        self.assertEqual((check.state, check.odoo_selector), ("degraded", "open"))
        self.assertIn("list_db = False", check.last_message)
        self.assertTrue(check.incident_ids)
        check.odoo_selector_closed = False
        self.run_now(check, times=check.success_threshold)
        self.assertEqual(check.state, "up")

    def test_expected_version(self):
        check = self.create_check(failure_threshold=1, odoo_expected_version="18.0")
        self.run_now(check)
        self.assertEqual(check.state, "degraded")
        self.assertIn("version 17.0, expected 18.0", check.last_message)
        self.assertIn("Version: 17.0", check.incident_ids.evidence)
        self.version = "18.0"
        self.run_now(check, times=check.success_threshold)
        self.assertEqual(check.state, "up")

    def test_another_version_is_told_once(self):
        check = self.create_check()
        with self.assert_told(0):
            self.run_now(check, times=2)
        self.version = "18.0"
        with self.assert_told(1):
            self.run_now(check, times=2)
        event = self.events("odoo.version_changed")
        self.assertEqual(event.name, "Shop: Odoo 18.0 instead of 17.0")

    def test_another_address_is_another_odoo(self):
        check = self.create_check()
        self.run_now(check)
        check.url = self.url.replace("127.0.0.1", "localhost")
        self.assertFalse(check.odoo_version)
        self.version = "18.0"
        with self.assert_told(0):
            self.run_now(check)
        self.assertEqual(check.odoo_version, "18.0")

    def test_version_must_be_one(self):
        with self.assertRaisesRegex(ValidationError, "“Expected Version” of Shop.*such as 19.0"):
            self.create_check(odoo_expected_version="latest")

    def test_form_asks_for_nothing_else(self):
        with Form(self.env["ops.health.check"]) as form:
            form.name = "Shop"
            form.environment_id = self.environment
            form.kind = "odoo"
            form.url = self.url
        self.assertEqual(form.record.kind, "odoo")

    def test_unverified_certificate_shows(self):
        check = self.create_check(url="https://erp.example.com", verify_tls=False)
        self.assertTrue(check.tls_warning)

    def test_unlink_leaves_nothing(self):
        check = self.create_check()
        self.run_now(check)
        check.unlink()
        self.env.cr.execute("SELECT count(*) FROM ops_health_installation")
        self.assertEqual(self.env.cr.fetchone(), (0,))
