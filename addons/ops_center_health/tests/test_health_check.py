import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import OperationalError
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .. import watching
from ..storage import states
from ..watching import Watcher
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestHealthCheck(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def next_run_in(self, check):
        """Seconds until the check runs next."""
        self.env.cr.execute(
            "SELECT extract(epoch FROM next_run - (now() AT TIME ZONE 'UTC'))::float"
            " FROM ops_health_check_state WHERE check_id = %s",
            [check.id],
        )
        return self.env.cr.fetchone()[0]

    # === PROBING === #

    def test_new_check_is_probed_at_once_and_is_up(self):
        check = self.create_check()
        self.assertEqual(check.state, "unknown")
        self.run_due()
        self.assertEqual(check.state, "up")
        self.assertEqual(len(self.exchanges), 1)
        self.assertIn("Answered in", check.last_message)
        self.assertEqual([beat["state"] for beat in check.heartbeats], ["up"])
        self.assertEqual(self.environment.health_state, "up")

    def test_each_probe_leaves_a_sample(self):
        check = self.create_check()
        self.run_now(check, 3)
        samples = self.env["ops.health.sample"].search([("check_id", "=", check.id)])
        self.assertEqual(samples.mapped("verdict"), ["up"] * 3)
        self.assertEqual(samples.mapped("status"), [200] * 3)
        self.assertTrue(all(sample.latency_ms > 0 for sample in samples))
        self.assertEqual(samples.company_id, self.env.company)

    def test_nothing_runs_before_its_time(self):
        check = self.create_check()
        self.run_due()
        wait = self.run_due()
        self.assertEqual(len(self.exchanges), 1)
        self.assertGreater(wait, 0)
        self.assertLessEqual(self.next_run_in(check), check.interval)

    def test_unexpected_result_is_looked_at_again_soon(self):
        check = self.create_check(interval=600)
        self.run_due()
        self.break_target()
        self.run_now(check)
        self.assertEqual(check.state, "up")
        self.assertLessEqual(self.next_run_in(check), 3)
        self.run_now(check, 2)
        self.assertEqual(check.state, "down")

    def test_tcp(self):
        check = self.create_check(kind="tcp", url=self.url.replace("http", "tcp"))
        self.run_due()
        self.assertEqual(check.state, "up")

    def test_expectations_decide(self):
        missing = self.create_check(body_contains="never said", failure_threshold=1)
        status = self.create_check(expected_status="201", failure_threshold=1)
        slow = self.create_check(degraded_ms=1, failure_threshold=1)
        self.pause = 0.05
        self.run_due()
        self.assertEqual(missing.state, "down")
        self.assertEqual(missing.last_error, "body")
        self.assertEqual(status.state, "down")
        self.assertEqual(status.last_error, "status")
        self.assertEqual(slow.state, "degraded")

    def test_result_of_a_lost_lease_does_not_count(self):
        check = self.create_check()
        watcher = Watcher()
        with self.hanging_target():
            self.begin_due(watcher)
            # Meanwhile somebody changes what the check looks at.
            check.url = f"{self.url}/elsewhere"
        self.finish_begun(watcher)
        self.assertEqual(len(self.exchanges), 1)
        self.assertFalse(check.last_at)
        self.assertFalse(check.heartbeats)

    def test_hanging_target_delays_no_other(self):
        watcher = Watcher()
        with self.hanging_target():
            hanging = self.create_check(name="Hanging")
            self.begin_due(watcher)
        other = self.create_check(name="Other", url=f"{self.url}/other")
        with self.hanging_target(but="/other"):
            hanging._schedule_now()
            self.begin_due(watcher)
            self.assertEqual(other.last_verdict, "up")
        self.finish_begun(watcher)
        self.assertEqual(hanging.last_verdict, "up")

    def test_what_is_measured_here_is_waited_for(self):
        check = self.create_check(kind="heartbeat", url=False, interval=3600)
        self.run_due()
        self.env.cr.execute(
            "UPDATE ops_health_check_state"
            " SET next_run = (now() AT TIME ZONE 'UTC') + interval '0.3 seconds'"
            " WHERE check_id = %s",
            [check.id],
        )
        with self.worker_transactions():
            self.assertAlmostEqual(Watcher().begin_due(self.env), 0.3, places=2)

    def test_what_does_not_come_in_time_is_given_back(self):
        check = self.create_check()
        watcher = Watcher()
        with self.hanging_target(), patch.object(watching, "LAST_WAIT", 0.1):
            self.begin_due(watcher)
            self.finish_begun(watcher)
        [lease] = states.claim_due(self.env.cr, "takes over at once", 10)
        self.assertEqual(lease["check_id"], check.id)

    def test_what_could_not_be_stored_is_stored_by_the_next_pass(self):
        check = self.create_check()
        watcher = Watcher()
        broken = OperationalError("server closed the connection unexpectedly")
        # Odoo's `assertRaises` would take the lease back as well.
        with patch.object(states, "store_results", side_effect=broken), suppress(OperationalError):
            self.begin_due(watcher)
        self.assertFalse(check.last_at)
        self.finish_begun(watcher)
        self.assertEqual(check.last_verdict, "up")

    def test_changes_count_at_the_next_look(self):
        check = self.create_check(failure_threshold=1)
        watcher = Watcher()
        self.begin_due(watcher)
        self.assertEqual(check.last_verdict, "up")
        check.body_contains = "never said"
        self.begin_due(watcher)
        self.assertEqual(check.last_error, "body")
        check.body_contains = False
        self.env.company.ops_allowed_networks = False
        self.begin_due(watcher)
        self.assertEqual(check.last_error, "address_denied")
        self.env.company.ops_allowed_networks = "127.0.0.0/8"
        check.url = self.url.replace("127.0.0.1", "localhost")
        self.begin_due(watcher)
        self.assertEqual(check.last_verdict, "up")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        shop = self.application.copy({"company_id": elsewhere.id})
        self.environment.write({"company_id": elsewhere.id, "application_id": shop.id})
        check._schedule_now()
        self.begin_due(watcher)
        self.assertEqual(check.last_error, "address_denied")
        self.finish_begun(watcher)

    def test_check_that_cannot_be_looked_at_keeps_no_other_from_it(self):
        broken = self.create_check(name="Broken")
        self.env.cr.execute(
            "UPDATE ops_health_check SET expected_status = 'fine' WHERE id = %s", [broken.id]
        )
        self.env.invalidate_all()
        good = self.create_check(name="Good")
        self.run_due()
        self.assertEqual(good.state, "up")
        self.assertEqual((broken.last_verdict, broken.last_error), ("unknown", "definition"))
        self.assertIn("'fine' is not a range of HTTP statuses", broken.last_message)

    def test_leased_check_is_not_taken_twice(self):
        check = self.create_check()
        [lease] = states.claim_due(self.env.cr, "first", 10)
        self.assertEqual(lease["check_id"], check.id)
        self.assertEqual(states.claim_due(self.env.cr, "second", 10), [])

    def test_check_of_a_dead_worker_is_taken_over(self):
        check = self.create_check()
        states.claim_due(self.env.cr, "dies now", 10)
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET lease_until = now() AT TIME ZONE 'UTC'"
            " WHERE check_id = %s",
            [check.id],
        )
        [lease] = states.claim_due(self.env.cr, "takes over", 10)
        self.assertEqual(lease["fence"], 2)

    def test_archived_environment_is_not_probed(self):
        self.create_check()
        self.environment.active = False
        self.run_due()
        self.assertFalse(self.exchanges)

    def test_one_message_a_pass_names_the_checks(self):
        checks = self.create_check() | self.create_check(name="Back page")
        self.run_now(checks)
        self.env.cr.precommit.clear()
        self.env["bus.bus"].search([]).unlink()
        states.schedule_now(self.env.cr, checks.ids)
        self.run_due()
        self.env.cr.precommit.run()
        changes = [
            message["payload"]
            for message in map(json.loads, self.env["bus.bus"].search([]).mapped("message"))
            if message["type"] == "ops_center/changed"
        ]
        self.assertEqual(changes, [{"model": "ops.health.check", "ids": checks.ids}])

    def test_reading_many_checks_costs_few_queries(self):
        checks = self.create_check() | self.create_check() | self.create_check()
        self.run_now(checks, 2)
        with self.assertQueryCount(3):
            checks.mapped("heartbeats")
            checks.mapped("last_message")

    # === BUTTONS === #

    def test_run_now_runs_inline_without_a_worker(self):
        check = self.create_check()
        self.run_due()
        check.with_user(self.operator).action_run_now()
        with self.worker_transactions():
            self.env.cr.postcommit.run()
        self.assertEqual(len(self.exchanges), 2)

    def test_pause_stops_and_resume_starts(self):
        check = self.create_check()
        self.run_due()
        check.with_user(self.operator).action_pause()
        self.run_now(check)
        self.assertEqual(check.state, "paused")
        self.assertEqual(len(self.exchanges), 1)
        self.assertFalse(self.environment.health_state)
        with self.assertRaisesRegex(UserError, "Resume"):
            check.action_run_now()
        check.with_user(self.operator).action_resume()
        self.run_due()
        self.assertEqual(check.state, "up")

    def test_result_that_comes_after_the_pause_changes_nothing(self):
        check = self.create_check()
        watcher = Watcher()
        with self.hanging_target():
            self.begin_due(watcher)
            check.action_pause()
        self.finish_begun(watcher)
        self.assertEqual(check.state, "paused")

    # === RIGHTS === #

    def test_viewer_reads_only(self):
        check = self.create_check()
        self.run_due()
        check = check.with_user(self.viewer)
        self.assertEqual(check.state, "up")
        self.assertTrue(check.heartbeats)
        for act in (
            check.action_run_now,
            check.action_pause,
            check.action_resume,
            lambda: check.write({"name": "x"}),
            check.unlink,
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                act()

    def test_nobody_writes_the_state(self):
        check = self.create_check().with_user(self.operator)
        with self.assertRaisesRegex(UserError, "Pause or resume"):
            check.write({"state": "up"})

    # === CONSTRAINTS === #

    def test_wrong_values_are_refused_with_the_field_and_the_remedy(self):
        for values, message in (
            ({"url": "ftp://shop.example.com"}, "Address.*must start with http"),
            ({"url": False}, "Address"),
            ({"kind": "tcp", "url": "tcp://shop.example.com"}, "Address.*port"),
            ({"expected_status": "two hundred"}, "Expected Status"),
            ({"url": "http://169.254.169.254/latest/meta-data"}, "internal network"),
            ({"url": "http://10.1.2.3/"}, "internal network"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                self.create_check(**values)

    def test_pace_that_would_harm_is_refused(self):
        for values, constraint in (
            ({"interval": 4}, "interval_min"),
            ({"timeout": 0}, "timeout_range"),
            ({"timeout": 16}, "timeout_range"),
            ({"interval": 10, "timeout": 10}, "timeout_range"),
            ({"failure_threshold": 0}, "thresholds_min"),
            ({"success_threshold": 0}, "thresholds_min"),
            ({"success_threshold": 61}, "thresholds_max"),
            ({"failure_threshold": 61}, "thresholds_max"),
            ({"failure_threshold": 3, "failure_window": 2}, "failure_window_min"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(CheckViolation, constraint),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.create_check(**values)

    def test_internal_network_can_be_allowed(self):
        self.env.company.ops_allowed_networks = "10.0.0.0/8, 127.0.0.1/32"
        self.assertTrue(self.create_check(url="http://10.1.2.3/"))

    def test_allowed_networks_must_be_networks(self):
        with self.assertRaisesRegex(ValidationError, "10.1.0.0/16"):
            self.env.company.ops_allowed_networks = "the office"

    def test_name_that_leads_inside_is_not_probed(self):
        self.env.company.ops_allowed_networks = False
        check = self.create_check(
            url=self.url.replace("127.0.0.1", "localhost"), failure_threshold=1
        )
        self.run_due()
        self.assertEqual(check.last_error, "address_denied")
        self.assertEqual(check.state, "unknown")
        self.assertFalse(self.exchanges)
        self.assertFalse(check.incident_ids)

    # === CHECKS OF THIS ODOO === #

    def test_only_ops_center_adds_checks_of_itself(self):
        with self.assertRaisesRegex(ValidationError, "another kind"):
            self.create_check(kind="self", self_check="disk", url=False)

    def test_what_watches_this_odoo_can_be_tuned_but_not_aimed_or_deleted(self):
        check = self.env.ref("ops_center_health.ops_health_check_self_readiness")
        manager = check.with_user(self.env.ref("base.user_admin"))
        manager.write({"interval": 30, "failure_threshold": 2})
        for values in ({"url": "http://x.test"}, {"kind": "http"}, {"self_check": "disk"}):
            with self.assertRaisesRegex(UserError, "is fixed"):
                manager.write(values)
        with self.assertRaisesRegex(UserError, "Pause it"):
            manager.unlink()

    # === COPIES AND HISTORY === #

    def test_counters_from_before_are_kept_as_results(self):
        failing = self.create_check(failure_threshold=3)
        well = self.create_check()
        self.env.cr.execute(
            """
            ALTER TABLE ops_health_check_state
                DROP COLUMN recent,
                ADD COLUMN consecutive_failures integer NOT NULL DEFAULT 0,
                ADD COLUMN consecutive_successes integer NOT NULL DEFAULT 0;
            UPDATE ops_health_check_state SET consecutive_failures = 2 WHERE check_id = %s;
            UPDATE ops_health_check_state SET consecutive_successes = 5000 WHERE check_id = %s
            """,
            [failing.id, well.id],
        )
        for _upgrade in range(2):
            self.env["ops.health.check"].init()
        leases = states.claim_due(self.env.cr, "after the upgrade", 10)
        recent = {lease["check_id"]: lease["recent"] for lease in leases}
        self.assertEqual(recent, {failing.id: "dd", well.id: "u" * 60})

    def test_copy_of_the_database_watches_only_itself(self):
        check = self.create_check()
        own = self.env.ref("ops_center_health.ops_health_check_self_disk")
        own.action_resume()
        self.env.flush_all()
        with file_open("ops_center_health/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual(check.state, "paused")
        self.assertNotEqual(own.state, "paused")

    def test_state_since_is_the_time_of_the_result(self):
        check = self.create_check()
        self.run_due()
        self.assertLess(fields.Datetime.now() - check.state_since, timedelta(minutes=1))
