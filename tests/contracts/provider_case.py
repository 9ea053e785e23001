"""What holds for every provider of environments: mix `ProviderContract` into its test case."""

from odoo.exceptions import UserError

from odoo.addons.ops_center_deployment.tests.common import NEXT_REVISION

THIRD_REVISION = "c" * 40
BEGUN = {"building", "deploying"}


class ProviderContract:
    """How deployments go, whoever carries them out.

    The test case brings an environment `production` of that provider, and these methods.
    """

    def begin(self, **values):
        """Have a new deployment begin, as users do, and return it."""
        raise NotImplementedError

    def let_succeed(self, deployment):
        """Have who carries it out succeed, and what has to hold before it is live hold."""
        raise NotImplementedError

    def let_fail(self, deployment):
        """Have who carries it out fail."""
        raise NotImplementedError

    def let_cancel(self, deployment):
        """Have a user cancel it, and who carries it out comply."""
        raise NotImplementedError

    def take_back(self, deployment):
        """Have a user roll it back, successfully, and return the rollback."""
        raise NotImplementedError

    def begin_well(self, **values):
        deployment = self.begin(**values)
        self.let_succeed(deployment)
        return deployment

    def test_contract_success(self):
        first = self.begin_well()
        second = self.begin(revision=NEXT_REVISION)
        self.assertIn(second.state, BEGUN)
        self.assertTrue(second.started_at)
        self.let_succeed(second)
        self.assertRecordValues(
            first | second,
            [
                {"state": "superseded", "revision": first.revision},
                {"state": "live", "revision": NEXT_REVISION},
            ],
        )
        self.assertTrue(second.live_at and second.finished_at)
        self.assertEqual(second.previous_id, first)
        self.assertEqual(self.production.live_deployment_id, second)

    def test_contract_failure_leaves_what_is_live(self):
        first = self.begin_well()
        second = self.begin(revision=NEXT_REVISION)
        self.let_fail(second)
        self.assertEqual((first.state, second.state), ("live", "failed"))
        self.assertIn(self.begin(revision=THIRD_REVISION).state, BEGUN)

    def test_contract_first_failure_goes_back_to_nothing(self):
        first = self.begin()
        self.let_fail(first)
        self.assertEqual(first.state, "failed")
        self.assertFalse(first.rollback_ids)

    def test_contract_one_at_a_time(self):
        first = self.begin()
        second = self._draft(revision=NEXT_REVISION)
        try:
            # Executors queue it, people are told to wait.
            (second.action_deploy if second.has_executor else second.action_start)()
        except UserError as error:
            self.assertIn("under way in this environment", str(error))
        self.assertIn(second.state, {"queued", "draft"})
        self.assertIn(first.state, BEGUN)

    def test_contract_cancel(self):
        first = self.begin_well()
        second = self.begin(revision=NEXT_REVISION)
        self.let_cancel(second)
        self.assertEqual((first.state, second.state), ("live", "cancelled"))
        self.assertIn(self.begin(revision=THIRD_REVISION).state, BEGUN)

    def test_contract_rollback(self):
        first = self.begin_well()
        second = self.begin_well(revision=NEXT_REVISION)
        rollback = self.take_back(second)
        self.assertNotEqual(rollback, first, "a rollback is a record of its own")
        self.assertRecordValues(
            first | second | rollback,
            [
                {"state": "superseded", "kind": "deploy", "revision": first.revision},
                {"state": "rolled_back", "kind": "deploy", "revision": NEXT_REVISION},
                {"state": "live", "kind": "rollback", "revision": first.revision},
            ],
        )

    def test_contract_viewer_may_nothing(self):
        deployment = self.begin_well().with_user(self.viewer)
        for action in ("action_deploy", "action_cancel", "action_redeploy", "action_roll_back"):
            with self.subTest(action=action), self.assertRaises(UserError):
                getattr(deployment, action)()
        self.assertEqual(deployment.state, "live")
