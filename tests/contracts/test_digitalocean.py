"""What is particular about App Platform as a provider, seen by the people who use it."""

from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ops_center_deployment.tests.common import NEXT_REVISION, REVISION

from tests.contracts.app_platform_case import DIGESTS, AppPlatformCase

THIRD_REVISION = "c" * 40
PUSHED = "d" * 40


@tagged("post_install", "-at_install")
class TestDeployments(AppPlatformCase):
    def observed(self):
        return self.env["ops.deployment"].search(
            [("environment_id", "=", self.production.id), ("kind", "=", "observed")]
        )

    def markers(self):
        created = self.cloud.created_by_marker()
        self.assertLessEqual(max(created.values(), default=0), 1, "deployed twice")
        return set(created)

    # === WHAT IS SEEN === #

    def test_app_as_it_is(self):
        self.assertRecordValues(
            self.app,
            [
                {
                    "name": "shop",
                    "region": "fra",
                    "tier": "basic",
                    "phase": "ACTIVE",
                    "environment_id": self.production.id,
                    "deploys_on_push": False,
                }
            ],
        )
        self.assertRecordValues(
            self.app.component_ids,
            [{"name": "odoo", "kind": "services", "source": "example/shop:latest"}],
        )
        self.assertIn("repository: shop", self.app.spec)
        self.assertNotIn("EV[1:", self.app.spec)

    def test_what_runs_already_is_where_to_go_back_to(self):
        first = self.observed()
        self.assertRecordValues(first, [{"state": "live", "summary": "initial deployment"}])
        self.run_now(self.check, 3)
        self.work()
        self.assertTrue(first.verified_at)
        bad = self.deploy()
        self.succeed(bad)
        self.break_target()
        self.run_now(self.check, 3)
        self.expire(bad)
        self.assertEqual(bad.state, "rolled_back")
        self.mend_target()
        self.work()
        rollback = bad.rollback_ids
        self.prove(rollback)
        self.assertEqual(self.cloud.writes[-1][0], "rollback")
        self.assertEqual(
            self.cloud.live(self.app.identifier)["cloned_from"], first.provider_reference
        )

    def test_what_ran_and_was_never_found_good_is_nothing_to_go_back_to(self):
        self.break_target()
        self.run_now(self.check, 3)
        self.work()
        self.assertFalse(self.observed().verified_at)
        bad = self.deploy()
        self.succeed(bad)
        self.expire(bad)
        self.assertEqual(bad.state, "failed")

    def test_steps_and_why_it_failed(self):
        deployment = self.deploy()
        self.cloud.pass_phases(1)
        self.poll()
        self.assertEqual(
            deployment.step_ids.mapped(lambda step: (step.name, step.state)),
            [("Building service odoo", "running"), ("Deploying service odoo", "pending")],
        )
        self.cloud.fail(self.app.identifier)
        self.cloud.pass_phases(1)
        self.poll()
        self.assertEqual(deployment.state, "failed")
        self.assertEqual(deployment.problem, "Building service odoo: the command failed")

    def test_log(self):
        deployment = self.deploy()
        self.cloud.pass_phases(1)
        self.poll()
        self.assertIn("layer 3\x1b[0m pulled", deployment.read_log()["text"])
        self.poll()
        self.assertEqual(deployment.read_log()["text"].count("layer 3"), 1)
        self.cloud.fail(self.app.identifier)
        self.cloud.pass_phases(1)
        self.poll()
        self.assertIn("the command failed", deployment.read_log()["text"])
        self.assertNotIn("hush", deployment.read_log()["text"])

    def test_log_that_cannot_be_had_stops_nothing(self):
        deployment = self.deploy()
        for spoilt in ("500", "html", "huge"):
            self.cloud.spoilt[f"GET /logs/{deployment.provider_reference}"] = spoilt
            self.cloud.pass_phases(1)
            self.poll()
            self.assertFalse(self.account.problem)
        self.assertNotEqual(deployment.state, "building")

    def test_what_others_deploy_is_adopted(self):
        ours = self.deploy_well()
        pushed = self.cloud.push(self.app.identifier, PUSHED)
        self.cloud.pass_phases(5)
        self.poll()
        adopted = self.observed()[0]
        self.assertRecordValues(
            adopted,
            [
                {
                    "state": "live",
                    "provider_reference": pushed,
                    "image_digest": DIGESTS[REVISION],
                    "previous_id": ours.id,
                    "summary": f"commit {PUSHED[:7]} pushed to github/mia/shop",
                    "user_id": False,
                }
            ],
        )
        self.assertEqual(ours.state, "superseded")
        self.poll()
        self.assertEqual(len(self.observed()), 2, "once is enough")

    def test_others_interfere_with_what_proves_itself(self):
        deployment = self.deploy()
        self.succeed(deployment)
        self.cloud.push(self.app.identifier, PUSHED)
        self.cloud.pass_phases(5)
        self.poll()
        self.assertEqual(deployment.state, "failed")
        self.assertIn("Something else was deployed", deployment.problem)

    def test_ours_waits_for_what_others_deploy(self):
        self.cloud.push(self.app.identifier, PUSHED)
        deployment = self.deploy()
        self.assertEqual(deployment.operation_id.state, "retry")
        self.assertIn("deploying something else", deployment.operation_error)
        self.assertFalse(self.markers())

    # === WHAT IS BUILT FROM A BRANCH === #

    def build_from_branch(self, commit):
        with self.cloud._lock:
            app = self.cloud.apps[self.app.identifier]
            app["commits"] = commit
            for spec in (app["spec"], *(each["spec"] for each in app["deployments"])):
                [component] = spec["services"]
                component.pop("image", None)
                component["github"] = {
                    "repo": "example/shop",
                    "branch": "main",
                    "deploy_on_push": True,
                }
            app["updated_at"] = self.cloud._now()
        self.poll()

    def test_head_of_the_branch_is_the_commit(self):
        self.build_from_branch(REVISION)
        deployment = self.deploy(image_digest=False)
        self.prove(deployment)
        self.assertTrue(self.production.digitalocean_deploys_on_push)

    def test_another_commit_is_called_off(self):
        self.build_from_branch(NEXT_REVISION)
        deployment = self.deploy(image_digest=False)
        self.assertTrue(deployment.is_cancelling)
        self.work()
        self.assertEqual(self.cloud.deployments(self.app.identifier)[-1]["phase"], "CANCELED")
        self.assertEqual(deployment.state, "cancelled")
        self.assertIn("builds the head of the branch that its spec names", deployment.problem)
        self.assertIn(NEXT_REVISION[:8], deployment.problem)

    def test_another_commit_that_is_there_already_is_taken_back(self):
        self.run_now(self.check, 3)
        self.work()
        self.build_from_branch(NEXT_REVISION)
        deployment = self._draft()
        deployment.action_deploy()
        super(AppPlatformCase, self).work()
        self.cloud.pass_phases(5)
        self.poll()
        self.assertEqual(deployment.state, "rolled_back")

    def test_digest_or_branch(self):
        deployment = self.deploy(image_digest=False)
        self.assertEqual(deployment.state, "failed")
        self.assertIn("Enter “Image Digest”", deployment.problem)

    # === LOST ANSWERS === #

    def test_lost_answer_is_found_by_its_marker(self):
        self.cloud.lost = 1
        deployment = self.deploy()
        operation = deployment.operation_id
        self.assertEqual(operation.state, "sending")
        self.assertFalse(deployment.provider_reference)
        self.poll()
        self.assertEqual(len(self.observed()), 1, "it is awaited, not foreign")
        self.cloud.lost = 0
        self.make_due(operation)
        self.work()
        self.assertEqual(operation.state, "done")
        self.assertEqual(
            deployment.provider_reference, self.cloud.deployments(self.app.identifier)[-1]["id"]
        )
        self.prove(deployment)
        self.assertEqual(self.markers(), {operation.uuid})

    def test_answer_after_ours_was_replaced_already(self):
        self.cloud.lost = 1
        deployment = self.deploy()
        ours = self.cloud.deployments(self.app.identifier)[-1]["id"]
        self.cloud.lost = 0
        self.cloud.pass_phases(5)
        self.cloud.push(self.app.identifier, PUSHED)  # carries our marker on
        self.make_due(deployment.operation_id)
        self.assertEqual(deployment.provider_reference, ours)

    def test_lost_answers_of_a_rollback_and_of_keeping_it(self):
        self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        self.cloud.lost = 1
        rollback = self.roll_back(second)
        self.work()
        self.cloud.lost = 0
        self.make_due(rollback.operation_id)
        self.work()
        self.prove(rollback)
        self.assertEqual([what for what, *_rest in self.cloud.writes].count("rollback"), 1)
        self.cloud.lost = 1
        self.production.with_user(self.operator).action_commit_rollback()
        self.work()
        self.cloud.lost = 0
        self.assertEqual(self.production.pinned_deployment_id, rollback)
        self.make_due(self.production.commit_operation_id)
        self.work()
        self.assertFalse(self.production.pinned_deployment_id)

    def test_errors_while_looking_change_nothing(self):
        for spoilt in ("html", "truncated", "wrong", "500", "429"):
            with self.subTest(spoilt=spoilt):
                self.cloud.spoilt["*"] = spoilt
                deployment = self.deploy(revision=THIRD_REVISION)
                self.assertEqual(deployment.operation_id.state, "retry")
                self.assertTrue(deployment.operation_error)
                self.assertNotIn("<script", deployment.operation_error)
                self.cloud.spoilt.clear()
                deployment.action_cancel()
        self.assertFalse(self.cloud.writes)

    def test_refused_token_ends_it(self):
        self.cloud.scopes.remove("app:update")
        deployment = self.deploy()
        self.assertEqual(deployment.state, "failed")
        self.assertIn("app:update", deployment.problem)

    def make_due(self, operation):
        """Have the time be over after which it is asked what came of it: both lookups."""
        for _lookup in range(2):
            operation.sudo().lease_until = "2020-01-01"
            operation.flush_recordset()
            with self.worker_transactions():
                self.env["ops.operation"]._dispatch()

    # === CANCEL === #

    def test_cancelled_too_late(self):
        deployment = self.deploy()
        self.cloud.pass_phases(5)
        deployment.action_cancel()
        self.work()
        self.run_now(self.check, 3)
        self.work()
        self.assertEqual(deployment.state, "live", "how it ended there is what counts")

    # === ROLLBACK, PIN === #

    def test_rollback_pins_there_and_here(self):
        self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        rollback = self.roll_back_well(second)
        self.poll()
        self.assertTrue(self.app.is_pinned)
        self.assertEqual(self.production.pinned_deployment_id, rollback)
        self.production.with_user(self.operator).action_commit_rollback()
        self.work()
        self.poll()
        self.assertFalse(self.app.is_pinned or self.production.pinned_deployment_id)
        self.deploy_well(revision=THIRD_REVISION)

    def test_revert(self):
        self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        self.roll_back_well(second)
        action = self.production.with_user(self.operator).action_revert_rollback()
        revert = self.env["ops.deployment"].browse(action["res_id"]).with_user(self.operator)
        revert.reason = "The vouchers were at fault"
        revert.action_deploy()
        self.work()
        self.assertEqual(self.cloud.writes[-1][0], "revert")
        self.prove(revert)
        self.assertFalse(self.production.pinned_deployment_id)

    def test_beyond_the_limit_its_image_is_deployed(self):
        first = self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        self.cloud.revision_limit = 0
        self.roll_back_well(second)
        live = self.cloud.live(self.app.identifier)
        self.assertEqual(live["spec"]["services"][0]["image"]["digest"], first.image_digest)
        self.assertFalse(live["cloned_from"])

    def test_unknown_there_its_image_is_deployed(self):
        first = self.deploy_well()
        second = self.deploy_well(revision=NEXT_REVISION)
        first.sudo().provider_reference = "forgotten"
        rollback = self.roll_back_well(second)
        self.assertEqual(rollback.image_digest, first.image_digest)

    def test_beyond_the_limit_without_an_image(self):
        self.run_now(self.check, 3)
        self.work()
        bad = self.deploy_well()
        self.cloud.revision_limit = 0
        rollback = self.roll_back(bad)
        self.work()
        self.assertEqual(rollback.state, "failed")
        self.assertIn("maximum historical revision limit of 0", rollback.problem)
        self.assertEqual(bad.state, "live")

    def test_pinned_there_by_somebody_else(self):
        first, *_rest = self.cloud.deployments(self.app.identifier)
        self.deploy_well()
        api = self.account._api()
        api.roll_back(self.app.identifier, first["id"])
        self.cloud.pass_phases(5)
        self.poll()
        deployment = self.deploy(revision=NEXT_REVISION)
        self.assertEqual(deployment.state, "failed")
        self.assertIn("pinned", deployment.problem)

    # === SETTINGS === #

    def test_app_is_one_environment(self):
        with self.assertRaises(ValidationError):
            self.staging.provider = "digitalocean"
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.staging.write({"provider": "digitalocean", "digitalocean_app_id": self.app.id})

    def test_environment_in_one_click(self):
        self.cloud.add_app("other")
        self.poll()
        app = self.account.app_ids - self.app
        action = app.with_user(self.manager).action_create_environment()
        environment = self.env["ops.environment"].browse(action["res_id"])
        self.assertEqual((environment.name, environment.provider), ("other", "digitalocean"))
        self.poll()
        self.assertEqual(environment.live_deployment_id.summary, "initial deployment")

    def test_neutralized_copy_sees_and_does_nothing(self):
        deployment = self._draft(image_digest=DIGESTS[REVISION])
        deployment.action_deploy()
        self.env.flush_all()
        for query in get_neutralization_queries(["ops_center_base", "ops_center_digitalocean"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        asked = len(self.cloud.requests)
        self.work()
        self.assertEqual(deployment.state, "queued")
        self.assertEqual(len(self.cloud.requests), asked)


@tagged("post_install", "-at_install")
class TestAccount(AppPlatformCase):
    def connect(self):
        """The app is nobody's environment."""

    def test_token_is_written_and_never_read(self):
        with Form(self.account.with_user(self.manager)) as form:
            self.assertFalse(form.token)
            form.name = "Another team"
        self.assertEqual(self.account._reveal("token"), self.cloud.token)
        self.assertEqual(self.account.token_hint, "…7777")
        self.assertEqual(self.account.token_age, 0)
        with self.assertRaises(AccessError):
            self.account.with_user(self.manager).read(["token_cipher"])
        with self.assertRaises(AccessError):
            self.account.with_user(self.operator).token = "mine"

    def test_token_goes_nowhere_else(self):
        self.account.with_user(self.manager).api_url = "http://127.0.0.1:9/elsewhere"
        self.assertFalse(self.account.token_hint)
        with self.assertRaisesRegex(UserError, "Enter a token"):
            self.account.with_user(self.manager).action_test()
        with self.assertRaisesRegex(ValidationError, "API Address"):
            self.account.with_user(self.manager).api_url = "api.example.com"

    def test_connection(self):
        account = self.account.with_user(self.manager)
        self.assertEqual(account.action_test()["params"]["type"], "success")
        self.poll()
        self.assertEqual(account.budget_limit, 5000)
        self.cloud.scopes.remove("app:update")
        with self.assertRaisesRegex(UserError, "lacks these scopes: app:update"):
            account.action_test()
        self.cloud.scopes.clear()
        with self.assertRaisesRegex(UserError, "lacks these scopes: app:read, app:update"):
            account.action_test()
        self.cloud.token = "dop_v1_" + "8" * 64
        with self.assertRaisesRegex(UserError, "There is no connection"):
            account.action_test()
        with self.assertRaises(AccessError):
            self.account.with_user(self.operator).action_test()

    def test_problems_are_told_and_pass(self):
        for spoilt, sentence in (
            ("html", "did not answer with JSON"),
            ("wrong", "apps that are no list"),
            ("403", "status 403"),
            ("429", "status 429"),
            ("500", "status 500"),
        ):
            with self.subTest(spoilt=spoilt):
                self.cloud.spoilt["*"] = spoilt
                self.poll()
                self.assertIn(sentence, self.account.problem)
                self.assertNotIn("<script", self.account.problem)
                self.cloud.spoilt.clear()
                self.poll()
                self.assertFalse(self.account.problem)

    def seconds_to_wait(self):
        """Return for how long nothing is asked, the time since the last look left out."""
        return (self.account._due_at() - self.account.looked_at).total_seconds()

    def test_waits_as_long_as_it_is_told(self):
        self.assertEqual(self.seconds_to_wait(), 60)
        self.cloud.spoilt["*"] = "429"
        self.poll()
        self.account.looked_at -= timedelta(minutes=10)
        self.assertGreaterEqual(self.seconds_to_wait(), 629)
        asked = len(self.cloud.requests)
        with self.worker_transactions():
            self.env["ops.digitalocean.account"]._run_poll()
        self.assertEqual(len(self.cloud.requests), asked)

    def test_last_requests_are_for_deploying(self):
        self.cloud.limit = len(self.cloud.requests) + 1
        self.poll()
        self.assertEqual(self.account.budget_remaining, 0)
        self.account.looked_at -= timedelta(minutes=10)
        self.assertGreaterEqual(self.seconds_to_wait(), 659)

    def test_one_odd_app_does_not_hide_the_others(self):
        odd = self.cloud.add_app("odd")
        self.cloud.apps[odd]["spec"]["services"][0]["instance_count"] = 2**40
        self.cloud.apps[odd]["spec"]["name"] = "odd\ud800\x00"
        self.cloud.add_app("other")
        self.poll()
        self.assertEqual(self.account.app_count, 3)
        self.assertFalse(self.account.problem)

    def test_other_companies_see_nothing(self):
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_viewer",
            company_id=self.other_company.id,
            company_ids=self.other_company.ids,
        )
        for model in ("account", "app", "component"):
            records = self.env[f"ops.digitalocean.{model}"]
            self.assertTrue(records.with_user(self.viewer).search([]))
            self.assertFalse(records.with_user(stranger).search([]))
