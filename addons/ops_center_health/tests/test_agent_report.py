import json
import time
from datetime import timedelta
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.ops_center_base.transport.signature import sign

from .common import OdooCase
from .test_postgresql_check import use_encryption_key

SECRET_LENGTH = 43
GIB = 2**30


@tagged("post_install", "-at_install")
class TestAgentReport(OdooCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def setUp(self):
        super().setUp()
        self.enterContext(use_encryption_key())
        self.check = self.create_check(name="Shop", kind="odoo", url=self.url)
        self.secret = self.connect()

    def connect(self):
        """Press “Connect the Agent” and read the secret that is shown."""
        setup = self.env["ops.health.agent.setup"].with_user(self.operator)
        wizard = setup.create({"check_id": self.check.id})
        self.assertFalse(wizard.secret)
        action = wizard.action_connect()
        shown = setup.with_context(**action["context"]).browse(action["res_id"])
        self.assertEqual(shown.url, self.check.agent_url)
        return shown.secret

    def report(self, body=None, at=0, now=None, secret=None, token=None, headers=None, **values):
        """Report as an agent does; ``at`` is what its clock is fast by, in seconds."""
        self.env.flush_all()
        if body is None:
            body = json.dumps({"format": 1, "period": 300, **values}).encode()
        timestamp = str(int(now or time.time()) + at)
        signature = sign(secret or self.secret, f"{timestamp}.".encode() + body)
        answer = self.opener.post(
            f"{self.base_url()}/ops/agent/{token or self.check.agent_token}",
            data=body,
            headers={
                "X-Ops-Center-Timestamp": timestamp,
                "X-Ops-Center-Signature": signature,
                **(headers or {}),
            },
            timeout=30,
        )
        self.env.invalidate_all()
        return answer

    def assert_refused(self, answer, status, words):
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertIn(words, answer.text)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))

    def pass_time(self, seconds):
        """Move what was reported into the past."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ops_health_facts SET received_at = received_at - %(s)s * interval '1 second',"
            " signed_at = signed_at - %(s)s",
            {"s": seconds},
        )
        self.env.invalidate_all()

    # === THE REAL AGENT === #

    def test_agent_reports_and_the_check_shows_it(self):
        agent = self.env["ops.agent"].search([])
        agent.write({"url": self.check.agent_url, "secret": self.secret})
        with self.worker_transactions(), self.allow_requests(all_requests=True):
            agent.action_report()
        self.assertEqual(agent.answer, "Accepted.")
        self.assertIn("base", self.check.facts_modules)
        self.assertTrue(self.check.facts_version.startswith("19.0"))
        self.assertTrue(self.check.facts_at)
        with self.worker_transactions(), self.allow_requests(all_requests=True):
            agent.action_report()
        self.assertRegex(agent.answer, "^(401: This report|429: Another report)")
        self.assertTrue(agent.accepted_at)

    def test_other_modules_are_told_on_the_timeline(self):
        for version in ("1.0", "1.1", "1.1"):
            answer = self.report(modules={"sale": version, "base": "1.3"})
            self.assertEqual(answer.status_code, 200, answer.text)
            self.pass_time(60)
        event = self.env["ops.event"].search([("kind", "=", "odoo.modules_changed")])
        self.assertEqual((event.res_id, event.detail), (self.check.id, "sale 1.0 → 1.1"))

    # === WHAT IS REFUSED === #

    def test_unknown_address(self):
        self.assert_refused(self.report(token="x" * 22), 404, "No check takes reports")
        self.assert_refused(self.report(token="%00"), 404, "No check takes reports")
        self.check.active = False
        self.assert_refused(self.report(), 404, "No check takes reports")

    def test_wrong_signature(self):
        wrong = "The signature is wrong"
        self.assert_refused(self.report(secret="x"), 401, wrong)
        for headers in (
            {"X-Ops-Center-Signature": ""},
            {"X-Ops-Center-Signature": "sha256=\xe4"},
            {"X-Ops-Center-Timestamp": ""},
            {"X-Ops-Center-Timestamp": "now"},
            {"X-Ops-Center-Timestamp": str(int(time.time()) + 100)},
        ):
            self.assert_refused(self.report(headers=headers), 401, wrong)
        self.assertFalse(self.check.facts_at)

    def test_key_that_is_gone(self):
        with use_encryption_key():
            self.assert_refused(self.report(), 503, "Connect the agent anew")
        self.assertEqual(self.report().status_code, 200)

    def test_clock_that_is_off(self):
        for seconds in (-310, 310):
            self.assert_refused(self.report(at=seconds), 401, "The clocks differ")
        self.assertEqual(self.report(at=-290).status_code, 200)

    def test_replay(self):
        now = time.time()
        self.assertEqual(self.report(at=100, now=now, users_online=1).status_code, 200)
        self.env.cr.execute(
            "UPDATE ops_health_facts SET received_at = received_at - interval '1 minute'"
        )
        for at in (100, 50):
            answer = self.report(at=at, now=now, users_online=2)
            self.assert_refused(answer, 401, "received before")
        self.assertEqual(self.check.facts_users, "1")
        self.assertEqual(self.report(at=102, users_online=3).status_code, 200)
        self.assertEqual(self.check.facts_users, "3")

    def test_rate(self):
        self.assertEqual(self.report(users_online=1).status_code, 200)
        answer = self.report(at=1, users_online=2)
        self.assert_refused(answer, 429, "Wait 10 seconds")
        self.assertEqual(answer.headers["Retry-After"], "10")
        self.assertEqual(self.check.facts_users, "1")
        self.pass_time(10)
        self.assertEqual(self.report(at=1, users_online=2).status_code, 200)

    def test_oversize(self):
        for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
            answer = self.report(body=b" " * (256 * 1024 + 1), headers=headers)
            self.assert_refused(answer, 413, "larger than 256 KiB")
        # Enough for an Odoo with everything in it.
        modules = {f"some_module_with_a_long_name_{number}": "19.0.1.0.0" for number in range(4000)}
        self.assertEqual(self.report(modules=modules).status_code, 200)
        self.assertEqual(len(self.check.facts_modules), 4000)

    def test_garbage(self):
        for body, words in (
            (b"", "not JSON"),
            (b"a=b&c=d", "not JSON"),
            (b'{"format": 7}', "“format”"),
            (b'{"format": 1, "period": 300, "users_online": []}', "“users_online”"),
        ):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            self.assert_refused(self.report(body=body, headers=headers), 422, words)
        self.assertFalse(self.check.facts_at)

    def test_only_posts_and_no_session(self):
        address = f"{self.base_url()}/ops/agent/{self.check.agent_token}"
        self.assertEqual(self.opener.get(address, timeout=30).status_code, 405)
        self.assertNotIn("session_id", self.report().cookies)

    # === VERDICT === #

    def test_facts_open_an_incident_and_close_it(self):
        self.run_now(self.check, 2)
        self.assertEqual(self.check.state, "up")
        # Whoever can tell something new has the check looked at.
        self.report(disk={"total": 100 * GIB, "free": 4 * GIB})
        self.run_due()
        self.assertEqual(self.check.last_error, "facts")
        self.run_now(self.check, 2)
        self.assertEqual(self.check.state, "degraded")
        self.assertIn("96 % full", self.check.incident_ids.cause)
        self.assertIn("96 % full", self.check.facts_problems)
        self.pass_time(300)
        self.report(disk={"total": 100 * GIB, "free": 50 * GIB})
        self.run_due()
        self.run_now(self.check, 2)
        self.assertEqual(self.check.state, "up")
        self.assertEqual(self.check.incident_ids.state, "resolved")
        self.assertFalse(self.check.facts_problems)

    def test_silence_of_an_agent_that_once_reported(self):
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "up")
        self.report()
        self.run_now(self.check)
        self.pass_time(910)
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "degraded")
        self.assertIn("silent since", self.check.incident_ids.cause)

    def test_agent_that_found_nobody_here_is_not_silent(self):
        self.run_now(self.check, 3)
        self.report()
        self.run_now(self.check)
        self.env.flush_all()
        # Neither the worker nor the server was there for an hour.
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET next_run = next_run - interval '1 hour',"
            " last_at = last_at - interval '1 hour'"
        )
        self.pass_time(3600)
        self.run_due()
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "up")
        self.assertFalse(self.check.facts_problems)
        self.env.cr.execute(
            "UPDATE ops_health_facts SET awaited_since = awaited_since - interval '910 seconds'"
        )
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "degraded")

    def test_facts_do_not_hide_what_is_seen_from_outside(self):
        self.report(jobs={"failed": 2})
        self.break_target()
        self.run_now(self.check, 3)
        self.assertEqual(self.check.state, "down")
        self.assertIn("2 jobs failed", self.check.last_message)
        self.assertIn("500", self.check.last_message)

    def test_old_backup_is_a_matter_of_the_check(self):
        self.report(backup={"newest_at": int(time.time()) - 30 * 3600})
        self.run_now(self.check)
        self.assertEqual(self.check.last_verdict, "degraded")
        self.check.backup_hours = 48
        self.run_now(self.check)
        self.assertEqual(self.check.last_verdict, "up")
        made_at = self.check.facts_at - self.check.facts_backup_at
        self.assertAlmostEqual(made_at, timedelta(hours=30), delta=timedelta(minutes=1))

    # === THE SECRET === #

    def test_new_secret_replaces_the_former(self):
        former = self.secret
        self.assertGreaterEqual(len(former), SECRET_LENGTH)
        address = self.check.agent_url
        self.secret = self.connect()
        self.assertEqual(self.check.agent_url, address)
        self.assert_refused(self.report(secret=former), 401, "The signature is wrong")
        self.assertEqual(self.report().status_code, 200)

    def test_secret_is_shown_once(self):
        check = self.check.with_user(self.operator)
        self.assertFalse(check.agent_secret)
        self.assertEqual(check.agent_secret_hint, f"…{self.secret[-4:]}")
        self.assertFalse(self.env["ops.health.agent.setup"].search([])[:1].secret)
        self.env.flush_all()
        self.env.cr.execute("SELECT agent_secret_cipher FROM ops_health_check")
        self.assertNotIn(self.secret, str(self.env.cr.fetchall()))

    def test_disconnected_agent(self):
        self.report(jobs={"failed": 2})
        self.run_now(self.check)
        self.assertEqual(self.check.last_verdict, "degraded")
        check = self.check.with_user(self.operator).with_context(secret_field="agent_secret")
        check.action_remove_secret()
        self.assertFalse(self.check.facts_at)
        self.assert_refused(self.report(), 404, "No check takes reports")
        self.run_now(self.check)
        self.assertEqual(self.check.last_verdict, "up")

    def test_another_target_is_another_odoo(self):
        self.report(jobs={"failed": 2})
        self.check.url = self.url.replace("127.0.0.1", "localhost")
        self.assertFalse(self.check.facts_at)

    def test_copy_of_a_check_has_no_agent(self):
        copy = self.check.copy()
        self.assertFalse(copy.has_agent or copy.agent_token)

    def test_neutralized_copy_takes_no_reports(self):
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text(encoding="utf-8"))
        self.env.invalidate_all()
        self.assertFalse(self.check.has_agent or self.check.agent_token)

    # === FORM AND RIGHTS === #

    def test_viewer_sees_the_facts_and_not_the_way_to_report(self):
        self.report(users_online=5)
        check = self.check.with_user(self.viewer)
        with Form(check) as form:
            self.assertEqual(form.facts_users, "5")
        for field in ("agent_token", "agent_url", "agent_secret", "agent_secret_hint"):
            with self.assertRaises(AccessError):
                check.read([field])
        with self.assertRaises(AccessError):
            self.env["ops.health.agent.setup"].with_user(self.viewer).create({"check_id": check.id})

    def test_other_companies_are_closed(self):
        company = self.env["res.company"].create({"name": "Other"})
        other = new_test_user(
            self.env,
            "other",
            "ops_center_base.group_operator",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.report(modules={"sale": "19.0.1.2"})
        with self.assertRaises(AccessError):
            setup = self.env["ops.health.agent.setup"].with_user(other)
            setup.create({"check_id": self.check.id}).action_connect()
        domain = [("facts_module", "ilike", "sale")]
        self.assertFalse(self.check.with_user(other).search(domain))

    def test_other_kinds_have_no_agent(self):
        check = self.create_check()
        with self.assertRaisesRegex(UserError, "kind “Odoo”"):
            self.env["ops.health.agent.setup"].create({"check_id": check.id}).action_connect()

    def test_checks_are_found_by_a_module(self):
        self.report(modules={"sale_management": "19.0.1.2", "base": "19.0.1.3"})
        search = self.env["ops.health.check"].search
        self.assertEqual(search([("facts_module", "ilike", "SALE_")]), self.check)
        self.assertEqual(search([("facts_module", "=", "base")]), self.check)
        self.assertFalse(search([("facts_module", "=", "sale")]))
        self.assertFalse(search([("facts_module", "ilike", "sale%management%")]))

    def test_facts_in_words(self):
        self.report(
            odoo={"version": "17.0", "edition": "enterprise"},
            crons={"active": 20, "late": [{"name": "x", "due_at": 1}]},
            mail={"stuck": 1, "failed": 2, "reason": ""},
            jobs={"failed": 4},
            disk={"total": 100 * GIB, "free": 50 * GIB},
            database={"size": 3 * GIB},
            backup={"newest_at": None},
        )
        check = self.check
        self.assertEqual(check.facts_version, "17.0 enterprise")
        self.assertEqual(check.facts_actions, "20 active, 1 late")
        self.assertEqual(check.facts_mail, "1 stuck, 2 failed in 24 hours")
        self.assertEqual(check.facts_jobs, "4 failed in 24 hours")
        self.assertEqual(check.facts_disk, "50.0 GiB of 100.0 GiB free")
        self.assertEqual(check.facts_database, "3.0 GiB")
        self.assertTrue(check.facts_has_backup)
        self.assertFalse(check.facts_backup_at)
        self.assertFalse(check.facts_users)
        self.assertEqual(len(check.facts_problems.splitlines()), 4)
