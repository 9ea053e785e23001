from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestHeartbeatCheck(HealthCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.manager = new_test_user(cls.env, "manager", "ops_center_base.group_manager")

    def setUp(self):
        super().setUp()
        self.check = self.create_check(
            name="Backup", kind="heartbeat", url=False, interval=3600, grace=600
        )

    def ping(self, suffix="", method="POST", token=None, **options):
        self.env.flush_all()
        return self.opener.request(
            method,
            f"{self.base_url()}/ops/ping/{token or self.check.ping_token}{suffix}",
            timeout=30,
            **options,
        )

    def ping_and_run(self, suffix="", **options):
        """The job pings, and the worker does what has become due."""
        answer = self.ping(suffix, **options)
        self.assertEqual((answer.status_code, answer.text), (200, "OK\n"))
        self.run_due()

    def pass_time(self, seconds):
        """Move all that is known of the check into the past, and let the worker look."""
        self.make_older(
            self.check,
            seconds,
            ops_health_ping=("started_at", "ended_at", "unjudged_at"),
            ops_health_check_state=("next_run", "last_at"),
        )
        self.run_due()

    # === VERDICTS === #

    def test_waits_for_the_first_ping(self):
        self.run_due()
        self.pass_time(100_000)
        self.assertEqual(self.check.state, "unknown")
        self.assertIn("first ping", self.check.last_message)
        self.assertFalse(self.check.incident_ids)

    def test_silence_opens_an_incident_when_the_grace_ends_and_a_ping_closes_it(self):
        self.run_due()
        self.ping_and_run()
        self.assertEqual(self.check.state, "up")
        self.pass_time(4190)
        self.assertEqual(self.check.state, "up")
        self.assertEqual(len(self.check.heartbeats), 2)
        self.pass_time(10)
        self.assertEqual(self.check.state, "down")
        self.assertIn("Silent since", self.check.incident_ids.cause)
        self.ping_and_run()
        self.assertEqual(self.check.state, "up")
        self.assertEqual(self.check.incident_ids.state, "resolved")
        self.assertEqual(
            [beat["state"] for beat in self.check.heartbeats], ["unknown", "up", "down", "up"]
        )

    def test_failure_opens_an_incident_at_once_with_what_the_job_said(self):
        self.ping_and_run()
        self.ping_and_run("/fail", data=b"disk full, password=hunter2\x00")
        self.assertEqual(self.check.state, "down")
        self.assertEqual(self.check.incident_ids.evidence, "disk full, password=***")

    def test_failure_counts_though_a_success_follows_before_anybody_looks(self):
        self.ping_and_run()
        self.pass_time(1)
        self.ping("/7", data="disk full")
        self.ping_and_run()
        self.assertEqual(self.check.state, "down")
        self.assertIn("exit code 7", self.check.last_message)
        self.assertEqual(self.check.incident_ids.evidence, "disk full")
        self.pass_time(1)
        self.assertEqual(self.check.state, "up")
        self.assertEqual(self.check.incident_ids.state, "resolved")
        self.ping_and_run()
        self.assertEqual(len(self.check.incident_ids), 1)

    def test_failure_of_a_paused_job_is_not_told_afterwards(self):
        self.ping_and_run()
        self.pass_time(1)
        self.check.action_pause()
        self.ping("/fail")
        self.ping()
        self.check.action_resume()
        self.run_due()
        self.assertEqual(self.check.state, "up")

    def test_exit_code_decides(self):
        self.ping_and_run("/0")
        self.assertEqual(self.check.state, "up")
        self.ping_and_run("/3")
        self.assertEqual(self.check.state, "down")
        self.assertIn("exit code 3", self.check.last_message)
        self.ping_and_run("/0", method="GET")
        self.assertEqual(self.check.state, "up")

    def test_run_that_does_not_end(self):
        self.ping_and_run()
        self.ping("/start")
        self.ping("/log", data="first table")
        self.ping("/log", data="second table")
        self.pass_time(590)
        self.assertEqual(self.check.state, "up")
        self.pass_time(10)
        self.assertEqual(self.check.state, "down")
        self.assertIn("did not end", self.check.incident_ids.cause)
        self.assertEqual(self.check.incident_ids.evidence, "first table\nsecond table")

    def test_duration_is_that_of_the_run(self):
        self.ping("/start?rid=one")
        self.pass_time(300)
        self.ping_and_run("?rid=other")
        self.assertFalse(self.check.last_latency_ms)
        self.ping_and_run("?rid=one")
        self.assertAlmostEqual(self.check.last_latency_ms, 300_000, delta=30_000)

    def test_end_of_another_run_does_not_end_this_one(self):
        self.ping("/start?rid=hangs")
        self.ping_and_run("?rid=other")
        self.assertEqual(self.check.state, "up")
        self.pass_time(600)
        self.assertEqual(self.check.state, "down")

    def test_log_alone_is_no_heartbeat(self):
        self.ping_and_run()
        self.ping("/log", data="still here")
        self.pass_time(4200)
        self.assertEqual(self.check.state, "down")
        self.assertEqual(self.check.incident_ids.evidence, "still here")

    def test_paused_check_takes_pings_down_without_alarm(self):
        self.run_due()
        self.check.action_pause()
        self.ping_and_run("/fail")
        self.assertEqual(self.check.state, "paused")
        self.assertFalse(self.check.incident_ids)
        self.check.action_resume()
        self.run_due()
        self.assertEqual(self.check.state, "down")

    # === ADDRESS === #

    def test_every_method(self):
        for method in ("GET", "HEAD", "POST"):
            self.assertEqual(self.ping(method=method).status_code, 200)
        with mute_logger("odoo.http"):
            self.assertEqual(self.ping(method="PUT").status_code, 405)

    def test_no_session_is_opened(self):
        self.assertNotIn("session_id", self.ping().cookies)

    def test_who_guesses_learns_nothing(self):
        answer = self.ping(token="x" * 43)
        self.assertEqual((answer.status_code, answer.text), (404, "Not Found\n"))
        self.check.active = False
        answer = self.ping()
        self.assertEqual((answer.status_code, answer.text), (404, "Not Found\n"))

    def test_unknown_signals_are_refused(self):
        for suffix in ("/restart", "/256", "/-1", "/start/now"):
            self.assertEqual(self.ping(suffix).status_code, 404, suffix)

    def test_parameters_of_strangers_change_nothing(self):
        self.ping_and_run("?exit_code=x&signal=fail&rid=%00&body=y")
        self.assertEqual(self.check.state, "up")

    def test_huge_body_is_cut(self):
        for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
            self.ping_and_run()
            self.ping_and_run("/fail", data=b"a=%26" + b"x" * 9_000_000, headers=headers)
            evidence = self.check.incident_ids[:1].evidence
            self.assertEqual((evidence[:6], len(evidence)), ("a=%26x", 10_000))

    # === FORM AND RIGHTS === #

    def test_operator_defines_one_in_the_form(self):
        with Form(self.env["ops.health.check"].with_user(self.operator)) as form:
            form.name = "Nightly dump"
            form.environment_id = self.environment
            form.kind = "heartbeat"
            self.assertEqual(form.interval, 86400)
        check = form.record
        self.assertEqual(check.ping_url, f"{check.get_base_url()}/ops/ping/{check.ping_token}")
        self.assertGreaterEqual(len(check.ping_token), 43)
        self.assertNotEqual(check.copy().ping_token, check.ping_token)
        self.assertEqual(self.ping(token=check.ping_token).status_code, 200)

    def test_other_kinds_have_no_address(self):
        self.assertFalse(self.create_check().ping_url)

    def test_viewer_does_not_see_the_address(self):
        check = self.check.with_user(self.viewer)
        for field in ("ping_token", "ping_url"):
            self.assertNotIn(field, check.fields_get())
            with self.assertRaises(AccessError):
                check.read([field])

    def test_nobody_chooses_the_address(self):
        check = self.check.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "New Address"):
            check.ping_token = "easy"
        values = {"name": "x", "kind": "heartbeat", "environment_id": self.environment.id}
        with self.assertRaisesRegex(UserError, "New Address"):
            check.create({**values, "ping_token": "easy"})

    def test_manager_replaces_the_address(self):
        former = self.check.ping_token
        with self.assertRaisesRegex(AccessError, "Only managers"):
            self.check.with_user(self.operator).action_renew_ping_url()
        self.check.with_user(self.manager).action_renew_ping_url()
        self.assertEqual(self.ping(token=former).status_code, 404)
        self.assertEqual(self.ping().status_code, 200)

    def test_rhythm_that_would_harm_is_refused(self):
        for values in ({"interval": 59}, {"grace": 59}):
            with (
                self.subTest(values),
                self.assertRaisesRegex(CheckViolation, "rhythm_min"),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.check.write(values)
                self.env.flush_all()
