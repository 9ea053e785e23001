import os
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestSettings(TransactionCase):
    def _settings(self):
        return Form(
            self.env["res.config.settings"],
            "ops_center.res_config_settings_view_form",
        )

    def test_retention_is_stored(self):
        with self._settings() as settings:
            settings.ops_sample_retention_days = 30
        settings.save().execute()
        self.assertEqual(self.env["ops.health.sample"]._retention().days, 30)

    def test_retention_is_limited(self):
        for days in (0, 91):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex((ValidationError, IntegrityError), "retention|Keep"),
                self.env.cr.savepoint(),
            ):
                self.env["res.config.settings"].create({"ops_sample_retention_days": days})

    def test_networks_are_checked(self):
        with self.assertRaisesRegex(ValidationError, "Networks Checks May Reach"):
            self.env["res.config.settings"].create({"ops_allowed_networks": "not a network"})
        self.env["res.config.settings"].create({"ops_allowed_networks": "10.1.0.0/16"})
        self.assertEqual(self.env.company.ops_allowed_networks, "10.1.0.0/16")

    def test_missing_key_is_told(self):
        with patch.dict(os.environ):
            os.environ.pop("OPS_CENTER_KEY", None)
            os.environ.pop("OPS_CENTER_KEY_FILE", None)
            self.assertFalse(self.env["res.config.settings"].new({}).ops_has_key)
            os.environ["OPS_CENTER_KEY"] = "RWl0aGVyIHdheSwgdGhpcyBpcyBvbmx5IGEgdGVzdC4="
            self.assertTrue(self.env["res.config.settings"].new({}).ops_has_key)

    def test_copy_becomes_the_original(self):
        self.env["ir.config_parameter"].set_param("ops_center.binding", False)
        settings = self.env["res.config.settings"].create({})
        self.assertIn("until a manager declares", settings.ops_outward_blocker)
        settings.action_ops_bind()
        self.assertFalse(self.env["ops.instance"]._outward_blocker())
