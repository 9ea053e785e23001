import json
import time
from datetime import datetime, timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.ops_center_base.transport.signature import sign

from .common import OdooCase
from .test_postgresql_check import use_encryption_key

KEY = "0123456789abcdef0123"
JSON2 = "/json/2/"


@tagged("post_install", "-at_install")
class TestOdooAccess(OdooCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def setUp(self):
        super().setUp()
        self.enterContext(use_encryption_key())
        self.version = "19.0"
        self.key = KEY
        self.told = {
            "ir.module.module/search_read": [{"name": "sale", "latest_version": "19.0.1.2"}],
            "ir.cron/search_read": [self.action()],
        }

    def action(self, **late):
        next_call = datetime.now() - timedelta(**late)
        return {"cron_name": "Vacuum", "nextcall": f"{next_call:%F %T}", "failure_count": 0}

    def serve(self, exchange):
        if not exchange.path.startswith(JSON2):
            return super().serve(exchange)
        if exchange.headers["authorization"] != f"Bearer {self.key}":
            return exchange.answer(status="401 Unauthorized")
        question = exchange.path.removeprefix(JSON2)
        if question not in self.told:
            error = {"name": "odoo.exceptions.AccessError"}
            return exchange.answer(error, status="403 Forbidden")
        return exchange.answer(self.told[question])

    def create_check(self, **values):
        values = {"kind": "odoo", "name": "Shop", "url": self.url, "odoo_api_key": KEY, **values}
        return super().create_check(**values)

    def fetches(self):
        """How often somebody began to fetch."""
        first = f"{JSON2}ir.module.module/search_read"
        return sum(exchange.path == first for exchange in self.exchanges)

    def pass_time(self, seconds):
        """Move what was fetched into the past."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ops_health_facts SET received_at = received_at - %s * interval '1 second'",
            [seconds],
        )
        self.env.invalidate_all()

    # === FETCHING === #

    def test_form_shows_what_was_fetched(self):
        check = self.create_check(odoo_database="shop")
        self.run_now(check)
        self.assertEqual((check.state, check.facts_problems), ("up", ""))
        self.assertEqual(check.facts_modules, {"sale": "19.0.1.2"})
        self.assertEqual(check.facts_actions, "1 active, 0 late, 0 failing")
        self.assertFalse(check.facts_mail or check.facts_jobs)
        self.assertEqual(check.search([("facts_module", "=", "sale")]), check)
        [*_others, last] = self.exchanges
        self.assertEqual(last.headers["x-odoo-database"], "shop")

    def test_other_modules_are_told_on_the_timeline(self):
        check = self.create_check()
        self.run_now(check)
        self.told["ir.module.module/search_read"] = [
            {"name": "sale", "latest_version": "19.0.1.3"},
            {"name": "stock", "latest_version": "19.0.1.0"},
        ]
        for _fetch in range(2):
            self.pass_time(300)
            self.run_now(check)
        event = self.env["ops.event"].search([("kind", "=", "odoo.modules_changed")])
        self.assertEqual((event.res_id, event.environment_id), (check.id, self.environment))
        self.assertEqual(event.detail, "sale 19.0.1.2 → 19.0.1.3\n+ stock 19.0.1.0")
        changes = check.retrieve_latency(1)["changes"]
        self.assertEqual(event.name, changes[-1]["name"])

    def test_modules_that_are_told_no_longer_are_not_gone(self):
        check = self.create_check()
        self.run_now(check)
        modules = self.told.pop("ir.module.module/search_read")
        self.pass_time(300)
        self.run_now(check)
        self.told["ir.module.module/search_read"] = modules
        self.pass_time(300)
        self.run_now(check)
        self.assertFalse(self.env["ops.event"].search([("kind", "=", "odoo.modules_changed")]))

    def test_what_the_user_may_not_read_is_named_and_no_trouble(self):
        self.told["ir.module.module/search_read"].append({"name": "mail", "latest_version": "1"})
        check = self.create_check()
        self.run_now(check)
        self.assertEqual(check.state, "up")
        self.assertIn("may not read mail.mail", check.facts_note)

    def test_late_action_degrades_until_it_is_late_no_more(self):
        self.told["ir.cron/search_read"].append(self.action(hours=1))
        check = self.create_check()
        self.run_now(check, times=3)
        self.assertEqual((check.state, check.last_error), ("degraded", "facts"))
        self.assertIn("Vacuum", check.facts_problems)
        self.assertTrue(check.incident_ids)
        self.told["ir.cron/search_read"] = [self.action()]
        self.pass_time(300)
        self.run_now(check, times=check.success_threshold)
        self.assertEqual(check.state, "up")

    def test_every_five_minutes_at_most(self):
        check = self.create_check()
        self.run_now(check, times=3)
        self.assertEqual(self.fetches(), 1)
        self.pass_time(280)
        self.run_now(check)
        self.assertEqual(self.fetches(), 1)
        self.pass_time(15)
        self.run_now(check)
        self.assertEqual(self.fetches(), 2)

    def test_failure_is_believed_when_it_repeats(self):
        check = self.create_check(failure_threshold=3)
        self.run_now(check)
        self.pass_time(300)
        self.key = "another"
        self.run_now(check)
        self.assertEqual((check.state, check.last_verdict), ("up", "degraded"))
        self.key = KEY
        self.run_now(check)
        self.assertEqual((check.state, check.last_verdict), ("up", "up"))
        self.key = "another"
        self.pass_time(300)
        self.run_now(check, times=3)
        self.assertEqual(check.state, "degraded")
        self.assertIn("refuses the API key", check.incident_ids.cause)
        before = self.fetches()
        self.run_now(check, times=2)
        self.assertEqual(self.fetches(), before)

    def test_odoo_that_is_down_is_told_nothing(self):
        check = self.create_check()
        self.break_target()
        self.run_now(check, times=3)
        self.assertEqual((check.state, self.fetches()), ("down", 0))

    def test_values_that_cannot_be_are_not_stored(self):
        self.told["ir.cron/search_read"] = [{**self.action(), "failure_count": "\0"}]
        check = self.create_check()
        self.run_now(check)
        self.assertIn("ir.cron can't be read", check.facts_problems)
        self.told["ir.cron/search_read"] = [{**self.action(), "failure_count": 2**60}]
        self.run_now(check)
        self.assertIn("failures” is not a whole number", check.facts_problems)

    # === THE AGENT === #

    def test_agent_that_reports_wins(self):
        check = self.create_check()
        self.env["ops.health.agent.setup"].create({"check_id": check.id}).action_connect()
        self.run_now(check)
        self.assertEqual(self.fetches(), 1, "a connected agent has told nothing yet")
        secret = check._reveal("agent_secret")
        report = json.dumps({"format": 1, "period": 300, "modules": {"crm": "1"}}).encode()
        now = str(int(time.time()))
        signature = sign(secret, f"{now}.".encode() + report)
        answer = check._take_report(check.agent_token, now, signature, report)
        self.assertEqual(answer, (200, "OK"))
        self.run_now(check)
        self.pass_time(300)
        self.run_now(check)
        self.assertEqual((self.fetches(), check.facts_modules), (1, {"crm": "1"}))
        check.with_context(secret_field="agent_secret").action_remove_secret()
        self.run_now(check)
        self.assertEqual((self.fetches(), check.facts_modules), (2, {"sale": "19.0.1.2"}))

    # === THE KEY === #

    def test_key_reaches_that_odoo_and_nobody_else(self):
        check = self.create_check().with_user(self.operator)
        self.assertEqual(check.read(["odoo_api_key"])[0]["odoo_api_key"], False)
        self.assertEqual(check.odoo_api_key_hint, "…0123")
        with self.assertRaises(AccessError):
            check.read(["odoo_api_key_cipher"])
        self.env.cr.execute(
            "SELECT to_jsonb(checks)::text FROM ops_health_check AS checks WHERE id = %s",
            [check.id],
        )
        self.assertNotIn(KEY, self.env.cr.fetchone()[0])
        with Form(check) as form:
            form.odoo_login = "watcher"
        self.run_now(check)
        self.assertEqual(self.fetches(), 1)
        self.assertFalse(check.copy().odoo_api_key_hint)

    def test_viewer_sees_the_facts_and_not_the_access(self):
        check = self.create_check()
        self.run_now(check)
        check = check.with_user(self.viewer)
        self.assertEqual(check.facts_modules, {"sale": "19.0.1.2"})
        for field in ("odoo_api_key", "odoo_api_key_hint", "odoo_database", "odoo_login"):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                check.read([field])
        with self.assertRaises(AccessError):
            check.odoo_api_key = "mine"

    def test_key_is_not_taken_along_to_another_address(self):
        check = self.create_check()
        self.run_now(check)
        check.with_user(self.operator).url = self.url.replace("127.0.0.1", "localhost")
        self.assertFalse(check.odoo_api_key_hint or check.facts_at)
        self.run_now(check)
        self.assertEqual((check.state, self.fetches()), ("up", 1))
        check.write({"url": self.url, "odoo_api_key": KEY})
        self.run_now(check)
        self.assertEqual(self.fetches(), 2)

    def test_removed_key(self):
        self.told["ir.cron/search_read"].append(self.action(hours=1))
        check = self.create_check()
        self.run_now(check)
        self.assertEqual(check.last_verdict, "degraded")
        remover = check.with_user(self.operator).with_context(secret_field="odoo_api_key")
        remover.action_remove_secret()
        self.assertFalse(check.facts_at)
        self.run_now(check)
        self.assertEqual((check.last_verdict, self.fetches()), ("up", 1))

    def test_another_database_is_another_odoo(self):
        check = self.create_check(odoo_database="shop")
        self.run_now(check)
        check.odoo_database = "other"
        self.assertFalse(check.facts_at)
        self.run_now(check)
        self.assertEqual(self.fetches(), 2)

    def test_neutralized_copy_has_no_key(self):
        check = self.create_check()
        self.env.flush_all()
        with file_open("ops_center_health/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(check.sudo().odoo_api_key_cipher or check.odoo_api_key_hint)

    def test_key_that_cannot_be_decrypted_is_to_be_entered_again(self):
        check = self.create_check()
        with use_encryption_key():
            self.run_now(check)
        self.assertEqual((check.state, check.last_error), ("unknown", "definition"))
        self.assertIn("enter the secret again", check.last_message)

    def test_what_is_entered_must_be_usable(self):
        with self.assertRaisesRegex(ValidationError, "“API Key” of Shop .* copy it again"):
            self.create_check(odoo_api_key="0123 4567")
        with self.assertRaisesRegex(ValidationError, "“Database” of Shop .* digits"):
            self.create_check(odoo_database="a/b")
