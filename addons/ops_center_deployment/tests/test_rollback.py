from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NEXT_REVISION, WebhookCase

THIRD_REVISION = "c" * 40


@tagged("post_install", "-at_install")
class TestRollback(WebhookCase):
    def test_by_hand(self):
        first = self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        rollback = self.roll_back(second)
        self.assertRecordValues(
            rollback,
            [
                {
                    "state": "queued",
                    "revision": first.revision,
                    "rolled_back_id": second.id,
                    "reason": "Vouchers do not work",
                    "user_id": self.operator.id,
                }
            ],
        )
        with self.assertRaisesRegex(UserError, "Only what is live"):
            self.roll_back(second)

    def test_to_an_older_one(self):
        first = self.deploy_well()
        self.deploy_well(revision=NEXT_REVISION)
        third = self.deploy_well(revision=THIRD_REVISION)
        rollback = self.roll_back(third, target_id=first)
        self.assertEqual(rollback.revision, first.revision)

    def test_only_to_what_was_found_good(self):
        first = self.deploy_well()
        with self.assertRaisesRegex(UserError, "found good before"):
            first._roll_back(first, "Vouchers do not work")
        second = self.deploy_well(revision=NEXT_REVISION)
        first.sudo().verified_at = False
        self.assertFalse(second.action_roll_back()["context"]["default_target_id"])
        with self.assertRaisesRegex(UserError, "found good before"):
            second._roll_back(first, "Vouchers do not work")

    def test_viewer_rolls_nothing_back(self):
        first = self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION).with_user(self.viewer)
        with self.assertRaises(AccessError):
            second.action_roll_back()
        with self.assertRaises(AccessError):
            self.env["ops.deployment.rollback"].with_user(self.viewer).create(
                {"deployment_id": second.id, "target_id": first.id, "reason": "No"}
            )

    # === PIN === #

    def test_pins_until_it_is_kept(self):
        self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        waiting = self._draft(revision=THIRD_REVISION)
        rollback = self.roll_back(second)
        waiting.action_deploy()
        self.work()
        self.report(rollback, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(self.production.pinned_deployment_id, rollback)
        self.work()
        self.assertEqual(waiting.state, "queued", "what was queued before waits, too")
        self.assertIn(f"pinned to {rollback.display_name}", waiting.obstacles)
        with self.assertRaises(UserError):
            self.production.with_user(self.operator).pinned_deployment_id = False
        with self.assertRaises(AccessError):
            self.production.with_user(self.viewer).action_commit_rollback()
        self.production.with_user(self.operator).action_commit_rollback()
        self.work()
        self.assertFalse(self.production.pinned_deployment_id)
        self.work()
        self.assertEqual(waiting.state, "building")

    def test_pinned_by_an_automatic_rollback(self):
        self.deploy_well()
        bad = self.deploy(revision=NEXT_REVISION)
        self.report(bad, "succeeded")
        self.expire(bad)
        self.work()
        self.report(bad.rollback_ids, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(self.production.pinned_deployment_id, bad.rollback_ids)

    def test_revert_brings_back_what_was_taken_back(self):
        self.deploy_well()
        bad = self.deploy_well(revision=NEXT_REVISION)
        rollback = self.roll_back_well(bad)
        environment = self.production.with_user(self.operator)
        revert = self.env["ops.deployment"].browse(environment.action_revert_rollback()["res_id"])
        self.assertEqual(environment.action_revert_rollback()["res_id"], revert.id, "one is enough")
        self.assertEqual((revert.revision, revert.state), (NEXT_REVISION, "draft"))
        revert = revert.with_user(self.operator)
        with self.assertRaisesRegex(UserError, "why it may come back"):
            revert.action_deploy()
        revert.reason = "The vouchers were at fault"
        revert.action_deploy()
        self.work()
        self.assertEqual(self.production.pinned_deployment_id, rollback)
        self.report(revert, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual((revert.state, rollback.state), ("live", "superseded"))
        self.assertFalse(self.production.pinned_deployment_id)

    def test_what_was_taken_back_comes_back_with_a_reason_only(self):
        self.deploy_well()
        self.roll_back_well(self.deploy_well(revision=NEXT_REVISION))
        self.production.with_user(self.operator).action_commit_rollback()
        self.work()
        again = self._draft(revision=NEXT_REVISION)
        with self.assertRaisesRegex(UserError, "taken back from Webshop / Production before"):
            again.action_deploy()
        again.reason = "The database was mended"
        again.action_deploy()
        self.assertEqual(again.state, "queued")
