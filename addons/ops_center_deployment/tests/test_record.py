from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.ops_center_deployment.tests.common import (
    NEXT_REVISION,
    REVISION,
    DeploymentCommon,
)


@tagged("post_install", "-at_install")
class TestRecord(DeploymentCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {
            user: cls.env["res.users.apikeys"]
            .with_user(user)
            .sudo()
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
            for user in (cls.viewer, cls.operator)
        }

    def _record(self, values, user=None):
        """Call `record` as a pipeline does: over HTTP, with an API key."""
        return self.url_open(
            "/json/2/ops.deployment/record",
            json={"values": values},
            headers={"Authorization": f"Bearer {self.keys[user or self.operator]}"},
        )

    def _values(self, **values):
        return {
            "environment_id": self.production.id,
            "external_reference": "run-1",
            "revision": REVISION,
            **values,
        }

    def _deployments(self):
        return self.env["ops.deployment"].search([("environment_id", "=", self.production.id)])

    def test_pipeline_reports_a_deployment_step_by_step(self):
        started = self._record(self._values(state="deploying", author="Mia", version="2.4.1"))
        self.assertEqual(started.status_code, 200, started.text)
        deployment = self._deployments()
        self.assertEqual(
            started.json(),
            {"id": deployment.id, "name": deployment.display_name, "state": "deploying"},
        )
        live = self._record(self._values(state="live"))
        self.assertEqual(live.json()["id"], deployment.id)
        self.assertRecordValues(
            deployment,
            [
                {
                    "state": "live",
                    "source": "api",
                    "author": "Mia",
                    "version": "2.4.1",
                    "user_id": self.operator.id,
                }
            ],
        )

    def test_repeated_and_late_reports_change_nothing(self):
        answers = [
            self._record(self._values(state=state)).json()
            for state in ("live", "live", "deploying", "draft")
        ]
        self.assertEqual({answer["state"] for answer in answers}, {"live"})
        self.assertEqual(len(self._deployments()), 1)

    def test_reference_belongs_to_one_environment(self):
        self._record(self._values(state="live"))
        answer = self._record(self._values(environment_id=self.staging.id, state="live"))
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(len(self._deployments()), 1)
        self.assertEqual(self.staging.live_deployment_id.external_reference, "run-1")

    def test_contradiction_is_refused(self):
        self._record(self._values())
        answer = self._record(self._values(revision=NEXT_REVISION))
        self.assertEqual(answer.status_code, 422)
        self.assertIn("another value of: revision", answer.json()["message"])
        self.assertEqual(self._deployments().revision, REVISION)

    def test_errors_name_the_values(self):
        for values, names in [
            ({}, ["environment_id", "external_reference", "revision"]),
            (self._values(color=1, snapshot={}), ["color is unknown", "snapshot is unknown"]),
            (self._values(state="superseded"), ["state must be one of: draft, building"]),
            (self._values(kind="observed"), ["kind must be one of: config, deploy"]),
            (self._values(environment_id="1"), ["environment_id must be"]),
            (self._values(environment_id=self.foreign.id), ["environment_id must be"]),
            (self._values(version=2.4), ["version must be text"]),
            (self._values(revision="main"), ["Revision: “main” is not a commit"]),
            (self._values(image_digest="latest"), ["Image Digest: “latest”"]),
            (self._values(state="rolled_back"), ["“Draft” to “Rolled Back”"]),
        ]:
            with self.subTest(values=values):
                answer = self._record(values)
                self.assertEqual(answer.status_code, 422, answer.text)
                for name in names:
                    self.assertIn(name, answer.json()["message"])
        self.assertFalse(self._deployments())

    def test_viewer_may_not_record(self):
        self.assertEqual(self._record(self._values(), self.viewer).status_code, 403)
        self.assertFalse(self._deployments())

    def test_the_way_around_is_closed(self):
        """No RPC call reaches the machinery, and none writes the state directly."""
        self._record(self._values())
        deployment = self._deployments()
        headers = {"Authorization": f"Bearer {self.keys[self.operator]}"}
        for method, body in [
            ("_transition", {"ids": deployment.ids, "state": "live"}),
            ("_observe", {}),
            ("write", {"ids": deployment.ids, "vals": {"state": "live"}}),
        ]:
            with self.subTest(method=method):
                answer = self.url_open(
                    f"/json/2/ops.deployment/{method}", json=body, headers=headers
                )
                self.assertGreaterEqual(answer.status_code, 400)
        self.assertEqual(deployment.state, "draft")
