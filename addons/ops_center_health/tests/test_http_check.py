import base64
import os
from unittest.mock import patch

from cryptography.fernet import Fernet
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.ops_center_base.tests.common import loopback_server

from .common import HealthCase
from .keys import certificate_and_key

CANARY = "canary-8d1f60aa"


@tagged("post_install", "-at_install")
class TestHttpCheck(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def setUp(self):
        super().setUp()
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))

    def probed(self, **values):
        """A check with these values that ran once and believes what it saw."""
        check = self.create_check(**{"failure_threshold": 1, **values})
        self.run_due()
        return check

    # === REQUEST === #

    def test_request_is_sent_as_it_was_defined(self):
        check = self.probed(
            method="POST",
            request_headers="Content-Type: application/json\nX-Shop: north\n",
            request_body='{"say": "grüße"}',
        )
        self.assertEqual(check.state, "up")
        [exchange] = self.exchanges
        self.assertEqual(exchange.method, "POST")
        self.assertEqual(exchange.headers["content-type"], "application/json")
        self.assertEqual(exchange.headers["x-shop"], "north")
        self.assertEqual(exchange.body.decode(), '{"say": "grüße"}')

    def test_password_is_sent_and_can_be_read_nowhere(self):
        check = self.create_check(
            authentication="basic", auth_user="monitor", auth_secret=CANARY, failure_threshold=1
        )
        login = base64.b64encode(f"monitor:{CANARY}".encode()).decode()
        self.answers = {
            "status": "401 Unauthorized",
            "body": f"You said Basic {login}, that is {CANARY}".encode(),
            "X_Login": login,
        }
        self.run_due()
        self.assertEqual(self.exchanges[0].headers["authorization"], f"Basic {login}")
        self.assertEqual(check.state, "down")
        evidence = check.incident_ids.evidence
        self.assertIn("You said Basic ***, that is ***", evidence)
        operator = check.with_user(self.operator)
        fields = list(operator.fields_get())
        seen = [evidence, operator.read(fields), operator.message_ids.mapped("body")]
        seen += self.env["ops.health.sample"].search([("check_id", "=", check.id)]).read()
        self.assertNotIn(CANARY, str(seen))
        self.assertNotIn(login, str(seen))
        self.assertEqual(operator.auth_secret_hint, "…60aa")

    def test_token_is_sent_until_it_is_removed(self):
        check = self.probed(authentication="bearer", auth_secret=CANARY)
        self.assertEqual(self.exchanges[0].headers["authorization"], f"Bearer {CANARY}")
        check.with_user(self.operator).with_context(
            secret_field="auth_secret"
        ).action_remove_secret()
        self.run_now(check)
        self.assertEqual(len(self.exchanges), 1)
        self.assertEqual(check.last_verdict, "unknown")
        self.assertIn("enter it", check.last_message)

    def test_check_without_its_key_stops_no_other(self):
        locked = self.create_check(authentication="bearer", auth_secret=CANARY)
        other = self.create_check(name="Back page")
        with patch.dict(os.environ, {"OPS_CENTER_KEY": Fernet.generate_key().decode()}):
            self.run_due()
        self.assertEqual((locked.state, other.state), ("unknown", "up"))
        self.assertIn("encrypted with another key", locked.last_message)
        self.assertFalse(locked.incident_ids)

    def test_password_does_not_follow_to_another_server(self):
        check = self.create_check(authentication="bearer", auth_secret=CANARY)
        operator = check.with_user(self.operator)
        operator.url = f"{self.url}/elsewhere"
        for values in (
            {"url": "https://evil.example.com/status"},
            {"url": self.url.replace("http", "https")},
            {"proxy": "http://192.0.2.1:3128"},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "another server"):
                operator.write(values)
        operator.write({"url": "https://shop.example.com/", "auth_secret": "new-one"})
        self.assertEqual(check._reveal("auth_secret"), "new-one")

    def test_redirects(self):
        def script(exchange):
            if exchange.path == "/here":
                return exchange.answer(status="302 Found", Location="/there")
            if exchange.path == "/away":
                return exchange.answer(status="302 Found", Location=f"{self.url}/x")
            return exchange.answer(body=b"arrived")

        self.exchanges.clear()
        with loopback_server(script) as (url, _exchanges):
            wanted = {"body_contains": "arrived"}
            none = self.create_check(url=f"{url}/here", failure_threshold=1, **wanted)
            same = self.create_check(url=f"{url}/here", redirects="same_origin", **wanted)
            away = self.create_check(
                url=f"{url}/away", redirects="same_origin", failure_threshold=1
            )
            anywhere = self.create_check(url=f"{url}/away", redirects="any")
            self.run_due()
        states = (none + same + away + anywhere).mapped("state")
        self.assertEqual(states, ["down", "up", "down", "up"])
        self.assertEqual(away.last_error, "redirect_elsewhere")
        self.assertEqual([exchange.path for exchange in self.exchanges], ["/x"])

    def test_proxy_is_who_is_asked_and_who_the_networks_are_about(self):
        check = self.probed(url="http://shop.invalid/status", proxy=self.url)
        self.assertEqual(check.state, "up")
        self.assertEqual(self.exchanges[0].path, "http://shop.invalid/status")
        with self.assertRaisesRegex(ValidationError, "proxy, leads into an internal network"):
            check.proxy = "http://10.1.2.3:3128"

    def test_certificate_that_is_not_verified_is_shown(self):
        check = self.create_check(url="https://shop.example.com/")
        self.assertFalse(check.tls_warning)
        check.verify_tls = False
        self.assertEqual(check.tls_warning, "Certificate Not Verified")
        check.url = "http://shop.example.com/"
        self.assertFalse(check.tls_warning)
        check.url = "HTTPS://shop.example.com/"
        self.assertTrue(check.tls_warning)

    def test_client_certificate_and_its_key(self):
        certificate, key = certificate_and_key()
        other_certificate, other_key = certificate_and_key()
        check = self.create_check(client_certificate=certificate, client_key=key)
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            check.client_certificate = other_certificate
        check.write({"client_certificate": other_certificate, "client_key": other_key})
        self.assertEqual(check._reveal("client_key"), other_key)
        self.assertNotIn("PRIVATE", str(check.with_user(self.operator).read()))
        for values, words in (
            ({"client_certificate": certificate}, "BEGIN PRIVATE KEY"),
            ({"client_certificate": "x", "client_key": key}, "BEGIN CERTIFICATE"),
            ({"client_certificate": certificate, "client_key": "x"}, "BEGIN PRIVATE KEY"),
            (
                {
                    "client_certificate": certificate,
                    "client_key": certificate_and_key(b"passphrase")[1],
                },
                "passphrase",
            ),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValidationError, words):
                self.create_check(**values)

    # === EXPECTATIONS === #

    def test_expectations_decide(self):
        self.answers = {
            "body": b'{"status": "ok", "queue": {"length": 12}, "version": "19.2"}',
            "Content_Type": "application/json; charset=utf-8",
        }
        good = self.create_check(
            expected_headers="content-type: application/json",
            body_excludes="error",
            body_pattern='version": "1[0-9]\\.',
            expected_json='$.status == "ok"\n$.queue.length < 100',
            min_size=10,
            max_size=1000,
            max_latency_ms=10_000,
        )
        bad = {
            "header": {"expected_headers": "ETag:"},
            "header_value": {"expected_headers": "Content-Type: text/html"},
            "body_excluded": {"body_excludes": "queue"},
            "body_pattern": {"body_pattern": "version: 18"},
            "json_value": {"expected_json": "$.queue.length > 100"},
            "too_small": {"min_size": 1000},
            "too_big": {"max_size": 10},
        }
        checks = {
            error: self.create_check(failure_threshold=1, **values) for error, values in bad.items()
        }
        self.run_due()
        self.assertEqual(good.state, "up", good.last_message)
        for error, check in checks.items():
            self.assertEqual((check.state, check.last_error), ("down", error))
        self.assertEqual(
            checks["json_value"].last_message, "The answer has 12, expected $.queue.length > 100."
        )

    # === CONSTRAINTS === #

    def test_wrong_values_are_refused_with_the_field_and_the_remedy(self):
        for values, message in (
            ({"request_headers": "Accept"}, "“Headers”.*one a line"),
            ({"request_headers": "Authorization: Basic eDp5"}, "stored encrypted"),
            ({"request_body": "x"}, "“Body”.*POST"),
            ({"method": "POST", "request_body": "x" * 65_537}, "“Body”.*65536"),
            ({"authentication": "basic"}, "Enter the user"),
            ({"authentication": "basic", "auth_user": "a:b"}, "colon"),
            ({"url": "http://bob:secret@shop.example.com/"}, "Take user and password out"),
            ({"proxy": "proxy.example.com"}, "“Proxy”.*proxy.example.com:3128"),
            ({"proxy": "http://u:p@proxy.example.com:3128"}, "“Proxy”.*nothing but"),
            ({"url": "http://192.0.2.1/", "ip_family": "ipv6"}, "not an IPv6 address"),
            ({"authorities": "none"}, "“Own Authority”.*BEGIN CERTIFICATE"),
            ({"expected_headers": ": x"}, "“Expected Headers”.*one a line"),
            ({"body_pattern": "(a"}, "“Regular Expression”.*missing \\)"),
            ({"body_pattern": "a" * 201}, "“Regular Expression”.*200"),
            ({"expected_json": "status is ok"}, "“JSON Conditions”.*for instance"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                self.create_check(**values)

    def test_impossible_numbers_are_refused(self):
        for values, constraint in (
            ({"min_size": -1}, "sizes_range"),
            ({"min_size": 20, "max_size": 10}, "sizes_range"),
            ({"max_size": 65_537}, "sizes_range"),
            ({"max_latency_ms": -1}, "latencies_range"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(CheckViolation, constraint),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.create_check(**values)

    # === FORM, RIGHTS AND COPIES === #

    def test_form(self):
        with Form(self.env["ops.health.check"].with_user(self.operator)) as form:
            form.name = "API"
            form.environment_id = self.environment
            form.url = f"{self.url}/api"
            form.authentication = "basic"
            form.auth_user = "monitor"
            form.auth_secret = CANARY
            form.expected_json = "$.status"
        self.assertFalse(form.record.auth_secret)
        self.answers["body"] = b'{"status": null}'
        self.run_due()
        self.assertEqual(form.record.state, "up")
        self.assertIn("authorization", self.exchanges[0].headers)

    def test_viewer_writes_no_secret(self):
        check = self.create_check(authentication="bearer", auth_secret=CANARY)
        viewer = check.with_user(self.viewer)
        self.assertFalse(viewer.auth_secret)
        with self.assertRaises(AccessError):
            viewer.write({"auth_secret": "mine"})
        with self.assertRaises(AccessError):
            viewer.with_context(secret_field="auth_secret").action_remove_secret()
        with self.assertRaises(AccessError):
            check.with_user(self.operator).read(["auth_secret_cipher"])

    def test_copies_hold_no_secret(self):
        certificate, key = certificate_and_key()
        check = self.create_check(
            authentication="bearer",
            auth_secret=CANARY,
            client_certificate=certificate,
            client_key=key,
        )
        self.env.flush_all()
        with file_open("ops_center_health/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(check._reveal("auth_secret") or check._reveal("client_key"))
        self.assertFalse(check.auth_secret_hint or check.client_key_hint)
