from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..storage import samples
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestSampleStorage(HealthCase):
    def partitions(self):
        self.env.cr.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'ops_health_sample'::regclass ORDER BY 1"
        )
        return [name for [name] in self.env.cr.fetchall()]

    def add_sample(self, check, at):
        samples.add(
            self.env.cr,
            [
                {
                    "check_id": check.id,
                    "at": at,
                    "verdict": "up",
                    "error": "",
                    "status": 200,
                    "latency_ms": 1.5,
                    "value": None,
                }
            ],
        )

    def test_coming_days_are_made_ahead(self):
        today = fields.Date.today()
        for ahead in range(samples.DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            self.assertIn(f"ops_health_sample_{day:%Y%m%d}", self.partitions())

    def test_writer_makes_a_missing_day(self):
        check = self.create_check()
        self.add_sample(check, datetime(2031, 2, 3, 4, 5, 6))
        self.assertIn("ops_health_sample_20310203", self.partitions())
        sample = self.env["ops.health.sample"].search([("check_id", "=", check.id)])
        self.assertEqual(sample.at, datetime(2031, 2, 3, 4, 5, 6))
        self.assertEqual(sample.latency_ms, 1.5)
        self.assertFalse(sample.error)

    def test_only_what_is_too_old_is_dropped(self):
        check = self.create_check()
        now = fields.Datetime.now()
        self.add_sample(check, now - timedelta(days=8))
        self.add_sample(check, now - timedelta(days=4))
        with self.worker_transactions():
            self.env["ops.health.sample"]._gc_samples()
        kept = self.env["ops.health.sample"].search([("check_id", "=", check.id)])
        self.assertEqual(kept.at, now - timedelta(days=4))
        old = now - timedelta(days=8)
        self.env.cr.execute("SELECT to_regclass(%s)", [f"ops_health_sample_{old:%Y%m%d}"])
        self.assertEqual(self.env.cr.fetchone(), (None,))

    def test_heartbeats_are_the_last_ones_oldest_first(self):
        checks = self.create_check() | self.create_check()
        for hour in range(5):
            for check in checks:
                self.add_sample(check, datetime(2031, 2, 3, hour))
        beats = checks._heartbeats(limit=3)
        self.assertEqual(set(beats), set(checks.ids))
        self.assertEqual(
            [beat["at"] for beat in beats[checks[0].id]],
            ["2031-02-03 02:00:00", "2031-02-03 03:00:00", "2031-02-03 04:00:00"],
        )

    def test_samples_of_other_companies_are_out_of_sight(self):
        check = self.create_check()
        self.add_sample(check, fields.Datetime.now())
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        visible = self.env["ops.health.sample"].with_user(stranger)
        self.assertFalse(visible.search([("check_id", "=", check.id)]))

    def test_nobody_writes_samples_by_hand(self):
        admin = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.env["ops.health.sample"].with_user(admin).create({"verdict": "up"})
