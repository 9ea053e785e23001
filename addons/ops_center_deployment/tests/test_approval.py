from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import WebhookCase


@tagged("post_install", "-at_install")
class TestApproval(WebhookCase):
    def setUp(self):
        super().setUp()
        self.production.protected = True

    def ask(self, **values):
        deployment = self._draft(**values)
        deployment.action_deploy()
        return deployment

    def test_somebody_else_approves(self):
        deployment = self.ask(version="2.4.1")
        self.work()
        self.assertEqual(deployment.state, "waiting")
        self.assertFalse(self.requests)
        mine = deployment.activity_ids.filtered(lambda each: each.user_id == self.manager)
        self.assertIn("wants to deploy 2.4.1", mine.summary)
        self.assertNotIn(self.operator, deployment.activity_ids.user_id)
        for user in (self.operator, self.viewer):
            self.assertFalse(deployment.with_user(user).is_approver)
        with self.assertRaisesRegex(AccessError, "Somebody else"):
            deployment.action_approve()
        approving = deployment.with_user(self.manager)
        self.assertTrue(approving.is_approver)
        approving.action_approve()
        self.assertRecordValues(approving, [{"state": "queued", "approved_by_id": self.manager.id}])
        self.assertFalse(deployment.activity_ids, "nobody is asked any more")
        event = self.env["ops.event"].search([("kind", "=", "deployment.approved")])
        self.assertEqual((event.res_id, event.user_id), (deployment.id, self.manager))
        self.work()
        self.assertEqual(deployment.state, "building")

    def test_approved_is_what_is_deployed(self):
        deployment = self.ask()
        with self.assertRaises(UserError):
            deployment.revision = "a" * 40
        with self.assertRaises(UserError):
            deployment.approved_by_id = self.manager
        self.assertEqual(deployment.state, "waiting")

    def test_who_asks_for_another_is_not_their_own_second_pair_of_eyes(self):
        deployment = self._draft()
        deployment.with_user(self.manager).action_deploy()
        for user in (self.operator, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                deployment.with_user(user).action_approve()

    def test_rejected(self):
        deployment = self.ask()
        deployment.with_user(self.manager).action_reject()
        self.assertEqual(deployment.state, "rejected")
        self.assertIn(self.manager.name, deployment.problem)
        self.assertFalse(deployment.activity_ids)
        with self.assertRaisesRegex(UserError, "doesn't wait"):
            deployment.with_user(self.manager).action_approve()

    def test_named_approvers_alone(self):
        approver = new_test_user(self.env, "approver", "ops_center_base.group_operator")
        self.production.approver_ids = approver
        deployment = self.ask()
        self.assertEqual(deployment.activity_ids.user_id, approver)
        with self.assertRaisesRegex(AccessError, "Only these"):
            deployment.with_user(self.manager).action_approve()
        deployment.with_user(approver).action_approve()
        self.assertEqual(deployment.state, "queued")
        with self.assertRaisesRegex(ValidationError, "Approvers"):
            self.production.approver_ids = self.viewer

    def test_nobody_else_is_there(self):
        self.production.approver_ids = self.operator
        with self.assertRaisesRegex(UserError, "Name approvers"):
            self.ask()

    def test_way_back_needs_no_approval(self):
        first = self.ask()
        first.with_user(self.manager).action_approve()
        self.work()
        self.report(first, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.make_older(self.check, 60, ops_health_sample=("at",))
        self.break_target()
        bad = self.ask()
        bad.with_user(self.manager).action_approve()
        self.work()
        self.report(bad, "succeeded")
        self.run_now(self.check, 3)
        self.expire(bad)
        self.assertEqual(bad.rollback_ids.state, "queued")
        self.work()
        self.assertEqual(bad.rollback_ids.state, "building")

    def test_cancelled_while_it_waits(self):
        deployment = self.ask()
        deployment.action_cancel()
        self.assertEqual(deployment.state, "cancelled")
        self.assertFalse(deployment.activity_ids)
