from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.ops_center_deployment.tests.common import DeploymentCommon


@tagged("post_install", "-at_install")
class TestViews(DeploymentCommon, TransactionCase):
    def test_environment_leads_to_its_deployments(self):
        mine, other = self._draft(), self._draft(self.staging)
        environment = self.production.with_user(self.operator)
        action = environment.action_view_deployments()
        found = self.env["ops.deployment"].search(action["domain"])
        self.assertIn(mine, found)
        self.assertNotIn(other, found)

    def test_record_button_opens_a_form_for_the_environment(self):
        action = self.production.with_user(self.operator).action_record_deployment()
        form = Form(
            self.env["ops.deployment"].with_user(self.operator).with_context(**action["context"])
        )
        self.assertEqual(form.environment_id, self.production)

    def test_module_changes_are_escaped(self):
        deployment = self._draft().sudo()
        deployment.module_changes = {
            "added": {"<script>alert(1)</script>": "1"},
            "updated": {},
            "removed": {},
        }
        self.assertNotIn("<script>", deployment.module_changes_html)
        self.assertIn("&lt;script&gt;", deployment.module_changes_html)
