import hashlib
import hmac
import json
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..facts import newest
from ..models import ops_agent


class Console:
    """What stands in for Ops Center: keeps what it is sent, answers what it is told to."""

    def __init__(self):
        self.status, self.answer = 200, "OK"
        self.requests = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    @contextmanager
    def serve(self):
        console = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                console.requests.append((self.headers, body))
                self.send_response(console.status)
                self.end_headers()
                # Piece by piece, so that no single one is waited for in vain.
                while not console.goes_on.wait(0.1):
                    self.wfile.write(b" ")
                self.wfile.write(console.answer.encode())

            def log_message(self, *arguments):
                """Say nothing: the tests tell."""

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_address[1]}/ops/agent/x"
            server.shutdown()


@tagged("post_install", "-at_install")
class TestAgent(TransactionCase):
    def setUp(self):
        super().setUp()
        self.console = Console()
        self.agent = self.env.ref("ops_center_agent.ops_agent")
        self.agent.write({"url": self.enterContext(self.console.serve()), "secret": "s3cret"})

    def report(self):
        with self.enter_registry_test_mode():
            self.agent.action_report()
        self.env.invalidate_all()

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("ops_center_agent.ops_agent_cron").method_direct_trigger()
        self.env.invalidate_all()

    def facts(self):
        return json.loads(self.console.requests[-1][1])

    # === REPORTS === #

    def test_report_is_signed(self):
        self.report()
        [(headers, body)] = self.console.requests
        signed = headers["X-Ops-Center-Timestamp"].encode() + b"." + body
        expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Ops-Center-Signature"], f"sha256={expected}")
        self.assertNotIn(b"s3cret", body)
        self.assertEqual(self.agent.answer, "Accepted.")
        self.assertTrue(self.agent.accepted_at)

    def test_answer_without_an_end_holds_up_nobody(self):
        self.console.goes_on.clear()
        self.addCleanup(self.console.goes_on.set)
        self.patch(ops_agent, "TIMEOUT", 1)
        begin = time.monotonic()
        self.report()
        self.assertIn("can't be reached", self.agent.answer)
        self.report()
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(len(self.console.requests), 1, "a second one would wait as well")
        self.console.goes_on.set()
        for thread in threading.enumerate():
            if thread.name == ops_agent.THREAD:
                thread.join(10)
        self.report()
        self.assertEqual(self.agent.answer, "Accepted.")

    def test_long_answer_is_cut(self):
        self.console.status, self.console.answer = 502, "x" * 1_000_000
        self.report()
        self.assertEqual(self.agent.answer, "502: " + "x" * ops_agent.MAX_ANSWER)

    def test_facts(self):
        self.report()
        facts = self.facts()
        self.assertEqual((facts["format"], facts["period"]), (1, 300))
        self.assertTrue(facts["odoo"]["version"].startswith("19.0"))
        self.assertRegex(facts["modules"]["base"], r"^19\.0\.")
        uninstalled = self.env["ir.module.module"].search([("state", "=", "uninstalled")], limit=1)
        self.assertNotIn(uninstalled.name, facts["modules"])
        self.assertGreater(facts["disk"]["total"], facts["disk"]["free"])
        self.assertGreater(facts["database"]["size"], 0)
        self.assertNotIn("backup", facts)
        self.assertNotIn("jobs", facts)

    def test_scheduled_actions(self):
        actions = self.env["ir.cron"].search([])
        actions.nextcall = "2099-01-01"
        self.env.cr.execute("UPDATE ir_cron SET failure_count = 0")
        late, failing = actions[:2]
        own = self.env.ref("ops_center_agent.ops_agent_cron")
        (late | own).nextcall = "2026-01-01 03:00:00"
        self.env.flush_all()
        self.env.cr.execute("UPDATE ir_cron SET failure_count = 3 WHERE id = %s", [failing.id])
        self.report()
        self.assertEqual(
            self.facts()["crons"],
            {
                "active": len(actions),
                "late": [{"name": late.cron_name, "due_at": 1767236400}],
                "failing": [{"name": failing.cron_name, "failures": 3}],
            },
        )

    def test_mail_and_users(self):
        if "mail.mail" not in self.env:
            return
        self.env["mail.mail"].search([]).unlink()
        stuck, failed, fresh = self.env["mail.mail"].create([{"state": "outgoing"}] * 3)
        failed.write({"state": "exception", "failure_reason": "550 no such user"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_mail SET write_date = write_date - interval '61 minutes' WHERE id = %s",
            [stuck.id],
        )
        self.report()
        self.assertEqual(
            self.facts()["mail"], {"stuck": 1, "failed": 1, "reason": "550 no such user"}
        )
        self.assertEqual(fresh.state, "outgoing")
        self.assertIsInstance(self.facts()["users_online"], int)

    def test_failed_jobs_where_there_is_a_queue(self):
        self.env.cr.execute("""
            CREATE TABLE queue_job (state varchar, date_started timestamp, date_created timestamp);
            INSERT INTO queue_job VALUES
                ('failed', NULL, now() AT TIME ZONE 'UTC'),
                ('failed', now() AT TIME ZONE 'UTC' - interval '25 hours', NULL),
                ('done', NULL, now() AT TIME ZONE 'UTC')
        """)
        self.report()
        self.assertEqual(self.facts()["jobs"], {"failed": 1})

    def test_newest_backup(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.assertIsNone(newest(str(folder)))
        self.assertIsNone(newest(str(folder / "missing")))
        for name, at in (("old.dump", 1_700_000_000), ("new.dump", 1_700_000_500)):
            (folder / name).touch()
            os.utime(folder / name, (at, at))
        (folder / "folder").mkdir()
        self.assertEqual(newest(str(folder)), 1_700_000_500)
        self.assertEqual(newest(str(folder / "old.dump")), 1_700_000_000)
        self.agent.backup_path = str(folder)
        self.report()
        self.assertEqual(self.facts()["backup"], {"newest_at": 1_700_000_500})

    # === WHEN IT REPORTS === #

    def test_scheduled_action_reports_once_it_is_connected(self):
        self.run_cron()
        self.assertFalse(self.console.requests)
        self.report()
        self.run_cron()
        self.assertEqual(len(self.console.requests), 2)

    def test_copy_does_not_report(self):
        self.report()
        self.agent.database = "production"
        self.run_cron()
        self.assertEqual(len(self.console.requests), 1)

    def test_neutralized_copy_does_not_report(self):
        self.report()
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text(encoding="utf-8"))
        self.env.invalidate_all()
        self.run_cron()
        self.assertEqual(len(self.console.requests), 1)

    def test_refusal_is_shown(self):
        self.console.status, self.console.answer = 401, "The signature is wrong."
        self.report()
        self.assertEqual(self.agent.answer, "401: The signature is wrong.")
        self.assertFalse(self.agent.accepted_at)
        self.assertFalse(self.agent.database)

    def test_redirects_are_not_followed(self):
        self.console.status, self.console.answer = 302, ""
        self.report()
        self.assertEqual((len(self.console.requests), self.agent.answer), (1, "302: Found"))

    def test_console_that_is_gone(self):
        self.report()
        self.agent.url = "http://127.0.0.1:9/ops/agent/x"
        with mute_logger("odoo.addons.ops_center_agent.models.ops_agent"):
            self.run_cron()
        self.assertIn("can't be reached", self.agent.answer)
        self.assertTrue(self.agent.accepted_at)

    def test_incomplete_settings(self):
        for values in ({"url": False}, {"url": "ftp://x"}, {"signing_key": False}):
            self.agent.write({"url": "http://127.0.0.1:9", "secret": "x"})
            self.agent.sudo().write(values)
            self.report()
            self.assertIn("Enter the address and the secret", self.agent.answer)

    # === RIGHTS === #

    def test_nobody_reads_the_secret(self):
        boss = new_test_user(self.env, "boss", "base.group_system")
        agent = self.agent.with_user(boss)
        agent.secret = "another"
        self.env.invalidate_all()
        self.assertFalse(agent.secret)
        self.assertEqual(agent.sudo().signing_key, "another")
        self.assertNotIn("signing_key", agent.fields_get())
        with self.assertRaises(AccessError):
            agent.read(["signing_key"])
        with self.assertRaises(AccessError):
            agent.search([("signing_key", "like", "ano%")])

    def test_only_administrators_see_it(self):
        self.assertFalse(self.agent.with_user(new_test_user(self.env, "joe")).has_access("read"))
        admin = new_test_user(self.env, "boss", "base.group_system")
        self.agent.with_user(admin).write({"backup_path": "/backups"})
