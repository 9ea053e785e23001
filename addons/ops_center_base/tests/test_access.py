"""What every model of Ops Center keeps to, those of the addons above included."""

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import console_models

OPERATIONS = ("read", "write", "create", "unlink")
# Written by the machine alone; people act on them through buttons.
MACHINE_WRITTEN = {
    "ops.event",
    "ops.notification",
    "ops.on.call.shift",
    "ops.operation",
    "ops.worker",
}


class AccessCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = console_models(cls.env)
        cls.stored = [model for model in cls.models if not model._transient]


@tagged("post_install", "-at_install")
class TestRoles(AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        roles = {
            "public": "base.group_public",
            "portal": "base.group_portal",
            "employee": "base.group_user",
            "viewer": "ops_center_base.group_viewer",
            "operator": "ops_center_base.group_operator",
            "manager": "ops_center_base.group_manager",
        }
        cls.users = {
            role: new_test_user(cls.env, f"ops_{role}", group) for role, group in roles.items()
        }

    def allowed(self, model, role):
        records = model.with_user(self.users[role])
        return {operation for operation in OPERATIONS if records.has_access(operation)}

    def test_who_has_no_role_has_no_access(self):
        for model in self.models:
            with self.subTest(model=model._name):
                for role in ("public", "portal", "employee"):
                    self.assertFalse(self.allowed(model, role), role)

    def test_viewers_only_read(self):
        for model in self.stored:
            with self.subTest(model=model._name):
                self.assertLessEqual(self.allowed(model, "viewer"), {"read"})

    def test_each_role_may_what_the_one_below_may(self):
        for model in self.models:
            with self.subTest(model=model._name):
                viewer, operator, manager = (
                    self.allowed(model, role) for role in ("viewer", "operator", "manager")
                )
                self.assertLessEqual(viewer, operator)
                self.assertLessEqual(operator, manager)
                self.assertIn("read", manager)

    def test_nobody_writes_what_the_machine_writes(self):
        for name in sorted(MACHINE_WRITTEN):
            for role in self.users:
                with self.subTest(model=name, role=role):
                    self.assertLessEqual(self.allowed(self.env[name], role), {"read"})

    def test_roles_on_configuration(self):
        everything = set(OPERATIONS)
        for name in ("ops.application", "ops.environment", "ops.notification.channel"):
            model = self.env[name]
            with self.subTest(model=name):
                self.assertEqual(self.allowed(model, "viewer"), {"read"})
                self.assertEqual(self.allowed(model, "operator"), {"read"})
                self.assertEqual(self.allowed(model, "manager"), everything)

    def test_rights_hold_on_real_records(self):
        environment = self.env.ref("ops_center_base.environment_self")
        for role in ("employee", "viewer", "operator"):
            records = environment.with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                records.write({"sequence": 5})
        with self.assertRaises(AccessError):
            environment.with_user(self.users["employee"]).read(["name"])
        environment.with_user(self.users["viewer"]).read(["name"])
        environment.with_user(self.users["manager"]).write({"sequence": 5})

    def test_administrators_are_managers(self):
        self.assertTrue(self.env.ref("base.user_admin").has_group("ops_center_base.group_manager"))

    def test_secrets_and_parameters_are_for_managers(self):
        fields_of_operator = self.env["ops.operation"].with_user(self.users["operator"])
        self.assertNotIn("params", fields_of_operator.fields_get())
        self.assertIn(
            "params",
            self.env["ops.operation"].with_user(self.users["manager"]).fields_get(),
        )


@tagged("post_install", "-at_install")
class TestCompanies(AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Other"})
        cls.stranger = new_test_user(
            cls.env,
            "ops_stranger",
            "ops_center_base.group_manager",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.of_company = [model for model in cls.stored if "company_id" in model._fields]

    def test_each_model_is_closed_to_other_companies(self):
        for model in self.of_company:
            with self.subTest(model=model._name):
                domain = self.env["ir.rule"].with_user(self.stranger)._compute_domain(model._name)
                conditions = [
                    (condition.field_expr, condition.operator, list(condition.value))
                    for condition in domain.iter_conditions()
                    if condition.field_expr == "company_id"
                ]
                self.assertTrue(conditions, "A rule on the company is missing.")
                for _field, operator, ids in conditions:
                    self.assertEqual(operator, "in")
                    self.assertLessEqual(set(ids), {self.company.id, False})

    def test_records_of_other_companies_are_out_of_reach(self):
        self.env["ops.event"]._record("test.happened", "It happened")
        reached = set()
        for model in self.of_company:
            with self.subTest(model=model._name):
                records = model.with_context(active_test=False).search(
                    [("company_id", "not in", [self.company.id, False])]
                )
                strange = records.with_user(self.stranger)
                self.assertFalse(strange.search([("id", "in", records.ids)]))
                if records:
                    reached.add(model._name)
                    with self.assertRaises(AccessError):
                        strange.read(["display_name"])
        self.assertLessEqual({"ops.application", "ops.environment", "ops.event"}, reached)

    def test_links_stay_within_the_company(self):
        names = {model._name for model in self.of_company}
        for model in self.of_company:
            if model._fields["company_id"].related or not model._auto:
                continue
            with self.subTest(model=model._name):
                self.assertTrue(model._check_company_auto)
                links = [
                    field.name
                    for field in model._fields.values()
                    if isinstance(field, fields.Many2one)
                    and field.comodel_name in names
                    and not field.compute
                    and not field.check_company
                ]
                self.assertFalse(links, "check_company is missing.")
