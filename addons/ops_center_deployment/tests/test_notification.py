from odoo.tests import tagged

from .common import NEXT_REVISION, WebhookCase


@tagged("post_install", "-at_install")
class TestNotification(WebhookCase):
    def setUp(self):
        super().setUp()
        self.env["ops.notification.channel"].search([]).active = False
        self.loud, self.quiet = self.env["ops.notification.channel"].create(
            [
                {
                    "name": level,
                    "kind": "webhook",
                    "webhook_url": "http://127.0.0.1:1/",
                    "minimum_level": level,
                    "company_id": self.company.id,
                }
                for level in ("info", "danger")
            ]
        )

    def told(self, channel, deployment):
        return self.env["ops.notification"].search(
            [("channel_id", "=", channel.id), ("res_id", "=", deployment.id)], order="id"
        )

    def test_failure_reaches_everybody_with_the_facts(self):
        deployment = self.deploy(version="2.4.1", summary="Gift cards", author="Grace Hopper")
        self.report(deployment, "failed", message="The tests fail")
        for channel in (self.loud, self.quiet):
            message = self.told(channel, deployment)
            self.assertEqual(message.name, "Webshop / Production: 2.4.1 (3f6c1d9b) Failed")
            self.assertEqual(message.level, "danger")
            self.assertEqual(
                message.body.splitlines(),
                [
                    "Gift cards",
                    "The tests fail",
                    "Author: Grace Hopper",
                    f"Started by: {self.operator.name}",
                ],
            )

    def test_success_reaches_who_wants_to_know(self):
        deployment = self.deploy_well()
        self.assertEqual(
            self.told(self.loud, deployment).name, "Webshop / Production: 3f6c1d9b Live"
        )
        self.assertFalse(self.told(self.quiet, deployment))

    def test_way_back_is_told(self):
        self.deploy_well()
        bad = self.deploy(revision=NEXT_REVISION)
        self.report(bad, "succeeded")
        self.break_target()
        self.run_now(self.check, 3)
        self.expire(bad)
        message = self.told(self.loud, bad)
        self.assertEqual(message.level, "warning")
        self.assertIn("Not found good in time by", message.body)

    def test_what_was_only_seen_is_told_to_nobody(self):
        here = self.env.ref("ops_center_base.environment_self")
        here._observe()
        self.assertTrue(here.live_deployment_id)
        self.assertFalse(self.told(self.loud, here.live_deployment_id))
