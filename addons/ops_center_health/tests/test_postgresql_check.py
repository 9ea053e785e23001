import os
import select
import socket
import socketserver
import threading
from contextlib import contextmanager
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import HealthCase


@contextmanager
def loopback_postgresql(cr):
    """The PostgreSQL of the tests, which may listen on a socket in a folder only, by TCP.

    Yields the port.
    """
    info = cr._cnx.info
    host, port = info.host, info.port

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with self.upstream() as upstream:
                ways = {self.request: upstream, upstream: self.request}
                while True:
                    for source in select.select(list(ways), [], [])[0]:
                        if not (data := source.recv(65536)):
                            return
                        ways[source].sendall(data)

        def upstream(self):
            if not host.startswith("/"):
                return socket.create_connection((host, port))
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(f"{host}/.s.PGSQL.{port}")
            return upstream

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def use_encryption_key():
    """Have secrets encrypted with a key of their own."""
    key = Fernet.generate_key().decode()
    return patch.dict(os.environ, {"OPS_CENTER_KEY": key, "OPS_CENTER_KEY_FILE": ""})


@tagged("post_install", "-at_install")
class TestPostgresqlCheck(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")

    def setUp(self):
        super().setUp()
        port = self.enterContext(loopback_postgresql(self.env.cr))
        user = self.env.cr._cnx.info.user
        self.database_url = f"postgresql://{user}@127.0.0.1:{port}/{self.env.cr.dbname}"

    def create_postgresql_check(self, **values):
        values = {"kind": "postgresql", "url": self.database_url, "failure_threshold": 1, **values}
        return self.create_check(**values)

    def test_login_and_query(self):
        check = self.create_postgresql_check(
            pg_query="SELECT count(*) > 0 FROM res_users;", pg_value="true"
        )
        self.run_due()
        self.assertEqual(check.state, "up", check.last_message)
        check.pg_value = "false"
        self.run_now(check)
        self.assertEqual((check.state, check.last_error), ("down", "pg_value"))
        self.assertIn("returned true, expected false", check.incident_ids.cause)

    def test_limits(self):
        check = self.create_postgresql_check(pg_connections_degraded=0.1)
        self.run_due()
        self.assertEqual((check.state, check.last_error), ("degraded", "pg_connections_degraded"))
        check.write({"pg_connections_degraded": 0, "pg_lag_degraded": 60})
        self.run_now(check)
        self.assertEqual(check.last_error, "pg_no_replica")
        check.pg_lag_degraded = 0
        self.run_now(check, 2)
        self.assertEqual(check.state, "up")

    def test_expectations_are_checked_when_they_are_saved(self):
        for values, words in (
            ({"pg_query": "SELECT 1; DROP TABLE res_users"}, "single statement"),
            ({"pg_value": "1"}, "needs a query"),
            ({"pg_lag_degraded": 9, "pg_lag_down": 3}, "lower limit"),
            ({"url": "postgresql://me:secret@127.0.0.1/shop"}, "Leave the password out"),
            ({"url": "postgresql://10.0.0.1/shop"}, "name a user"),
        ):
            with (
                self.subTest(words),
                self.assertRaisesRegex(
                    ValidationError, f"“Address”, “Query” or a limit of Front page .*{words}"
                ),
            ):
                self.create_postgresql_check(**values)

    def test_encryption_for_anybody_is_shown(self):
        for mode, warns in (("require", True), ("verify-full", False), ("prefer", False)):
            url = f"postgresql://odoo@db.example.com/shop?sslmode={mode}"
            check = self.create_check(kind="postgresql", url=url)
            self.assertEqual(bool(check.tls_warning), warns, mode)

    def test_server_must_be_allowed(self):
        self.env.company.ops_allowed_networks = False
        with self.assertRaisesRegex(ValidationError, "internal network"):
            self.create_postgresql_check()

    # === THE PASSWORD === #

    def test_password_reaches_the_probe_and_nobody_else(self):
        self.enterContext(use_encryption_key())
        checks = self.env["ops.health.check"].with_user(self.operator)
        check = checks.browse(self.create_postgresql_check(pg_password="open sesame 1234").id)
        self.assertEqual(check._target().postgresql.password, "open sesame 1234")
        self.assertEqual(check.read(["pg_password"])[0]["pg_password"], False)
        self.assertEqual(check.pg_password_hint, "…1234")
        with self.assertRaises(AccessError):
            check.read(["pg_password_cipher"])
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            check.with_user(self.viewer).read(["pg_password_hint"])
        self.env.cr.execute(
            "SELECT to_jsonb(checks)::text FROM ops_health_check AS checks WHERE id = %s",
            [check.id],
        )
        self.assertNotIn("open sesame", self.env.cr.fetchone()[0])
        with Form(check) as form:
            form.pg_query = "SELECT 1"
        self.assertEqual(check._target().postgresql.password, "open sesame 1234")
        check.with_context(secret_field="pg_password").action_remove_secret()
        self.assertEqual(check._target().postgresql.password, "")

    def test_password_is_not_taken_along_to_another_address(self):
        self.enterContext(use_encryption_key())
        check = self.create_postgresql_check(pg_password="open sesame 1234")
        check.with_user(self.operator).url = self.database_url.replace("127.0.0.1", "127.0.0.2")
        self.assertEqual(check._target().postgresql.password, "")
        self.assertFalse(check.pg_password_hint)
        check.write({"url": self.database_url, "pg_password": "another 12345678"})
        self.assertEqual(check._target().postgresql.password, "another 12345678")
        check.url = self.database_url
        self.assertEqual(check._target().postgresql.password, "another 12345678")

    def test_neutralized_copy_does_not_know_the_password(self):
        self.enterContext(use_encryption_key())
        check = self.create_postgresql_check(pg_password="open sesame 1234")
        self.env.flush_all()
        with file_open("ops_center_health/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual(check._target().postgresql.password, "")

    def test_password_that_cannot_be_decrypted_stops_this_check_only(self):
        with use_encryption_key():
            check = self.create_postgresql_check(pg_password="open sesame 1234")
        other = self.create_check()
        with use_encryption_key():
            self.run_due()
        self.assertEqual(other.state, "up")
        self.assertEqual((check.state, check.last_error), ("unknown", "definition"))
        self.assertIn("enter the secret again", check.last_message)
