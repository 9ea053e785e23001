import json
import os
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import AccessDenied, AccessError
from odoo.tests import HttpCase, tagged

from .common import NEXT_REVISION, REVISION, DeploymentCommon

ADDRESS = "/ops/api/v1/deployments"


@tagged("post_install", "-at_install")
class TestApi(DeploymentCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.key = self.make_key(self.production)

    def make_key(self, environment, user=None, days="90"):
        wizard = (
            self.env["ops.environment.key"]
            .with_user(user or self.operator)
            .create({"environment_id": environment.id, "name": "CI", "days": days})
        )
        return wizard.action_make_key()["context"]["ops_environment_key"]

    def post(self, path, told, key=None, run="run 7", **headers):
        answer = self.url_open(
            ADDRESS + path,
            data=told if isinstance(told, bytes) else json.dumps(told).encode(),
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Idempotency-Key": run,
                **headers,
            },
        )
        self.env.invalidate_all()
        return answer

    def start(self, run="run 7", **values):
        answer = self.post(
            "", {"environment_id": self.production.id, "revision": REVISION, **values}, run=run
        )
        self.assertEqual(answer.status_code, 201, answer.text)
        return self.env["ops.deployment"].browse(answer.json()["id"])

    def assertRefused(self, answer, status, sentence):
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["status"], status)
        self.assertIn(sentence, answer.json()["detail"])

    def test_from_start_to_finish(self):
        deployment = self.start(version="2.4.0", summary="Vouchers", author="Mia")
        self.assertRecordValues(
            deployment,
            [
                {
                    "state": "deploying",
                    "source": "api",
                    "revision": REVISION,
                    "version": "2.4.0",
                    "external_reference": "run 7",
                    "user_id": self.operator.id,
                }
            ],
        )
        path = f"/{deployment.id}"
        self.post(f"{path}/steps", {"name": "Build", "state": "running"})
        self.post(f"{path}/steps", {"name": "Build", "state": "done"})
        answer = self.post(f"{path}/steps", {"name": "Migrate", "state": "running"})
        self.assertEqual(answer.json()["state"], "deploying")
        self.assertEqual(
            deployment.step_ids.mapped(lambda step: (step.name, step.state)),
            [("Build", "done"), ("Migrate", "running")],
        )
        self.assertEqual(deployment.progress, 50)
        self.post(f"{path}/log", {"text": "one\ntwo\n", "from": 0})
        self.post(f"{path}/log", {"text": "two\nthree\n", "from": 4})
        self.assertEqual(deployment.read_log()["text"], "one\ntwo\nthree")
        for _time in range(2):
            answer = self.post(f"{path}/finish", {"state": "succeeded"})
            self.assertEqual((answer.status_code, answer.json()["state"]), (200, "live"))
        self.assertEqual(self.production.live_deployment_id, deployment)
        self.assertIn(f"/odoo/ops-deployments/{deployment.id}", answer.json()["url"])

    def test_failure_with_its_reason(self):
        deployment = self.start()
        self.post(f"/{deployment.id}/finish", {"state": "failed", "message": "token=hush failed"})
        self.assertEqual((deployment.state, deployment.problem), ("failed", "token=*** failed"))

    def test_same_run_is_the_same_deployment(self):
        self.assertEqual(self.start(), self.start())
        self.assertRefused(
            self.post("", {"environment_id": self.production.id, "revision": NEXT_REVISION}),
            422,
            "recorded with another value",
        )
        self.assertRefused(
            self.post(
                "", {"environment_id": self.production.id, "revision": NEXT_REVISION}, run="run 8"
            ),
            422,
            "under way in this environment",
        )
        self.assertEqual(
            self.env["ops.deployment"].search_count([("environment_id", "=", self.production.id)]),
            1,
            "what is refused leaves nothing behind",
        )

    def test_what_is_wrong_is_named(self):
        environment = {"environment_id": self.production.id}
        for told, status, sentence in (
            (b"{", 400, "must be a JSON object"),
            (b"[]", 400, "must be a JSON object"),
            ({**environment}, 422, "revision is missing"),
            ({**environment, "revision": 7}, 422, "revision must be text"),
            ({**environment, "revision": REVISION, "digest": "x"}, 422, "digest is unknown"),
            ({"environment_id": True, "revision": REVISION}, 422, "must be a whole number"),
            ({**environment, "revision": "main"}, 422, "“main” is not a commit"),
            ({**environment, "revision": REVISION, "image_digest": "x"}, 422, "Image Digest"),
        ):
            with self.subTest(told=told):
                self.assertRefused(self.post("", told), status, sentence)
        self.assertRefused(
            self.post("", {**environment, "revision": REVISION}, run=""), 400, "Idempotency-Key"
        )
        deployment = self.start()
        for path, told, sentence in (
            ("steps", {"name": "Build", "state": "perfect"}, "state must be one of: pending"),
            ("steps", {"state": "done"}, "name is missing"),
            ("log", {"text": 7}, "text must be text"),
            ("finish", {"state": "building"}, "state must be one of: succeeded"),
        ):
            with self.subTest(path=path, told=told):
                self.assertRefused(self.post(f"/{deployment.id}/{path}", told), 422, sentence)
        self.assertEqual(deployment.state, "deploying")

    def test_too_large(self):
        deployment = self.start()
        answer = self.post(f"/{deployment.id}/log", {"text": "x" * 300_000})
        self.assertRefused(answer, 413, "larger than 256 KiB")

    # === KEYS === #

    def test_key_of_another_environment(self):
        deployment = self.start()
        for key in (self.make_key(self.staging), "0" * 40, "wrong"):
            self.assertRefused(
                self.post(f"/{deployment.id}/finish", {"state": "failed"}, key=key),
                401,
                "not one of this environment",
            )
        self.assertRefused(
            self.post("", {}, Authorization="Basic me"), 401, "Authorization: Bearer"
        )
        self.assertRefused(
            self.post(f"/{deployment.id + 1000}/finish", {"state": "failed"}), 401, "not one of"
        )
        self.assertEqual(deployment.state, "deploying")

    def test_key_is_good_for_nothing_else(self):
        with self.assertRaises(AccessDenied):
            self.operator._check_credentials(
                {"login": self.operator.login, "password": self.key, "type": "password"},
                {"interactive": False},
            )
        answer = self.url_open(
            "/json/2/res.partner/search_count",
            data=b"{}",
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        self.assertIn(answer.status_code, {401, 403})

    def test_expired_key(self):
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = %s WHERE user_id = %s",
            [fields.Datetime.now() - timedelta(minutes=1), self.operator.id],
        )
        self.assertRefused(
            self.post("", {"environment_id": self.production.id, "revision": REVISION}),
            401,
            "expired",
        )

    def test_key_does_what_its_maker_may(self):
        self.operator.group_ids = self.env.ref("ops_center_base.group_viewer")
        self.assertRefused(
            self.post("", {"environment_id": self.production.id, "revision": REVISION}),
            403,
            "not allowed",
        )
        with self.assertRaises(AccessError):
            self.make_key(self.production, user=self.viewer)

    def test_what_is_carried_out_here_is_not_reported_there(self):
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))
        self.production.write(
            {"provider": "webhook", "deploy_url": "http://127.0.0.1:9", "deploy_secret": "s"}
        )
        deployment = self._draft()
        deployment.action_deploy()
        self.assertRefused(
            self.post(f"/{deployment.id}/finish", {"state": "succeeded"}), 409, "not one that"
        )

    def test_examples_to_paste(self):
        wizard = self.env["ops.environment.key"].create({"environment_id": self.production.id})
        for text in (wizard.curl, wizard.workflow):
            self.assertIn(f'{{"environment_id": {self.production.id}, "revision": ', text)
            self.assertIn(ADDRESS, text)
        self.assertFalse(wizard.key)
