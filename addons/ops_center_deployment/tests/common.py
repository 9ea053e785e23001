import json
import os
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.tests import Form, HttpCase, freeze_time, new_test_user

from odoo.addons.ops_center_base.tests.common import loopback_server
from odoo.addons.ops_center_base.transport import sign
from odoo.addons.ops_center_health.tests.common import HealthCase

REVISION = "3f6c1d9b8a7e5f40213c6d7e8f9a0b1c2d3e4f50"
NEXT_REVISION = "a91be07754c2d3f68e0b1a2c3d4e5f6071829304"
SECRET = "shared with the pipeline"


class DeploymentCommon:
    """People and environments to deploy to; mix into a test case."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.viewer, cls.operator, cls.manager = (
            new_test_user(cls.env, f"deployment_{role}", f"ops_center_base.group_{role}")
            for role in ("viewer", "operator", "manager")
        )
        cls.application = cls.env["ops.application"].create({"name": "Webshop"})
        cls.production, cls.staging = cls.env["ops.environment"].create(
            [
                {"name": "Production", "application_id": cls.application.id},
                {"name": "Staging", "application_id": cls.application.id, "kind": "staging"},
            ]
        )
        foreign_application = cls.env["ops.application"].create(
            {"name": "Foreign", "company_id": cls.other_company.id}
        )
        cls.foreign = cls.env["ops.environment"].create(
            {
                "name": "Foreign",
                "application_id": foreign_application.id,
                "company_id": cls.other_company.id,
            }
        )

    def _draft(self, environment=None, user=None, **values):
        """Return a draft as the given user (default: the operator) records it."""
        return (
            self.env["ops.deployment"]
            .with_user(user or self.operator)
            .create(
                {
                    "environment_id": (environment or self.production).id,
                    "revision": REVISION,
                    **values,
                }
            )
        )


class ExecutorCase(DeploymentCommon, HealthCase):
    """An environment whose deployments somebody carries out, watched by a check."""

    def setUp(self):
        super().setUp()
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))
        self.patch(self.registry["ops.instance"], "_outward_blocker", lambda _self: False)
        self.env["ops.operation"].search([]).state = "cancelled"
        self.check = self.create_check(
            environment_id=self.production.id, failure_threshold=1, success_threshold=1
        )

    def succeed(self, deployment):
        """Have who carries it out do so, and say so."""
        raise NotImplementedError

    def work(self):
        """One pass of each of the worker's loops that deployments need."""
        with self.worker_transactions():
            self.env["ops.deployment"]._run_queue()
            self.env["ops.operation"]._dispatch()
            self.env["ops.deployment"]._run_verification()

    def deploy(self, **values):
        deployment = self._draft(**values)
        deployment.action_deploy()
        self.work()
        return deployment

    def prove(self, deployment):
        """Have who carries it out succeed, and the check find it good."""
        self.succeed(deployment)
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(deployment.state, "live")
        # The next one is not found good by what was seen of this one.
        self.make_older(self.check, 60, ops_health_sample=("at",))
        return deployment

    def deploy_well(self, **values):
        return self.prove(self.deploy(**values))

    def roll_back(self, deployment, reason="Vouchers do not work", **values):
        """Have a deployment taken back by the dialogue, and return what takes its place."""
        action = deployment.action_roll_back()
        wizards = self.env[action["res_model"]].with_user(self.operator)
        wizard = Form(wizards.with_context(**action["context"]))
        wizard.reason = reason
        for name, value in values.items():
            setattr(wizard, name, value)
        return self.env["ops.deployment"].browse(wizard.save().action_roll_back()["res_id"])

    def roll_back_well(self, deployment):
        rollback = self.roll_back(deployment)
        self.work()
        self.prove(rollback)
        self.assertEqual(deployment.state, "rolled_back")
        return rollback

    def expire(self, deployment):
        """Have the time be over in which the checks had to find it good."""
        with freeze_time(deployment.verifying_since + timedelta(hours=1)):
            self.work()


class WebhookCase(ExecutorCase, HttpCase):
    """An environment whose deployments a pipeline on loopback carries out."""

    def setUp(self):
        super().setUp()
        self.pipeline = {"body": {"reference": "build 7"}}
        hook, self.requests = self.enterContext(
            loopback_server(lambda exchange: exchange.answer(**self.pipeline))
        )
        self.production.write(
            {"provider": "webhook", "deploy_url": f"{hook}/hook", "deploy_secret": SECRET}
        )

    def succeed(self, deployment):
        self.report(deployment, "succeeded")

    def report(self, deployment, state, secret=SECRET, marker=None, **told):
        marker = marker or deployment.sudo().operation_id.uuid
        body = json.dumps({"id": marker, "state": state, **told}).encode()
        answer = self.url_open(
            f"/ops/deployment/{deployment.sudo().operation_id.uuid}/report",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Ops-Center-Signature": sign(secret, body),
            },
        )
        self.env.invalidate_all()
        return answer
