import json
import logging
import os
from tempfile import NamedTemporaryFile
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, JsonRpcException, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

CANARY = "canary-7f3a9e-LAST"


class SecretCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_keys(Fernet.generate_key().decode())
        cls.channel = cls.env["ops.notification.channel"].create(
            {
                "name": "Chat",
                "kind": "webhook",
                "webhook_url": "http://127.0.0.1/hook",
                "webhook_secret": CANARY,
            }
        )

    @classmethod
    def set_keys(cls, *keys):
        """Let these be the keys for the rest of the class."""
        cls.startClassPatcher(
            patch.dict(os.environ, {"OPS_CENTER_KEY": " ".join(keys), "OPS_CENTER_KEY_FILE": ""})
        )


@tagged("post_install", "-at_install")
class TestSecret(SecretCase):
    def keys(self, *keys):
        return patch.dict(os.environ, {"OPS_CENTER_KEY": " ".join(keys)})

    def test_code_can_use_it(self):
        self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)
        self.assertEqual(self.channel.webhook_secret_hint, "…LAST")

    def test_nobody_reads_it(self):
        self.assertFalse(self.channel.webhook_secret, "Not even from the cache of the creation.")
        self.channel.invalidate_recordset()
        self.assertFalse(self.channel.sudo().webhook_secret)
        self.assertNotIn(CANARY, self.channel.sudo().webhook_secret_cipher)

    def test_answer_of_a_save_does_not_hold_it(self):
        [answer] = self.channel.web_save(
            {"webhook_secret": "another-secret"}, {"webhook_secret": {}, "webhook_secret_hint": {}}
        )
        self.assertFalse(answer["webhook_secret"])
        self.assertEqual(answer["webhook_secret_hint"], "…cret")

    def test_form_keeps_it_when_left_empty(self):
        with Form(self.channel) as form:
            form.name = "Other name"
        self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)
        self.channel.webhook_secret = ""
        self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)

    def test_form_replaces_it(self):
        with Form(self.channel) as form:
            form.webhook_secret = "another-secret"
        self.assertEqual(self.channel._reveal("webhook_secret"), "another-secret")

    def test_short_secret_is_not_half_shown(self):
        self.channel.webhook_secret = "short"
        self.assertEqual(self.channel.webhook_secret_hint, "…")

    def test_copy_leaves_it_behind(self):
        copy = self.channel.copy()
        self.assertFalse(copy._reveal("webhook_secret"))
        self.assertFalse(copy.webhook_secret_hint)

    def test_manager_removes_it(self):
        manager = new_test_user(self.env, "ops_manager", "ops_center_base.group_manager")
        channel = self.channel.with_user(manager)
        channel.with_context(secret_field="webhook_secret").action_remove_secret()
        self.assertFalse(self.channel._reveal("webhook_secret"))
        self.assertFalse(self.channel.webhook_secret_hint)

    def test_others_do_not_touch_it(self):
        operator = new_test_user(self.env, "ops_operator", "ops_center_base.group_operator")
        channel = self.channel.with_user(operator)
        with self.assertRaises(AccessError):
            channel.with_context(secret_field="webhook_secret").action_remove_secret()
        with self.assertRaises(AccessError):
            channel.webhook_secret = "another-secret"
        self.env.invalidate_all()
        self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)

    def test_only_secrets_are_removed(self):
        for name in (None, "name", "webhook_secret_cipher"):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.channel.with_context(secret_field=name).action_remove_secret()

    def test_keys_rotate(self):
        old = os.environ["OPS_CENTER_KEY"]
        new = Fernet.generate_key().decode()
        with self.keys(new, old):
            self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)
            self.channel.webhook_secret = CANARY
        with self.keys(new):
            self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)

    def test_key_file(self):
        with NamedTemporaryFile("w") as file:
            file.write(f"{os.environ['OPS_CENTER_KEY']}\n")
            file.flush()
            with patch.dict(os.environ, {"OPS_CENTER_KEY_FILE": file.name}), self.keys():
                self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)

    def test_wrong_key(self):
        with (
            self.keys(Fernet.generate_key().decode()),
            self.assertRaisesRegex(UserError, "another key") as caught,
        ):
            self.channel._reveal("webhook_secret")
        self.assertNotIn(CANARY, str(caught.exception))

    def test_no_key_means_no_secret(self):
        with self.keys(), self.assertRaisesRegex(UserError, "OPS_CENTER_KEY_FILE"):
            self.channel.webhook_secret = "another-secret"

    def test_malformed_key(self):
        with self.keys("too-short"), self.assertRaisesRegex(UserError, "malformed"):
            self.channel.webhook_secret = "another-secret"

    def test_unreadable_key_file(self):
        with (
            patch.dict(os.environ, {"OPS_CENTER_KEY_FILE": "/nonexistent/key"}),
            self.assertRaisesRegex(UserError, "can't be read"),
        ):
            self.channel.webhook_secret = "another-secret"

    def test_database_does_not_hold_it(self):
        """As a dump would show it: in the text of each row of each table."""
        self.channel.write({"webhook_secret": CANARY, "name": "plain-canary"})
        self.env.flush_all()
        self.assertEqual(self.tables_holding("plain-canary"), ["ops_notification_channel"])
        self.assertFalse(self.tables_holding(CANARY))

    def tables_holding(self, text):
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        found = []
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(
                f"""SELECT 1 FROM "{table}" AS t WHERE t::text LIKE %s LIMIT 1""",  # noqa: S608
                [f"%{text}%"],
            )
            if self.env.cr.rowcount:
                found.append(table)
        return found


@tagged("post_install", "-at_install")
class TestSecretRemotely(SecretCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("admin", "admin")

    def rpc(self, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "ops.notification.channel",
                "method": method,
                "args": args,
                "kwargs": kwargs,
            },
        )

    def assertRefused(self, method, *args, **kwargs):
        with (
            mute_logger("odoo.http"),
            self.assertRaises(JsonRpcException) as caught,
        ):
            self.rpc(method, *args, **kwargs)
        self.assertNotIn(CANARY, str(caught.exception))

    def test_cipher_is_closed_to_the_administrator(self):
        cipher = "webhook_secret_cipher"
        ids = self.channel.ids
        self.assertNotIn(cipher, self.rpc("fields_get"))
        self.assertRefused("read", ids, [cipher])
        self.assertRefused("search_read", [], [cipher])
        self.assertRefused("search", [[cipher, "like", "g%"]])
        self.assertRefused("search", [], order=cipher)
        self.assertRefused("formatted_read_group", [], [cipher], ["__count"])
        self.assertRefused("write", ids, {cipher: "x"})
        self.assertRefused("create", {"name": "x", cipher: "x"})
        self.assertRefused("export_data", ids, [cipher])
        self.assertEqual(self.channel._reveal("webhook_secret"), CANARY)

    def test_secret_reads_empty(self):
        ids = self.channel.ids
        self.assertEqual(
            self.rpc("read", ids, ["webhook_secret"]),
            [{"id": self.channel.id, "webhook_secret": False}],
        )
        self.assertNotIn(CANARY, str(self.rpc("export_data", ids, ["webhook_secret"])))
        self.assertNotIn(CANARY, str(self.rpc("read", ids)))
        self.assertRefused("search", [["webhook_secret", "like", "c%"]])
        self.assertRefused("search", [], order="webhook_secret")

    def test_nobody_reveals_it_remotely(self):
        self.assertRefused("_reveal", self.channel.ids, "webhook_secret")
        self.assertRefused("_encrypt", "x")

    def test_logs_do_not_hold_it(self):
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        loggers = [logging.getLogger(name) for name in ("", "odoo", "odoo.sql_db")]
        levels = [logger.level for logger in loggers]
        loggers[0].addHandler(handler)
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        try:
            self.rpc("write", self.channel.ids, {"name": "Logged", "webhook_secret": CANARY})
            with mute_logger("odoo.http"):
                self.assertRefused("write", self.channel.ids, {"nothing": 1, "token": CANARY})
        finally:
            loggers[0].removeHandler(handler)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
        log = "\n".join(lines)
        self.assertIn("Logged", log, "The log should be as talkative as can be.")
        self.assertNotIn(CANARY, log)
        self.assertNotIn(CANARY, json.dumps(lines))
