import os
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import HealthCase

LOGGER = "odoo.addons.ops_center_health.models.res_company_dead_man"


@tagged("post_install", "-at_install")
class TestDeadMan(HealthCase):
    def setUp(self):
        super().setUp()
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))
        self.env["ops.instance"]._bind()
        self.env["ops.worker"]._beat("here:1", "here", 1)

    def enter_address(self, address):
        view = "ops_center_health.res_company_dead_man_view_form"
        with Form(self.env.company, view) as form:
            form.ops_dead_man_url = address

    def call(self):
        """One pass of the loop that workers run; returns the paths that were called."""
        loops = {loop.name: loop for loop in self.env["ops.worker"]._loops()}
        loop = loops["dead_man"]
        self.exchanges.clear()
        with self.worker_transactions():
            getattr(self.env[loop.model], loop.method)()
        return [exchange.path for exchange in self.exchanges]

    def test_off_by_default(self):
        self.assertEqual(self.call(), [])

    def test_called_while_all_is_well(self):
        self.enter_address(f"{self.url}/beat")
        self.assertEqual(self.call(), ["/beat"])
        self.assertFalse(self.env.company.ops_dead_man_url)
        self.assertEqual(self.env.company.ops_dead_man_url_hint, "…beat")
        self.env.company.with_context(secret_field="ops_dead_man_url").action_remove_secret()
        self.assertEqual(self.call(), [])

    def test_silent_while_something_is_wrong(self):
        self.enter_address(f"{self.url}/beat")
        module = self.env["ir.module.module"].search([("state", "=", "uninstalled")], limit=1)
        module.state = "to install"
        self.assertEqual(self.call(), [])
        module.state = "uninstalled"
        self.assertEqual(self.call(), ["/beat"])

    def test_silent_without_anybody_at_work(self):
        self.enter_address(f"{self.url}/beat")
        self.env["ops.worker"].search([]).unlink()
        cron = self.env.ref("ops_center_base.ops_worker_cron")
        cron.lastcall = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        self.assertEqual(self.call(), [])

    def test_a_copy_is_silent(self):
        self.enter_address(f"{self.url}/beat")
        self.env["ir.config_parameter"].set_param("ops_center.binding", False)
        self.assertEqual(self.call(), [])

    def test_a_service_that_is_out_of_order_is_called_again(self):
        self.enter_address(f"{self.url}/secret-beat")
        self.break_target()
        with self.assertLogs(LOGGER, "WARNING") as caught:
            self.call()
        self.assertNotIn("secret-beat", caught.output[0])
        self.mend_target()
        self.assertEqual(self.call(), ["/secret-beat"])

    def test_another_key_is_told_and_harms_nobody(self):
        self.enter_address(f"{self.url}/beat")
        with (
            patch.dict(os.environ, {"OPS_CENTER_KEY": Fernet.generate_key().decode()}),
            mute_logger(LOGGER),
        ):
            self.assertEqual(self.call(), [])

    def test_what_is_no_address_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "must be a whole address"):
            self.enter_address("hc-ping.com/x")
