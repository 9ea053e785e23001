import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestEvent(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "ops_operator", "ops_center_base.group_operator")
        cls.manager = new_test_user(cls.env, "ops_manager", "ops_center_base.group_manager")
        cls.environment = cls.env.ref("ops_center_base.environment_self")

    def record(self, **values):
        events = self.env["ops.event"].with_user(self.operator)
        return events._record("test.happened", "It happened", **values)

    def test_holds_what_happened(self):
        event = self.record(environment=self.environment, level="danger", detail="<b>why</b>")
        self.assertRecordValues(
            event,
            [
                {
                    "name": "It happened",
                    "kind": "test.happened",
                    "level": "danger",
                    "detail": "<b>why</b>",
                    "icon": "fa-times-circle",
                    "environment_id": self.environment.id,
                    "application_id": self.environment.application_id.id,
                    "company_id": self.environment.company_id.id,
                    "user_id": self.operator.id,
                }
            ],
        )
        action = self.environment.with_user(self.operator).action_view_events()
        self.assertIn(event, event.search(action["domain"]))

    def test_leads_to_its_document(self):
        partner = self.env["res.partner"].create({"name": "Gone soon"})
        event = self.record(record=self.environment)
        self.assertEqual(event.action_open_document()["res_id"], self.environment.id)
        event = self.record(record=partner, company=self.env.company)
        partner.unlink()
        with self.assertRaisesRegex(UserError, "deleted"):
            event.action_open_document()

    def test_belongs_to_the_company_of_its_document(self):
        company = self.env["res.company"].create({"name": "Other"})
        application = self.env["ops.application"].create(
            {"name": "Theirs", "company_id": company.id}
        )
        self.assertEqual(self.record(record=application).sudo().company_id, company)
        self.assertEqual(self.record(company=company).sudo().company_id, company)
        self.assertEqual(self.record().company_id, self.env.company)

    def test_nobody_rewrites_history(self):
        event = self.record()
        for user in (self.operator, self.manager):
            with self.assertRaises(AccessError):
                event.with_user(user).create(
                    {"kind": "x", "name": "x", "company_id": self.env.company.id}
                )
        for events in (event.with_user(self.manager), event.sudo()):
            with self.assertRaises(UserError):
                events.name = "It did not happen"
            with self.assertRaises(UserError):
                events.unlink()
        self.env.invalidate_all()
        self.assertEqual(event.name, "It happened")

    def test_open_screens_are_told(self):
        event = self.record(record=self.environment)
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([], order="id desc", limit=2)
        viewers = self.env.ref("ops_center_base.group_viewer")
        for message, record in zip(sent.sorted("id"), (event, self.environment), strict=True):
            self.assertEqual(json.loads(message.channel)[1:], ["res.groups", viewers.id])
            self.assertEqual(
                json.loads(message.message),
                {
                    "type": "ops_center/changed",
                    "payload": {"model": record._name, "ids": record.ids},
                },
            )
