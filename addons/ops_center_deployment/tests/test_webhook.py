import json
from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.ops_center_base.transport import sign

from .common import NEXT_REVISION, REVISION, SECRET, WebhookCase


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCase):
    def test_from_the_button_to_live(self):
        deployment = self._draft(version="2.4.1")
        deployment.action_deploy()
        self.assertEqual(deployment.state, "queued")
        self.assertFalse(self.requests, "nobody is called in the request")
        self.work()
        self.assertEqual(deployment.state, "building")
        [request] = self.requests
        told = json.loads(request.body)
        uuid = deployment.sudo().operation_id.uuid
        self.assertEqual(
            (told["event"], told["id"], told["kind"], told["revision"], told["version"]),
            ("deploy", uuid, "deploy", REVISION, "2.4.1"),
        )
        self.assertTrue(told["report_url"].endswith(f"/ops/deployment/{uuid}/report"))
        self.assertEqual(request.headers["idempotency-key"], uuid)
        self.assertEqual(request.headers["x-ops-center-signature"], sign(SECRET, request.body))
        self.assertEqual(deployment.provider_reference, "build 7")
        steps = [{"name": "Build", "state": "done"}, {"name": "Roll out", "state": "running"}]
        self.assertEqual(self.report(deployment, "deploying", steps=steps).status_code, 200)
        self.assertEqual(deployment.state, "deploying")
        self.assertEqual(deployment.step_ids.mapped("state"), ["done", "running"])
        self.assertTrue(deployment.step_ids[0].finished_at)
        self.report(deployment, "succeeded")
        self.assertEqual(deployment.state, "verifying")
        self.assertEqual(deployment.message_ids[0].author_id, self.env.ref("base.partner_root"))
        self.work()
        self.assertEqual(deployment.state, "verifying", "nobody has looked at it yet")
        self.assertIn("0 of 1", deployment.verification)
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(deployment.state, "live")
        self.assertTrue(deployment.verified_at)
        self.assertEqual(self.production.live_deployment_id, deployment)

    def test_what_is_exact_is_not_built(self):
        deployment = self.deploy(image_digest=f"sha256:{'a' * 64}")
        self.assertEqual(deployment.state, "deploying")
        self.assertEqual(json.loads(self.requests[0].body)["image_digest"], f"sha256:{'a' * 64}")

    def test_redeployed(self):
        first = self.deploy_well(version="2.4.1")
        action = first.action_redeploy()
        again = self.env["ops.deployment"].browse(action["res_id"])
        self.assertRecordValues(
            again,
            [{"kind": "redeploy", "revision": REVISION, "version": "2.4.1", "state": "queued"}],
        )
        self.work()
        self.assertEqual(json.loads(self.requests[-1].body)["kind"], "redeploy")
        self.report(again, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual((first.state, again.state), ("superseded", "live"))

    # === QUEUE === #

    def test_one_after_the_other(self):
        first, second = self.deploy(), self.deploy(revision=NEXT_REVISION)
        self.assertEqual((first.state, second.state), ("building", "queued"))
        self.report(first, "failed", message="The tests fail")
        self.assertEqual((first.state, first.problem), ("failed", "The tests fail"))
        self.work()
        self.assertEqual(second.state, "building")
        self.assertEqual(len(self.requests), 2)

    def test_another_environment_does_not_wait(self):
        self.staging.write(
            {
                "provider": "webhook",
                "deploy_url": self.production.deploy_url,
                "deploy_secret": SECRET,
            }
        )
        self.deploy()
        self.assertEqual(self.deploy(environment=self.staging).state, "building")

    def test_refused_request_fails_and_says_why(self):
        self.pipeline = {"status": "403 Forbidden", "body": {"message": "no such job"}}
        deployment = self.deploy()
        self.assertEqual(deployment.state, "failed")
        self.assertIn("403", deployment.problem)
        self.assertEqual(deployment.sudo().operation_id.state, "cancelled", "nobody is needed")

    def test_lost_answer_is_asked_for_with_the_same_key(self):
        self.pipeline = {"status": "500 Internal Server Error"}
        deployment = self.deploy()
        operation = deployment.sudo().operation_id
        self.assertEqual((deployment.state, operation.state), ("building", "sending"))
        self.pipeline = {"body": b"ok"}
        for _lookup in range(2):
            with freeze_time(operation.lease_until + timedelta(seconds=1)):
                self.work()
        self.assertEqual(operation.state, "done")
        self.assertEqual(
            [request.headers["idempotency-key"] for request in self.requests],
            [operation.uuid] * 2,
        )

    def test_who_reports_was_asked(self):
        self.pipeline = {"status": "500 Internal Server Error"}
        deployment = self.deploy()
        operation = deployment.sudo().operation_id
        self.report(deployment, "deploying")
        with freeze_time(operation.lease_until + timedelta(seconds=1)):
            self.work()
        self.assertEqual((operation.state, len(self.requests)), ("done", 1))

    def test_silence_is_not_for_ever(self):
        self.pipeline = {"status": "503 Service Unavailable"}
        deployment = self.deploy()
        with freeze_time(deployment.deadline_at + timedelta(seconds=1)):
            for _pass in range(4):
                self.work()
        self.assertEqual(deployment.state, "lost")
        self.assertIn("Nobody told", deployment.problem)
        self.assertEqual(len(self.requests), 1, "it is not sent again for what has ended")
        self.report(deployment, "succeeded")
        self.assertEqual(deployment.state, "lost", "an end is an end")

    # === REPORTS === #

    def test_reports_of_others_do_not_count(self):
        deployment = self.deploy()
        answer = self.report(deployment, "failed", secret="guessed")
        self.assertEqual(answer.status_code, 401)
        answer = self.report(deployment, "failed", marker="of another deployment")
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(self.url_open("/ops/deployment/none/report", data=b"{}").status_code, 404)
        self.assertEqual(deployment.state, "building")

    def test_report_that_cannot_be_read_is_answered(self):
        deployment = self.deploy()
        for told, sentence in (
            ({"state": "perfect"}, "State must be one of: building, deploying, succeeded"),
            ({"state": "failed", "message": 7}, "Message must be text."),
            ({"state": "failed", "steps": "all"}, "Steps must be a list"),
            ({"state": "failed", "steps": [{"name": "Build"}]}, "State must be one of: pending"),
        ):
            with self.subTest(told=told):
                answer = self.report(deployment, **told)
                self.assertEqual(answer.status_code, 422)
                self.assertIn(sentence, answer.text)
        self.assertEqual(deployment.state, "building")

    def test_texts_that_cannot_be_stored_stop_nobody(self):
        odd = "build\ud800 \x007"
        self.pipeline = {"body": {"reference": odd}}
        deployment = self.deploy()
        self.assertEqual(deployment.sudo().operation_id.state, "done")
        self.assertEqual(deployment.provider_reference, "build? 7")
        steps = [{"name": odd, "state": "failed"}]
        answer = self.report(deployment, "failed", message=odd, reference=odd, steps=steps)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual((deployment.state, deployment.problem), ("failed", "build? 7"))
        self.assertEqual(deployment.step_ids.name, "build? 7")

    def test_late_report_moves_nothing_back(self):
        deployment = self.deploy()
        self.report(deployment, "deploying")
        for _time in range(2):
            self.assertEqual(self.report(deployment, "building").status_code, 200)
        self.assertEqual(deployment.state, "deploying")

    # === CANCEL === #

    def test_cancelled_before_anybody_was_asked(self):
        deployment = self._draft()
        deployment.action_deploy()
        deployment.action_cancel()
        self.work()
        self.assertEqual(deployment.state, "cancelled")
        self.assertFalse(self.requests)

    def test_cancelled_before_the_request_was_sent(self):
        deployment = self._draft()
        deployment.action_deploy()
        with self.worker_transactions():
            self.env["ops.deployment"]._run_queue()
        deployment.action_cancel()
        self.work()
        self.assertEqual(deployment.state, "cancelled")
        self.assertFalse(self.requests)

    def test_cancelled_while_it_goes_on(self):
        deployment = self.deploy()
        deployment.action_cancel()
        self.assertTrue(deployment.is_cancelling)
        self.assertEqual(deployment.state, "building", "who was asked decides")
        self.work()
        told = json.loads(self.requests[1].body)
        self.assertEqual(
            (told["event"], told["deployment"]), ("cancel", deployment.sudo().operation_id.uuid)
        )
        self.report(deployment, "cancelled")
        self.assertEqual(deployment.state, "cancelled")

    def test_cancelled_too_late(self):
        deployment = self.deploy()
        deployment.action_cancel()
        self.report(deployment, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(deployment.state, "live")

    def test_cancelled_while_it_proves_itself(self):
        self.deploy_well()
        bad = self.deploy(revision=NEXT_REVISION)
        waiting = self.deploy(revision="c" * 40)
        self.report(bad, "succeeded")
        bad.action_cancel()
        self.assertEqual(bad.state, "rolled_back")
        self.assertIn(self.operator.name, bad.problem)
        self.work()
        self.assertEqual(
            (bad.rollback_ids.state, waiting.state), ("building", "queued"), "the way back is first"
        )

    # === VERIFICATION === #

    def test_bad_one_is_taken_back(self):
        good = self.deploy_well()
        bad = self.deploy(revision=NEXT_REVISION)
        self.report(bad, "succeeded")
        self.break_target()
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(bad.state, "verifying", "it still has time")
        self.expire(bad)
        self.assertEqual(bad.state, "rolled_back")
        self.assertIn(self.check.name, bad.problem)
        rollback = bad.rollback_ids
        self.assertRecordValues(
            rollback, [{"kind": "rollback", "revision": REVISION, "state": "queued"}]
        )
        self.assertEqual(good.state, "live")
        self.work()
        self.assertEqual(json.loads(self.requests[-1].body)["kind"], "rollback")
        self.mend_target()
        self.report(rollback, "succeeded")
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual((rollback.state, good.state), ("live", "superseded"))
        self.assertFalse(self.production.frozen_reason)

    def test_one_bad_result_is_not_enough_good_ones(self):
        deployment = self.deploy()
        self.report(deployment, "succeeded")
        self.run_now(self.check, 2)
        self.break_target()
        self.run_now(self.check)
        self.mend_target()
        self.run_now(self.check, 2)
        self.work()
        self.assertEqual(deployment.state, "verifying")
        self.run_now(self.check)
        self.work()
        self.assertEqual(deployment.state, "live")

    def test_first_one_has_nothing_to_go_back_to(self):
        deployment = self.deploy()
        self.report(deployment, "succeeded")
        self.expire(deployment)
        self.assertEqual(deployment.state, "failed")
        self.assertFalse(deployment.rollback_ids)
        self.assertEqual(len(self.requests), 1)

    def test_bad_rollback_freezes(self):
        self.deploy_well()
        self.break_target()
        bad = self.deploy(revision=NEXT_REVISION)
        self.report(bad, "succeeded")
        self.run_now(self.check, 3)
        self.expire(bad)
        self.work()
        rollback = bad.rollback_ids
        self.report(rollback, "succeeded")
        self.expire(rollback)
        self.assertEqual(rollback.state, "failed")
        self.assertFalse(rollback.rollback_ids, "no loop")
        self.assertTrue(self.production.frozen_reason)
        paged = self.env["ops.event"].search([("kind", "=", "environment.frozen")])
        self.assertEqual(paged.level, "danger")
        waiting = self._draft(revision="c" * 40)
        waiting.action_deploy()
        self.work()
        self.assertEqual(waiting.state, "queued")
        self.assertIn("is frozen", waiting.obstacles)
        with self.assertRaises(AccessError):
            self.production.with_user(self.operator).action_unfreeze()
        with self.assertRaises(UserError):
            self.production.with_user(self.manager).frozen_reason = False
        self.production.with_user(self.manager).action_unfreeze()
        self.work()
        self.assertEqual(waiting.state, "building")

    def test_paused_check_has_no_say(self):
        self.check.action_pause()
        deployment = self.deploy()
        self.report(deployment, "succeeded")
        self.work()
        self.assertEqual(deployment.state, "live")

    # === RIGHTS, SETTINGS === #

    def test_nobody_vouches_for_what_is_carried_out(self):
        deployment = self.deploy()
        for action in ("action_start", "action_mark_live", "action_mark_failed"):
            with self.subTest(action=action), self.assertRaisesRegex(UserError, "carried out"):
                getattr(deployment, action)()
        with self.assertRaises(AccessError):
            self._draft().with_user(self.viewer).action_deploy()
        with self.assertRaisesRegex(UserError, "Choose its provider"):
            self._draft(environment=self.staging).action_deploy()

    def test_settings_name_what_is_missing(self):
        for values, sentence in (
            ({"deploy_url": "ci.example.com"}, "Address to Call: enter all"),
            ({"deploy_url": "https://me:pass@ci.example.com"}, "user and password"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, sentence):
                self.production.write(values)
        with self.assertRaisesRegex(ValidationError, "Signing Secret"):
            self.staging.write({"provider": "webhook", "deploy_url": "https://ci.example.com"})

    def test_secrets_are_written_and_not_read(self):
        with Form(self.production.with_user(self.manager)) as form:
            self.assertFalse(form.deploy_secret)
            form.deploy_url = "https://ci.example.com/other"
        self.assertEqual(self.production._reveal("deploy_secret"), SECRET)
        with self.assertRaises(AccessError):
            self.production.with_user(self.operator).read(["deploy_url"])

    def test_neutralized_copy_deploys_nothing(self):
        deployment = self._draft()
        deployment.action_deploy()
        self.env.flush_all()
        for query in get_neutralization_queries(["ops_center_base", "ops_center_deployment"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.work()
        self.assertEqual(deployment.state, "queued")
        self.assertFalse(self.requests)
        self.assertFalse(self.production.deploy_url or self.production.deploy_secret_hint)
