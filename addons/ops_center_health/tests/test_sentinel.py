import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ..models.ops_health_sentinel import TOKEN, TOKEN_FILE
from ..probes.sentinel.configuration import parse
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestSentinel(HealthCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "manager", "ops_center_base.group_manager")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.check = cls.env.ref("ops_center_health.ops_health_check_sentinel")
        cls.check.action_resume()
        cls.company = cls.env.ref("ops_center_base.environment_self").company_id

    def token(self):
        """A new token, as the manager is shown it."""
        setup = self.env["ops.health.sentinel.setup"].with_user(self.manager).create({})
        self.assertFalse(setup.command)
        action = setup.action_make_command()
        command = setup.with_context(**action["context"]).command
        return command.partition("OPS_SENTINEL_TOKEN=")[2].split()[0]

    def fetch(self, token):
        self.env.flush_all()
        headers = {"Authorization": f"Bearer {token}"}
        return self.url_open("/ops/sentinel/configuration", headers=headers)

    def fetch_configuration(self):
        answer = self.fetch(self.token())
        self.assertEqual(answer.status_code, 200)
        return parse(answer.text)

    def create_channel(self, **values):
        return self.env["ops.notification.channel"].create(
            {"name": "On call", "company_id": self.company.id, **values}
        )

    # === TOKEN === #

    def test_only_the_last_token_opens(self):
        first = self.token()
        self.assertEqual(self.fetch(first).status_code, 200)
        second = self.token()
        self.assertEqual(self.fetch(second).headers["Cache-Control"], "no-store")
        for wrong in (first, "", "x", self.check.ping_token):
            answer = self.fetch(wrong)
            self.assertEqual((answer.status_code, answer.text), (401, "Unauthorized\n"))

    def test_the_token_is_not_stored(self):
        token = self.token()
        stored = self.env["ir.config_parameter"].get_param(TOKEN)
        self.assertNotIn(token, stored)
        self.assertFalse(self.env["ops.health.sentinel.setup"].search([])[-1].command)

    def test_a_token_file_opens_as_well(self):
        path = Path(self.enterContext(TemporaryDirectory()), "token")
        path.write_text("chosen by whoever installs\n", encoding="utf-8")
        with patch.dict(os.environ, {TOKEN_FILE: str(path)}):
            self.assertEqual(self.fetch("chosen by whoever installs").status_code, 200)
            self.assertEqual(self.fetch("something else").status_code, 401)
        self.assertEqual(self.fetch("chosen by whoever installs").status_code, 401)

    def test_only_managers_make_tokens(self):
        with self.assertRaises(AccessError):
            self.env["ops.health.sentinel.setup"].with_user(self.operator).create({})

    def test_managers_of_other_companies_make_none(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.manager.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaisesRegex(AccessError, "to which you don't belong"):
            self.token()

    # === CONFIGURATION === #

    def test_tells_where_odoo_and_its_database_are(self):
        configuration = self.fetch_configuration()
        self.assertEqual(configuration.odoo_url, self.check.get_base_url())
        self.assertEqual(configuration.database, self.env.cr.dbname)
        self.assertTrue(configuration.heartbeat.endswith(self.check.ping_token))

    def test_pages_who_would_hear_of_failures(self):
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        self.enterContext(patch.dict(os.environ, key))
        partner = self.env["res.partner"].create({"name": "Ann", "email": "ann@example.com"})
        self.create_channel(kind="email", partner_ids=partner.ids)
        self.create_channel(kind="activity", user_ids=self.manager.ids)
        self.create_channel(kind="webhook", webhook_url="http://x.test/", webhook_secret="hush")
        self.create_channel(kind="webhook", webhook_url="http://gone.test/", active=False)
        other = self.env["res.company"].create({"name": "Other"})
        self.create_channel(kind="webhook", webhook_url="http://other.test/", company_id=other.id)
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {
                "name": "Mail",
                "smtp_host": "mail.example.com",
                "smtp_port": 587,
                "smtp_encryption": "starttls_strict",
                "smtp_user": "odoo",
                "smtp_pass": "swordfish",
            }
        )
        answer = self.fetch(self.token())
        self.assertNotIn("swordfish", answer.text)
        self.assertNotIn("hush", answer.text)
        configuration = parse(answer.text)
        [webhook] = configuration.webhooks
        self.assertEqual((webhook.url, webhook.signed), ("http://x.test/", True))
        email = configuration.email
        self.assertEqual((email.host, email.port, email.user), ("mail.example.com", 587, "odoo"))
        self.assertEqual(email.encryption, "starttls")
        self.assertEqual(email.recipients, ('"Ann" <ann@example.com>',))

    def test_pages_whoever_is_on_call(self):
        person = new_test_user(self.env, "on.call", email="on.call@example.com")
        rota = self.env["ops.on.call.rota"].create(
            {
                "name": "Weeks",
                "company_id": self.company.id,
                "member_ids": [(0, 0, {"user_id": person.id})],
            }
        )
        self.create_channel(kind="email", rota_id=rota.id)
        [recipient] = self.fetch_configuration().email.recipients
        self.assertIn("on.call@example.com", recipient)

    def test_checks_of_the_same_name_are_told_apart(self):
        self.environment.company_id = self.company
        other = self.environment.copy({"name": "Other"})
        mine = self.create_check(name="Shop")
        theirs = self.create_check(name="Shop", environment_id=other.id)
        again = self.create_check(name="Shop")
        place = self.environment.display_name
        names = {target.key for target in self.fetch_configuration().checks}
        self.assertLessEqual(
            {
                f"Shop ({place}) #{mine.id}",
                f"Shop ({place}) #{again.id}",
                f"Shop ({theirs.environment_id.display_name})",
            },
            names,
        )

    def test_what_the_sentinel_can_not_make_is_named(self):
        self.environment.company_id = self.company
        self.create_check(name="Shop", method="POST", request_headers="Accept: text/html")
        postgresql = self.create_check(
            name="Database", kind="postgresql", url="postgresql://odoo@127.0.0.1/shop"
        )
        key = self.create_check(name="Key", request_headers="X-Api-Key: swordfish")
        setup = self.env["ops.health.sentinel.setup"].with_user(self.manager).create({})
        named = setup.left_out_check_ids.filtered(
            lambda check: check.environment_id == self.environment
        )
        self.assertEqual(named, postgresql | key)

    def test_checks_go_along_without_secrets(self):
        self.environment.company_id = self.company
        self.create_check(
            name="Shop",
            expected_status="204",
            method="POST",
            request_body="ping",
            expected_json="$.ok == true",
        )
        self.create_check(name="Database", kind="tcp", url=self.url.replace("http", "tcp"))
        self.create_check(name="Paused").action_pause()
        key = {"OPS_CENTER_KEY": Fernet.generate_key().decode(), "OPS_CENTER_KEY_FILE": ""}
        with patch.dict(os.environ, key):
            self.create_check(name="Login", authentication="bearer", auth_secret="swordfish")
        self.create_check(name="Key", url="http://127.0.0.1/?api_key=swordfish")
        self.create_check(name="Header", request_headers="X-Api-Key: swordfish")
        self.create_check(name="Body", method="POST", request_body="password=swordfish")
        self.create_check(name="Backup", kind="heartbeat", url=False, interval=3600)
        answer = self.fetch(self.token())
        self.assertNotIn("swordfish", answer.text)
        targets = {target.key: target for target in parse(answer.text).checks}
        place = f" ({self.environment.display_name})"
        shop = targets.pop(f"Shop{place}")
        self.assertEqual([name for name in targets if name.endswith(place)], [f"Database{place}"])
        self.assertEqual((shop.expected_status, shop.request.body), ("204", "ping"))
        self.assertEqual(shop.expectation.json[0].text, "$.ok == true")
        self.assertTrue(shop.allow("127.0.0.1"), "its company allows this network")
        self.assertFalse(shop.allow("10.0.0.1"))

    # === HEARTBEAT === #

    def test_silence_of_the_sentinel_is_no_secret(self):
        self.assertTrue(self.check.needs_sentinel)
        self.url_open(self.fetch_configuration().heartbeat, data="watching")
        self.run_due()
        self.assertEqual(self.check.state, "up")
        self.assertFalse(self.check.needs_sentinel)
        self.assertTrue(self.check.is_sentinel_mute)
        self.create_channel(kind="webhook", webhook_url="http://x.test/")
        self.check.invalidate_recordset(["is_sentinel_mute"])
        self.assertFalse(self.check.is_sentinel_mute)
        self.url_open(f"{self.fetch_configuration().heartbeat}/fail", data="No mail server.")
        self.run_due()
        self.assertEqual(self.check.state, "down")
        self.assertIn("No mail server.", self.check.incident_ids.evidence)

    def test_a_sentinel_that_is_not_there_yet_spoils_nothing(self):
        environment = self.check.environment_id
        (environment.check_ids - self.check).write({"state": "up"})
        self.assertEqual((self.check.state, environment.health_state), ("unknown", "up"))
