from odoo.tests import TransactionCase, tagged

from odoo.addons.ops_center_deployment.tests.common import DeploymentCommon


@tagged("post_install", "-at_install")
class TestLatencyChart(DeploymentCommon, TransactionCase):
    def test_what_went_live_is_told_as_a_change(self):
        check = self.env["ops.health.check"].create(
            {
                "name": "Front page",
                "environment_id": self.production.id,
                "url": "https://shop.example.com",
            }
        )
        for environment, summary in (
            (self.production, "New checkout"),
            (self.staging, "Newer checkout"),
        ):
            deployment = self._draft(environment, summary=summary)
            deployment.action_start()
            deployment.action_mark_live()
        [change] = check.with_user(self.viewer).retrieve_latency(1)["changes"]
        self.assertIn("New checkout", change["name"])
        self.assertIn("Live", change["name"])
