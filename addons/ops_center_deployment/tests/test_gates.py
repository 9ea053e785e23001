from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import NEXT_REVISION, WebhookCase


@tagged("post_install", "-at_install")
class TestGates(WebhookCase):
    def freeze(self, effect="deny", begin=-1, hours=2, **values):
        """Create a window that begins so many hours from now."""
        return self.env["ops.freeze.window"].create(
            {
                "name": "Month-end closing",
                "effect": effect,
                "date_from": fields.Datetime.now() + timedelta(hours=begin),
                "duration": hours,
                **values,
            }
        )

    def assertWaits(self, deployment, sentence):
        deployment.invalidate_recordset()
        self.assertEqual(deployment.state, "queued")
        self.assertIn(sentence, deployment.obstacles)
        self.assertFalse(self.requests)

    # === FREEZE WINDOWS === #

    def test_frozen_until_the_window_ends(self):
        self.freeze()
        deployment = self.deploy()
        self.assertWaits(deployment, "Frozen by “Month-end closing” until")
        self.assertIn("Month-end closing", self.production.freeze_notice)
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self.work()
        self.assertEqual(deployment.state, "building")
        self.assertFalse(deployment.obstacles)

    def test_windows_elsewhere_or_at_another_time_hold_nothing(self):
        self.freeze(begin=1)
        self.freeze(begin=-3)
        self.freeze(active=False)
        self.freeze(environment_kind="staging")
        self.freeze(environment_ids=self.staging.ids)
        self.freeze(application_ids=self.foreign.application_id.copy({"company_id": 1}).ids)
        self.freeze(company_id=self.other_company.id)
        self.assertEqual(self.deploy().state, "building")

    def test_chosen_in_any_way(self):
        customer = self.env["res.partner"].create({"name": "Customer"})
        self.production.partner_id = customer
        for values in (
            {"environment_ids": (self.production | self.staging).ids},
            {"application_ids": self.application.ids},
            {"partner_ids": customer.ids},
            {"environment_kind": False},
        ):
            with self.subTest(values=values):
                window = self.freeze(**values)
                self.assertTrue(self.production._freeze_at(fields.Datetime.now()))
                window.unlink()
                self.assertFalse(self.production._freeze_at(fields.Datetime.now()))

    def test_only_then(self):
        self.freeze("allow", begin=1)
        deployment = self.deploy()
        self.assertWaits(deployment, "Frozen by “Month-end closing” until")
        with freeze_time(fields.Datetime.now() + timedelta(hours=1, minutes=1)):
            self.work()
        self.assertEqual(deployment.state, "building")

    def test_never_again(self):
        self.freeze("allow", begin=-5)
        self.assertWaits(self.deploy(), "Ask a manager")

    def test_deny_beats_allow(self):
        self.freeze("allow")
        self.freeze("deny")
        self.assertWaits(self.deploy(), "Frozen by")

    def test_archived_allow_window_forbids_nothing(self):
        self.freeze("allow", begin=1, active=False)
        self.assertEqual(self.deploy().state, "building")

    def test_every_friday_in_the_zone_of_the_company(self):
        """Whether clocks were put forward or back since, it begins at five there."""
        self.env["ops.freeze.window"].create(
            {
                "name": "Weekend",
                "recurrence": "weekly",
                "friday": True,
                "date_from": "2026-01-02 16:00:00",
                "duration": 55,
                "tz": "Europe/Berlin",
            }
        )
        for moment, frozen in (
            ("2026-02-06 15:59:00", False),
            ("2026-02-06 16:00:00", True),
            ("2026-07-03 14:59:00", False),
            ("2026-07-03 15:00:00", True),
            ("2026-07-05 21:59:00", True),
            ("2026-07-05 22:00:00", False),
        ):
            with self.subTest(moment=moment):
                freeze = self.production._freeze_at(fields.Datetime.to_datetime(moment))
                self.assertEqual(bool(freeze), frozen)

    def test_way_back_is_never_frozen(self):
        self.deploy_well()
        bad = self.deploy(revision=NEXT_REVISION)
        self.freeze()
        self.succeed(bad)
        self.expire(bad)
        self.work()
        self.assertEqual(bad.rollback_ids.state, "building")

    def test_saying_rollback_is_not_enough(self):
        self.freeze()
        self.assertWaits(self.deploy(kind="rollback"), "Frozen by")

    # === INCIDENTS === #

    def test_waits_for_incidents(self):
        self.production.waits_for_incidents = True
        self.break_target()
        self.run_now(self.check)
        incident = self.env["ops.health.incident"].search(
            [("environment_id", "=", self.production.id)]
        )
        deployment = self.deploy()
        self.assertWaits(deployment, "An incident is open")
        self.production.waits_for_incidents = False
        self.work()
        self.assertEqual(deployment.state, "building")
        self.assertEqual(incident.state, "open")

    # === BREAK THE GLASS === #

    def break_glass(self, deployment, user=None):
        deployment = deployment.with_user(user or self.manager)
        action = deployment.action_break_glass()
        wizards = self.env[action["res_model"]].with_user(user or self.manager)
        with Form(wizards.with_context(**action["context"])) as form:
            form.reason = "Nobody can pay"
        form.record.action_break_glass()

    def test_past_everything(self):
        self.production.protected = True
        self.production.waits_for_incidents = True
        self.break_target()
        self.run_now(self.check)
        self.freeze()
        self.env["ops.notification.channel"].create(
            {"name": "Pager", "kind": "activity", "user_ids": self.manager.ids}
        )
        deployment = self._draft()
        deployment.action_deploy()
        self.assertEqual(deployment.state, "waiting")
        self.break_glass(deployment)
        self.work()
        self.assertEqual(deployment.state, "building")
        self.assertRecordValues(
            deployment,
            [{"broke_glass_by_id": self.manager.id, "broke_glass_reason": "Nobody can pay"}],
        )
        event = self.env["ops.event"].search([("kind", "=", "deployment.glass_broken")])
        self.assertEqual(event.level, "danger")
        for part in ("Nobody can pay", "Month-end closing", "An incident is open", "approve it"):
            self.assertIn(part, event.detail)
        with self.assertRaisesRegex(UserError, "append-only"):
            event.with_user(self.manager).detail = "Nothing happened"
        with self.assertRaises(UserError):
            deployment.with_user(self.manager).broke_glass_reason = "Because"
        told = self.env["ops.notification"].search([("name", "ilike", "broke the glass")])
        self.assertTrue(told)

    def test_managers_only(self):
        self.freeze()
        deployment = self.deploy()
        with self.assertRaises(AccessError):
            self.break_glass(deployment, self.operator)
        wizard = self.env["ops.deployment.break.glass"].create(
            {"deployment_id": deployment.id, "reason": "Me"}
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.operator).action_break_glass()
        self.assertWaits(deployment, "Frozen by")

    # === BYPASSED === #

    def test_recorded_afterwards_in_a_freeze(self):
        self.production.protected = True
        self.freeze()
        told = (
            self.env["ops.deployment"]
            .with_user(self.operator)
            .record(
                {
                    "environment_id": self.production.id,
                    "external_reference": "run 7",
                    "revision": NEXT_REVISION,
                    "state": "live",
                }
            )
        )
        deployment = self.env["ops.deployment"].browse(told["id"])
        self.assertIn("Month-end closing", deployment.bypassed_policies)
        self.assertIn("approve it", deployment.bypassed_policies)
        self.assertFalse(self.deploy_well_elsewhere().bypassed_policies)

    def deploy_well_elsewhere(self):
        staging = self._draft(environment=self.staging)
        staging.action_mark_live()
        return staging
