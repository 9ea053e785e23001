import os
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestReadiness(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ops.worker"].search([]).unlink()
        cls.env["ops.worker"]._beat("host:1", "host", 1)
        cls.module = cls.env.ref("base.module_ops_center_base")

    def ready(self, query=""):
        answer = self.url_open(f"/ops/ready{query}", timeout=30)
        self.assertNotIn("session_id", answer.cookies)
        return answer.status_code, answer.json()

    def assertNotReady(self, check, *words, query=""):
        status, answer = self.ready(query)
        self.assertEqual((status, answer["status"]), (503, "fail"))
        failed = [name for name, outcome in answer["checks"].items() if outcome["status"] == "fail"]
        self.assertEqual(failed, [check])
        for word in words:
            self.assertIn(word, answer["checks"][check]["message"])

    def test_live(self):
        answer = self.url_open("/ops/live")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "pass"}))

    def test_ready(self):
        with patch.dict(os.environ, {"OPS_CENTER_RELEASE": "0123abc"}):
            status, answer = self.ready()
        self.assertEqual((status, answer["status"]), (200, "pass"))
        self.assertEqual(answer["release"], "0123abc")
        self.assertEqual(answer["database"], self.env.cr.dbname)

    def test_expected_release(self):
        with patch.dict(os.environ, {"OPS_CENTER_RELEASE": "0123abc"}):
            self.assertEqual(self.ready("?release=0123abc")[0], 200)
            self.assertNotReady("release", "0123abc", "4567def", query="?release=4567def")

    def test_waiting_modules(self):
        for state in ("to upgrade", "to install", "to remove"):
            self.module.state = state
            self.assertNotReady("modules", f"ops_center_base ({state})")

    def test_other_version_in_the_code(self):
        self.module.latest_version = "19.0.0.9.0"
        self.assertNotReady("versions", "ops_center_base", "19.0.0.9.0", "19.0.1.0.0")

    def test_missing_code(self):
        self.env["ir.module.module"].create({"name": "gone_addon", "state": "installed"})
        self.assertNotReady("versions", "gone_addon")

    def test_nobody_at_work(self):
        long_ago = fields.Datetime.now() - timedelta(hours=1)
        self.env["ops.worker"].search([]).beat_at = long_ago
        self.env.ref("ops_center_base.ops_worker_cron").lastcall = long_ago
        self.assertNotReady("worker", "max_cron_threads")
