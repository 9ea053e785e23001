"""Who may do what with the records of all our addons, in one table."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.ops_center_base.tests.common import console_models

READ = "read"
EVERYTHING = "read write create unlink"
# Model: what viewers, operators and managers may do. Others may do nothing.
RIGHTS = {
    "ops.application": (READ, READ, EVERYTHING),
    "ops.deployment": (READ, EVERYTHING, EVERYTHING),
    "ops.deployment.break.glass": ("", "", "read write create"),
    "ops.deployment.log.part": (READ, READ, READ),
    "ops.deployment.rollback": ("", "read write create", "read write create"),
    "ops.deployment.step": (READ, EVERYTHING, EVERYTHING),
    "ops.digitalocean.account": (READ, READ, EVERYTHING),
    "ops.digitalocean.app": (READ, READ, "read write"),
    "ops.digitalocean.component": (READ, READ, READ),
    "ops.environment": (READ, READ, EVERYTHING),
    "ops.environment.key": ("", "read write create", "read write create"),
    "ops.escalation.policy": (READ, READ, EVERYTHING),
    "ops.escalation.step": (READ, READ, EVERYTHING),
    "ops.event": (READ, READ, READ),
    "ops.freeze.window": (READ, READ, EVERYTHING),
    "ops.finding": (READ, "read write", "read write"),
    "ops.finding.change": (READ, READ, READ),
    "ops.finding.decision": ("", "read write create", "read write create"),
    "ops.finding.rule": (READ, READ, EVERYTHING),
    "ops.health.agent.setup": ("", "read write create", "read write create"),
    "ops.health.check": (READ, "read write create", EVERYTHING),
    "ops.health.check.code": ("", "read write create", "read write create"),
    "ops.health.check.code.line": ("", EVERYTHING, EVERYTHING),
    "ops.health.incident": (READ, "read write", "read write"),
    "ops.health.maintenance": (READ, "read write create", EVERYTHING),
    "ops.health.maintenance.window": (READ, READ, READ),
    "ops.health.metrics.setup": ("", "", "read write create"),
    "ops.health.sample": (READ, READ, READ),
    "ops.health.sentinel.setup": ("", "", "read write create"),
    "ops.notification": (READ, READ, READ),
    "ops.notification.channel": (READ, READ, EVERYTHING),
    "ops.on.call.absence": (READ, EVERYTHING, EVERYTHING),
    "ops.on.call.member": (READ, READ, EVERYTHING),
    "ops.on.call.rota": (READ, READ, EVERYTHING),
    "ops.on.call.shift": (READ, READ, READ),
    "ops.operation": (READ, READ, READ),
    "ops.scan": (READ, "read write create", EVERYTHING),
    "ops.status.note": (READ, EVERYTHING, EVERYTHING),
    "ops.status.page": (READ, READ, EVERYTHING),
    "ops.status.service": (READ, READ, EVERYTHING),
    "ops.worker": ("", "", READ),
}
# What is no company's: processes of the host, and dialogues, on records that are one's.
WITHOUT_COMPANY = {
    "ops.environment.key",
    "ops.deployment.break.glass",
    "ops.deployment.rollback",
    "ops.finding.decision",
    "ops.health.agent.setup",
    "ops.health.check.code",
    "ops.health.check.code.line",
    "ops.health.sentinel.setup",
    "ops.worker",
}


@tagged("post_install", "-at_install")
class TestAccess(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = {model._name: model for model in console_models(cls.env)}

    def assertRights(self, user, expected):
        for name, rights in expected.items():
            with self.subTest(model=name, user=user.login):
                records = self.env[name].with_user(user)
                allowed = [right for right in EVERYTHING.split() if records.has_access(right)]
                self.assertEqual(" ".join(allowed), rights)

    def test_every_model_is_in_the_table(self):
        self.assertEqual(self.models.keys(), RIGHTS.keys())

    def test_roles(self):
        for position, role in enumerate(("viewer", "operator", "manager")):
            user = new_test_user(self.env, role, f"ops_center_base.group_{role}")
            self.assertRights(user, {name: rights[position] for name, rights in RIGHTS.items()})

    def test_everybody_else(self):
        for group in ("user", "portal", "public"):
            user = new_test_user(self.env, f"some_{group}", f"base.group_{group}")
            self.assertRights(user, dict.fromkeys(RIGHTS, ""))

    def test_what_belongs_to_a_company(self):
        """`ops_center_base` tests the rules of these."""
        shared = {name for name, model in self.models.items() if "company_id" not in model._fields}
        self.assertEqual(shared, WITHOUT_COMPANY)
