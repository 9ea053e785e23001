from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestEnvironment(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        manager = new_test_user(cls.env, "ops_manager", "ops_center_base.group_manager")
        cls.env = cls.env(user=manager)
        cls.application = cls.env["ops.application"].create({"name": "Webshop"})
        cls.environment = cls.env["ops.environment"].create(
            {"name": "Staging", "application_id": cls.application.id, "kind": "staging"}
        )
        cls.self_environment = cls.env.ref("ops_center_base.environment_self")

    def test_found_by_the_name_that_is_shown(self):
        self.assertEqual(self.environment.display_name, "Webshop / Staging")
        found = self.env["ops.environment"].name_search("Webshop")
        self.assertIn(self.environment.id, [id_ for id_, _name in found])

    def test_application_counts_its_environments(self):
        self.assertEqual(self.application.environment_count, 1)
        action = self.application.action_view_environments()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, self.environment)

    def test_environment_of_ops_center_itself_stays(self):
        with self.assertRaises(UserError):
            self.self_environment.unlink()
        with self.assertRaises(ValidationError):
            self.self_environment.active = False
        with self.assertRaises(UserError):
            self.self_environment.is_self = False
        with self.assertRaises(UserError):
            self.environment.is_self = True
        with self.assertRaises(UserError):
            self.env["ops.environment"].create(
                {"name": "Me too", "application_id": self.application.id, "is_self": True}
            )

    def test_environment_of_ops_center_itself_is_one(self):
        self.assertFalse(self.self_environment.copy().is_self)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.environment.sudo().is_self = True
            self.env.flush_all()

    def test_address_can_be_visited(self):
        self.environment.url = "https://shop.example.com:8443/path"
        for url in ("shop.example.com", "ftp://shop.example.com", "http://", "javascript:x()"):
            with self.subTest(url=url), self.assertRaisesRegex(ValidationError, "Enter all of it"):
                self.environment.url = url

    def test_application_of_another_company(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        with self.assertRaises(UserError):
            self.environment.sudo().company_id = other
        with self.assertRaises(UserError):
            self.application.sudo().company_id = other
