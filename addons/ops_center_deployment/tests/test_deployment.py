from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.ops_center_deployment import states
from odoo.addons.ops_center_deployment.tests.common import (
    NEXT_REVISION,
    REVISION,
    DeploymentCommon,
)


@tagged("post_install", "-at_install")
class TestDeployment(DeploymentCommon, TransactionCase):
    def _events(self, deployment):
        return self.env["ops.event"].search(
            [("res_model", "=", deployment._name), ("res_id", "=", deployment.id)], order="id"
        )

    # === LIFE === #

    def test_recorded_by_hand_from_draft_to_live(self):
        """An operator fills the form and presses the buttons; times and the timeline follow."""
        form = Form(
            self.env["ops.deployment"]
            .with_user(self.operator)
            .with_context(default_environment_id=self.production.id)
        )
        form.revision = REVISION
        form.summary = "New checkout"
        deployment = form.save()
        self.assertEqual(deployment.display_name, f"Production #{deployment.id}")
        self.assertEqual(deployment.user_id, self.operator)
        self.assertEqual(deployment.source, "user")
        self.assertEqual(deployment.revision_short, "3f6c1d9b")

        with freeze_time("2026-03-01 10:00:00"):
            deployment.action_start()
        self.assertEqual(deployment.state, "deploying")
        with freeze_time("2026-03-01 10:01:30"):
            deployment.action_mark_live()
        self.assertEqual(deployment.state, "live")
        self.assertEqual(deployment.duration, 90.0)
        self.assertEqual(deployment.live_at - deployment.started_at, timedelta(seconds=90))
        self.assertEqual(self.production.live_deployment_id, deployment)
        self.assertEqual(self.production.deployment_count, 1)
        name = f"New checkout (Production #{deployment.id}: "
        self.assertRecordValues(
            self._events(deployment),
            [
                {"kind": "deployment.deploying", "level": "info", "name": f"{name}Deploying)"},
                {"kind": "deployment.live", "level": "success", "name": f"{name}Live)"},
            ],
        )

    def test_going_live_supersedes_what_was_live(self):
        first, second = self._draft(), self._draft(revision=NEXT_REVISION)
        elsewhere = self._draft(self.staging)
        (first | elsewhere).action_mark_live()
        second.action_start()
        self.assertEqual(first.state, "live")
        second.action_mark_live()
        self.assertEqual(first.state, "superseded")
        self.assertEqual(second.previous_id, first)
        self.assertEqual(elsewhere.state, "live")
        self.assertEqual(self.production.live_deployment_id, second)

    def test_rolling_back_a_live_deployment_brings_the_previous_one_back(self):
        first, second = self._draft(), self._draft(revision=NEXT_REVISION)
        first.action_mark_live()
        second.action_mark_live()
        second.reason = "Vouchers do not work"
        action = second.action_roll_back()
        rollback = self.env["ops.deployment"].browse(action["res_id"])
        self.assertRecordValues(
            rollback,
            [
                {
                    "state": "live",
                    "kind": "rollback",
                    "revision": REVISION,
                    "reason": "Vouchers do not work",
                    "previous_id": second.id,
                }
            ],
        )
        self.assertEqual(second.state, "rolled_back")
        self.assertEqual(first.state, "superseded")
        self.assertEqual(self.production.live_deployment_id, rollback)

    def test_rolling_back_before_going_live_leaves_the_live_one(self):
        first, second = self._draft(), self._draft(revision=NEXT_REVISION)
        first.action_mark_live()
        second.action_start()
        second.action_roll_back()
        self.assertEqual(second.state, "rolled_back")
        self.assertEqual(self.production.live_deployment_id, first)

    def test_rolling_back_the_first_deployment_leaves_nothing_live(self):
        deployment = self._draft()
        deployment.action_mark_live()
        deployment.action_roll_back()
        self.assertEqual(deployment.state, "rolled_back")
        self.assertFalse(self.production.live_deployment_id)

    def test_failed_and_cancelled_are_ends(self):
        failed, cancelled = self._draft(), self._draft()
        failed.action_start()
        failed.action_mark_failed()
        self.assertEqual(self._events(failed)[-1].level, "danger")
        cancelled.action_cancel()
        self.assertTrue(failed.finished_at and cancelled.finished_at)
        for deployment in failed | cancelled:
            with self.assertRaisesRegex(UserError, "record a new deployment"):
                deployment.action_mark_live()

    def test_repeated_move_changes_nothing(self):
        deployment = self._draft()
        deployment.action_mark_live()
        live_at, events = deployment.live_at, self._events(deployment)
        with freeze_time("2050-01-01"):
            self.assertFalse(deployment._transition(states.LIVE))
        self.assertEqual(deployment.live_at, live_at)
        self.assertEqual(self._events(deployment), events)
        self.assertEqual(deployment.state, "live")

    def test_state_labels_cover_the_table(self):
        selection = dict(self.env["ops.deployment"]._fields["state"].selection)
        self.assertEqual(selection.keys(), states.TRANSITIONS.keys())

    # === ONE AT A TIME === #

    def test_second_start_is_refused_naming_the_first(self):
        first, second = self._draft(), self._draft()
        first.action_start()
        self._draft(self.staging).action_start()
        with self.assertRaisesRegex(
            UserError, f"^{first.display_name}, started by deployment_operator.* or cancel it"
        ):
            second.action_start()
        first.action_cancel()
        second.action_start()
        self.assertEqual(second.state, "deploying")

    def test_database_refuses_two_at_once_with_a_clear_message(self):
        """The net below `_transition`, for two transactions that can't see each other."""
        first, second = (self._draft() | self._draft()).sudo()
        for state, message in [
            ("building", "Wait until it has ended"),
            ("live", "went live at the same moment"),
        ]:
            with self.subTest(state=state):
                first.state = state
                first.flush_recordset()
                with (
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(psycopg2.errors.UniqueViolation) as caught,
                    self.env.cr.savepoint(),
                ):
                    second.state = state
                    second.flush_recordset()
                second.invalidate_recordset()
                error = self.env["ops.deployment"]._sql_error_to_message(caught.exception)
                self.assertIn(message, error)

    # === WHAT MAY BE WRITTEN === #

    def test_revision_must_be_a_commit(self):
        for revision in ("main", "v2.4.1", "3F6C1D9B", "3f6c1d", "3f6c1d9b;"):
            with self.subTest(revision=revision), self.assertRaisesRegex(UserError, "Revision: "):
                self._draft(revision=revision)

    def test_image_digest_must_be_a_digest(self):
        self._draft(image_digest="sha256:" + "0" * 64)
        for digest in ("latest", "sha256:" + "0" * 63, "sha512:" + "0" * 64):
            with (
                self.subTest(digest=digest),
                self.assertRaisesRegex(ValidationError, "Image Digest: "),
            ):
                self._draft(image_digest=digest)

    def test_nobody_calls_a_record_observed(self):
        with self.assertRaisesRegex(ValidationError, "Choose another kind"):
            self._draft(kind="observed")

    def test_state_and_origin_are_not_writable(self):
        """The buttons are the only way, for managers too, and whatever the context says."""
        deployment = self._draft(user=self.manager)
        for name, value in [
            ("state", "live"),
            ("source", "observed"),
            ("live_at", "2026-01-01"),
            ("user_id", self.operator.id),
            ("snapshot", {}),
            ("previous_id", deployment.id),
        ]:
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "Not changeable by hand"):
                    deployment.write({name: value})
                with self.assertRaisesRegex(UserError, "Not changeable by hand"):
                    self._draft(user=self.manager, **{name: value})
        smuggled = (
            self.env["ops.deployment"]
            .with_user(self.manager)
            .with_context(default_state="live", default_user_id=self.operator.id)
            .create({"environment_id": self.production.id, "revision": REVISION})
        )
        self.assertEqual(smuggled.state, "draft")
        self.assertEqual(smuggled.user_id, self.manager)

    def test_facts_are_frozen_once_it_started(self):
        deployment = self._draft()
        deployment.revision = NEXT_REVISION
        deployment.action_start()
        with self.assertRaisesRegex(UserError, "Revision"):
            deployment.revision = REVISION
        with self.assertRaisesRegex(UserError, "Environment"):
            deployment.environment_id = self.staging
        deployment.reason = "Said afterwards"

    def test_copy_is_a_new_draft(self):
        deployment = self._draft(version="2.4.1")
        deployment.action_mark_live()
        copy = deployment.copy()
        self.assertRecordValues(
            copy, [{"state": "draft", "revision": REVISION, "live_at": False, "version": "2.4.1"}]
        )

    def test_history_is_not_deleted(self):
        draft, deployment = self._draft(), self._draft()
        deployment.action_mark_live()
        draft.unlink()
        with self.assertRaisesRegex(UserError, "stays in the history"):
            deployment.unlink()

    # === WHO MAY === #

    def test_viewer_sees_and_changes_nothing(self):
        deployment = self._draft()
        as_viewer = deployment.with_user(self.viewer)
        self.assertEqual(as_viewer.revision, REVISION)
        for change in (
            as_viewer.action_start,
            as_viewer.action_mark_live,
            as_viewer.action_mark_failed,
            as_viewer.action_cancel,
            as_viewer.action_roll_back,
            as_viewer.unlink,
            lambda: self._draft(user=self.viewer),
        ):
            with self.assertRaises(AccessError):
                change()
        self.assertEqual(deployment.state, "draft")

    def test_other_company_is_out_of_sight(self):
        deployment = self._draft(self.foreign, user=self.env.user)
        self.assertEqual(deployment.company_id, self.other_company)
        step = self.env["ops.deployment.step"].create(
            {"name": "Pull", "deployment_id": deployment.id}
        )
        for record in (deployment, step):
            self.assertFalse(record.with_user(self.manager).search([("id", "=", record.id)]))
            with self.assertRaises(AccessError):
                record.with_user(self.manager).read(["state"])
        with self.assertRaises(AccessError):
            deployment.with_user(self.manager).action_start()
        with self.assertRaises(AccessError):
            self._draft(self.foreign)
