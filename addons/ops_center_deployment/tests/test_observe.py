from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, freeze_time, tagged

from odoo.addons.ops_center_deployment.tests.common import DeploymentCommon

RELEASE = "3f6c1d9b8a7e5f40213c6d7e8f9a0b1c2d3e4f50"
NEXT_RELEASE = "a91be07754c2d3f68e0b1a2c3d4e5f6071829304"


@tagged("post_install", "-at_install")
class TestObserve(DeploymentCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.environment = cls.env.ref("ops_center_base.environment_self")
        # As on the day of the installation, before the worker has looked.
        cls.env.cr.execute(
            "DELETE FROM ops_deployment WHERE environment_id = %s", [cls.environment.id]
        )
        cls.env.invalidate_all()
        cls.modules = cls.env["ir.module.module"].search([("state", "=", "installed")])
        cls.module = cls.modules.filtered(lambda module: module.name == "ops_center_base")

    def setUp(self):
        super().setUp()
        self._release(RELEASE)

    def _release(self, release):
        """Let this Odoo run another release, as a deployment does."""
        self.startPatcher(patch.dict("os.environ", OPS_CENTER_RELEASE=release))

    def _observe(self):
        """Do what the worker does every 30 seconds, and return what it recorded."""
        before = self.environment.deployment_ids
        with self.enter_registry_test_mode():
            self.env["ops.environment"]._run_observe()
        self.env.invalidate_all()
        return self.environment.deployment_ids - before

    def test_first_look_starts_the_history(self):
        first = self._observe()
        self.assertRecordValues(
            first,
            [
                {
                    "state": "live",
                    "kind": "observed",
                    "source": "observed",
                    "revision": RELEASE,
                    "user_id": False,
                    "module_changes": False,
                }
            ],
        )
        self.assertEqual(
            first.summary, f"First seen: {len(self.modules)} modules, release 3f6c1d9b"
        )
        self.assertEqual(self.environment.live_deployment_id, first)
        self.assertEqual(self.environment.release, RELEASE)

    def test_nothing_new_writes_nothing(self):
        self._observe()
        events = self.env["ops.event"].search_count([])
        self.assertFalse(self._observe())
        self.assertEqual(self.env["ops.event"].search_count([]), events)
        with self.assertQueryCount(8):
            self._observe()

    def test_module_changes_are_recorded(self):
        first = self._observe()
        old = self.module.latest_version
        removed = self.modules.filtered(lambda module: module.name == "bus")
        self.module.latest_version = "19.0.9.9.9"
        removed.state = "uninstalled"
        change = self._observe()
        self.assertEqual(
            change.module_changes,
            {
                "updated": {"ops_center_base": [old, "19.0.9.9.9"]},
                "added": {},
                "removed": {"bus": removed.latest_version},
            },
        )
        self.assertEqual(change.summary, f"ops_center_base {old} → 19.0.9.9.9, bus uninstalled")
        self.assertEqual(first.state, "superseded")
        self.assertEqual(change.previous_id, first)
        self.assertIn("19.0.9.9.9", change.module_changes_html)
        event = self.env["ops.event"].search(
            [("res_model", "=", "ops.deployment"), ("res_id", "=", change.id)]
        )
        self.assertEqual(event.kind, "deployment.live")
        self.assertEqual(event.name, f"{change.summary} (Production #{change.id}: Live)")

        removed.state = "installed"
        again = self._observe()
        self.assertEqual(again.summary, f"bus {removed.latest_version} installed")

    def test_many_changes_are_counted(self):
        self._observe()
        self.modules[:3].latest_version = "19.0.9.9.9"
        self.modules[3:5].state = "uninstalled"
        self.assertEqual(self._observe().summary, "3 modules updated, 2 modules uninstalled")
        self.modules[3:5].state = "installed"
        self.assertEqual(self._observe().summary, "2 modules installed")

    def test_new_release_is_recorded(self):
        self._observe()
        self._release(NEXT_RELEASE)
        change = self._observe()
        self.assertEqual(change.revision, NEXT_RELEASE)
        self.assertEqual(change.summary, "release 3f6c1d9b → a91be077")
        self.assertEqual(change.module_changes["release"], [RELEASE, NEXT_RELEASE])
        self.assertEqual(self.environment.release, NEXT_RELEASE)

    def test_half_done_upgrade_is_not_observed(self):
        self._observe()
        self.module.state = "to upgrade"
        self.assertFalse(self._observe())

    def test_workers_of_two_releases_do_not_argue(self):
        """While a release is replaced, the old worker may still look: no flapping."""
        self._observe()
        self._release(NEXT_RELEASE)
        self.assertTrue(self._observe())
        self._release(RELEASE)
        self.assertFalse(self._observe())
        with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
            self.assertEqual(self._observe().revision, RELEASE)

    def test_declared_deployment_is_adopted(self):
        """Whoever announced the change is its author: no second record."""
        for declare in ("action_start", "action_mark_live"):
            with self.subTest(declare=declare):
                self._release(RELEASE)
                declared = self._declare_and_deploy(declare)
                self.assertFalse(self._observe())
                self.assertEqual(declared.state, "live")
                self.assertEqual(declared.kind, "deploy")
                self.assertEqual(declared.module_changes["release"][1], NEXT_RELEASE)
                self.assertFalse(self._observe())

    def _declare_and_deploy(self, declare):
        """Return a deployment that is declared with an abbreviated commit, then carried out."""
        self.env.cr.execute(
            "DELETE FROM ops_deployment WHERE environment_id = %s", [self.environment.id]
        )
        self.env.invalidate_all()
        self._observe()
        declared = self._draft(self.environment, user=self.manager, revision=NEXT_RELEASE[:12])
        getattr(declared, declare)()
        self._release(NEXT_RELEASE)
        return declared

    def test_later_change_is_not_laid_at_the_door_of_a_declared_deployment(self):
        self._observe()
        declared = self._draft(self.environment, user=self.manager, revision=RELEASE)
        declared.action_mark_live()
        self.assertFalse(self._observe())
        self.module.latest_version = "19.0.9.9.9"
        change = self._observe()
        self.assertEqual(change.kind, "observed")
        self.assertFalse(declared.module_changes)

    def test_other_deployments_under_way_stay(self):
        self._observe()
        other = self._draft(self.environment, user=self.manager, revision=NEXT_RELEASE)
        other.action_start()
        self.module.latest_version = "19.0.9.9.9"
        change = self._observe()
        self.assertEqual(change.state, "live")
        self.assertEqual(other.state, "deploying")

    def test_worker_runs_it(self):
        loops = {loop.name: loop for loop in self.env["ops.worker"]._loops()}
        observe = loops["observe"]
        self.assertEqual(observe.interval, 30)
        self.assertTrue(callable(getattr(self.env[observe.model], observe.method)))
