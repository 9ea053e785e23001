import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import config

from ..hooks import post_init_hook


@tagged("post_install", "-at_install")
class TestInstance(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data_dir = cls.enterClassContext(TemporaryDirectory())
        cls.startClassPatcher(patch.dict(config.options, {"data_dir": cls.data_dir}))
        cls.startClassPatcher(patch.dict(os.environ, {"OPS_CENTER_INSTANCE": ""}))
        cls.instance = cls.env["ops.instance"]
        cls.parameters = cls.env["ir.config_parameter"]
        cls.manager = new_test_user(cls.env, "ops_manager", "ops_center_base.group_manager")
        cls.operator = new_test_user(cls.env, "ops_operator", "ops_center_base.group_operator")

    def test_installing_binds(self):
        post_init_hook(self.env)
        self.assertFalse(self.instance._outward_blocker())

    def test_unbinding_leaves_nothing(self):
        post_init_hook(self.env)
        self.instance._unbind()
        self.assertFalse(self.parameters.get_param("ops_center.binding"))
        self.assertFalse(list(Path(self.data_dir, "ops_center").glob("*.instance")))

    def test_another_place_holds(self):
        """The same database restored on another machine: the marker is not there."""
        self.instance._bind()
        self.instance._marker_path().unlink()
        self.assertIn("copy", self.instance._outward_blocker())
        with patch.dict(os.environ, {"OPS_CENTER_INSTANCE": "elsewhere"}):
            self.assertIn("copy", self.instance._outward_blocker())

    def test_another_identity_holds(self):
        """What Odoo's own duplication of a database changes."""
        self.instance._bind()
        self.parameters.set_param("database.uuid", "another")
        self.assertIn("copy", self.instance._outward_blocker())

    def test_unbound_holds(self):
        self.parameters.set_param("ops_center.binding", False)
        self.assertIn("original", self.instance._outward_blocker())

    def test_manager_declares_the_original(self):
        self.parameters.set_param("database.uuid", "another")
        with self.assertRaises(AccessError):
            self.instance.with_user(self.operator).action_bind()
        self.assertTrue(self.instance._outward_blocker())
        self.instance.with_user(self.manager).action_bind()
        self.assertFalse(self.instance._outward_blocker())
        event = self.env["ops.event"].search([("kind", "=", "binding.bound")], limit=1)
        self.assertEqual(event.user_id, self.manager)

    def test_neutralised_stays_a_copy(self):
        self.instance._bind()
        for query in get_neutralization_queries(["base", "ops_center_base"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache("stable")
        self.assertIn("neutralised", self.instance._outward_blocker())
        with self.assertRaisesRegex(UserError, "Restore the original"):
            self.instance.with_user(self.manager).action_bind()

    def test_release(self):
        with patch.dict(os.environ, {"OPS_CENTER_RELEASE": "0123abc"}):
            self.assertEqual(self.instance._release(), "0123abc")

    def test_installed_versions(self):
        version = self.env.ref("base.module_ops_center_base").latest_version
        self.assertEqual(self.instance._installed_versions()["ops_center_base"], version)

    def test_unwritable_database(self):
        with self.cr.savepoint() as savepoint:
            self.cr.execute("SET TRANSACTION READ ONLY")
            database = self.instance._readiness()[0]
            savepoint.rollback()
        self.assertFalse(database["ok"])
        self.assertIn("read-only transaction", database["message"])
