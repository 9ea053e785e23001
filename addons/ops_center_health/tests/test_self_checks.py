import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from odoo import fields
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.base.models.ir_cron import CompletionStatus

from ..self_checks import (
    Surroundings,
    connections,
    disk,
    log_errors,
    mail,
    memory,
    postgresql,
    punctuality,
)
from ..storage import log_errors as log_error_table
from .common import HealthCase

GIB = 2**30


@tagged("post_install", "-at_install")
class TestJudgements(TransactionCase):
    """What is said of facts that a test can't bring about."""

    def assertJudged(self, measure, verdict, message):
        self.assertEqual(measure.verdict, verdict)
        self.assertRegex(measure.message, message)
        self.assertTrue(measure.message.endswith("."))

    def test_disk(self):
        self.assertJudged(disk.judge("/data", 50, 1, GIB), "up", "50 % full, 1.0 GiB are free")
        self.assertJudged(disk.judge("/data", 90, 1, GIB), "degraded", "90 % full")
        self.assertJudged(disk.judge("/data", 97, 1, GIB), "down", "97 % full")
        self.assertJudged(disk.judge("/data", 5, 98, GIB), "down", "98 % of the files")

    def test_memory(self):
        self.assertJudged(memory.judge(GIB, 2 * GIB), "up", "50 % .* 1.0 GiB of 2.0 GiB are free")
        self.assertJudged(memory.judge(92, 100), "degraded", "92 %")
        self.assertJudged(memory.judge(99, 100), "down", "99 %")

    def test_memory_of_a_container(self):
        with TemporaryDirectory() as name:
            root = Path(name)
            self.assertIsNone(memory.container(root))
            (root / "memory.max").write_text("max\n")
            self.assertIsNone(memory.container(root))
            (root / "memory.max").write_text("1000\n")
            (root / "memory.current").write_text("900\n")
            (root / "memory.stat").write_text("anon 100\ninactive_file 300\n")
            self.assertEqual(memory.container(root), (600, 1000))

    def test_memory_of_a_container_of_the_older_kind(self):
        with TemporaryDirectory() as name:
            root = Path(name)
            folder = root / "memory"
            folder.mkdir()
            (folder / "memory.limit_in_bytes").write_text("9223372036854771712\n")
            self.assertIsNone(memory.container(root))
            (folder / "memory.limit_in_bytes").write_text("1000\n")
            (folder / "memory.usage_in_bytes").write_text("900\n")
            (folder / "memory.stat").write_text("inactive_file 1\ntotal_inactive_file 300\n")
            self.assertEqual(memory.container(root), (600, 1000))

    def test_connections(self):
        rows = [("shop", "idle", 70), ("shop", "active", 10)]
        self.assertJudged(connections.judge(10, 100, rows), "up", "10 of 100")
        self.assertJudged(connections.judge(80, 100, rows), "degraded", "80 of 100")
        measure = connections.judge(95, 100, rows)
        self.assertJudged(measure, "down", "95 of 100")
        self.assertIn("shop (idle): 70", measure.evidence)

    def test_postgresql(self):
        self.assertJudged(postgresql.judge(3.2, "16.1", read_only=False), "up", "in 3.2 ms")
        self.assertJudged(postgresql.judge(800, "16.1", read_only=False), "degraded", "800")
        self.assertJudged(postgresql.judge(3.2, "16.1", read_only=True), "down", "standby")

    def test_postgresql_that_is_gone(self):
        dsn = {"host": "127.0.0.1", "port": 1, "dbname": "none", "connect_timeout": 2}
        measure = postgresql.measure(Surroundings(cr=None, dsn=dsn, data_dir="", window=0))
        self.assertJudged(measure, "down", "takes no new connection")
        self.assertIn("refused", measure.evidence)

    def test_mail(self):
        self.assertJudged(mail.judge(0, 0, ""), "up", "No e-mail is stuck")
        self.assertJudged(
            mail.judge(1, 2, "no route"), "degraded", "1 e-mail waiting .*; 2 e-mails failed"
        )

    def test_log_errors(self):
        self.assertJudged(log_errors.judge(60, []), "up", "No ERROR line in the last 60 seconds")
        entries = [("10:00:00", "a:1", 2, "first"), ("10:00:05", "b:2", 1, "odoo: broke\nTrace")]
        measure = log_errors.judge(60, entries)
        self.assertEqual(measure.value, 3)
        self.assertEqual(measure.verdict, "degraded")
        self.assertIn("3 ERROR lines", measure.message)
        self.assertTrue(measure.message.endswith("the latest: odoo: broke"))
        self.assertIn("Trace", measure.evidence)

    def test_punctuality(self):
        looks = [{"name": "Shop", "interval": 60, "lateness": 40.0}]
        on_time = [{"name": "Blog", "interval": 60, "lateness": 0.2}] * 19
        self.assertJudged(punctuality.judge([]), "up", "Nothing was due")
        self.assertJudged(punctuality.judge(looks + on_time), "up", "less than 0.2 s late")
        measure = punctuality.judge(2 * looks + on_time)
        self.assertJudged(measure, "degraded", "can't keep up: checks begin 40.0 s late.*second")
        self.assertIn("Shop: 40.0 s late, due every 60 s", measure.evidence)


@tagged("post_install", "-at_install")
class TestSelfChecks(HealthCase):
    """The facts are brought about in this very Odoo."""

    def look(self, code, window=60):
        with self.worker_transactions():
            return self.env["ops.health.self"]._measure(code, window)

    def calm_crons(self):
        self.env.cr.execute("UPDATE ir_cron SET nextcall = now() + interval '1 day'")
        return self.env.ref("base.autovacuum_job")

    def test_all_self_checks_were_made_with_the_module(self):
        checks = self.env.ref("ops_center_base.environment_self").check_ids
        checks -= self.env.ref("ops_center_health.ops_health_check_sentinel")
        checks -= self.env.ref("ops_center_health.ops_health_check_backup")
        codes = dict(self.env["ops.health.check"]._fields["self_check"].selection)
        # That of our own network comes with the addresses that tell about it.
        self.assertEqual(set(checks.mapped("self_check")), set(codes) - {"network"})
        self.assertEqual(set(checks.mapped("kind")), {"self"})

    def test_backup_of_the_last_day_is_waited_for_once_there_was_one(self):
        check = self.env.ref("ops_center_health.ops_health_check_backup")
        check.action_resume()
        self.run_now(check)
        self.assertEqual((check.state, len(check.incident_ids)), ("unknown", 0))
        self.env["ops.health.check"]._ping(check.ping_token, "success")
        self.run_now(check, times=check.success_threshold)
        self.assertEqual(check.state, "up")
        self.env.cr.execute(
            "UPDATE ops_health_ping SET started_at = started_at - interval '28 hours',"
            " ended_at = ended_at - interval '28 hours', unjudged_at = NULL"
        )
        self.run_now(check, times=check.failure_threshold)
        self.assertEqual(check.state, "down")
        self.assertTrue(check.incident_ids)

    def test_healthy_odoo(self):
        self.calm_crons()
        for code in ("postgresql", "connections", "disk", "memory", "scheduled_actions"):
            outcome = self.look(code)
            self.assertEqual(outcome.verdict, "up", outcome.message)
            self.assertIsNotNone(outcome.value)

    def test_first_pass_gives_every_self_check_a_heartbeat(self):
        checks = self.env.ref("ops_center_base.environment_self").check_ids
        checks = checks.filtered(lambda check: check.kind == "self")
        checks.action_resume()
        self.run_due()
        self.assertTrue(all(check.heartbeats for check in checks))
        measured = checks.filtered(lambda check: check.self_check not in ("readiness", "web"))
        self.assertNotIn("unknown", measured.mapped("last_verdict"))

    def test_late_scheduled_action(self):
        cron = self.calm_crons()
        cron.nextcall = fields.Datetime.now() - timedelta(minutes=20)
        outcome = self.look("scheduled_actions")
        self.assertEqual(outcome.verdict, "degraded")
        self.assertIn("1 scheduled action more than 15 minutes late", outcome.message)
        self.assertIn(cron.cron_name, outcome.evidence)

    def test_no_scheduled_action_runs_at_all(self):
        self.env.cr.execute("UPDATE ir_cron SET nextcall = now() - interval '1 hour'")
        outcome = self.look("scheduled_actions")
        self.assertEqual(outcome.verdict, "down")
        self.assertIn("No scheduled action runs", outcome.message)

    def test_failing_scheduled_action(self):
        self.calm_crons().failure_count = 2
        outcome = self.look("scheduled_actions")
        self.assertEqual(outcome.verdict, "degraded")
        self.assertIn("failing", outcome.message)

    def test_scheduled_action_that_odoo_gave_up(self):
        cron = self.calm_crons()
        self.env.flush_all()
        self.env["ir.cron"]._update_failure_count(
            {
                "id": cron.id,
                "cron_name": cron.cron_name,
                "active": True,
                "failure_count": 10,
                "first_failure_date": fields.Datetime.now() - timedelta(days=8),
            },
            CompletionStatus.FAILED,
        )
        self.assertFalse(cron.active)
        event = self.env["ops.event"].search([("kind", "=", "cron.deactivated")], limit=1)
        self.assertEqual((event.res_id, event.level), (cron.id, "danger"))
        outcome = self.look("scheduled_actions")
        self.assertIn("deactivated after failing", outcome.message)

    def test_deactivated_by_its_owner_is_no_trouble(self):
        self.calm_crons().active = False
        self.assertEqual(self.look("scheduled_actions").verdict, "up")

    def test_stuck_and_failed_mail(self):
        mails = self.env["mail.mail"].create(
            [{"body_html": "x", "state": "outgoing"}, {"body_html": "x", "state": "exception"}]
        )
        self.env.flush_all()
        self.assertNotIn("waiting", self.look("mail").message)
        self.env.cr.execute(
            "UPDATE mail_mail SET write_date = write_date - interval '2 hours' WHERE id = ANY(%s)",
            [mails.ids],
        )
        outcome = self.look("mail")
        self.assertEqual(outcome.verdict, "degraded")
        self.assertIn("waiting", outcome.message)
        self.assertIn("failed", outcome.message)

    def test_errors_in_the_log_since_the_last_look(self):
        self.env.cr.execute("DELETE FROM ops_health_log_error")
        self.assertEqual(self.look("log_errors").verdict, "up")
        log_error_table.add(self.env.cr, "host:1", 3, "odoo: it broke")
        self.env.cr.execute("UPDATE ops_health_log_error SET at = at - interval '30 seconds'")
        self.assertEqual(self.look("log_errors").value, 3)
        self.assertEqual(self.look("log_errors", window=10).value, 0)

    def test_late_looks_of_a_worker(self):
        check = self.create_check()
        self.run_due()
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_lateness = 31 WHERE check_id = %s", [check.id]
        )
        self.assertIn("No worker runs", self.look("punctuality").message)
        self.env["ops.worker"]._beat("host:1", "host", 1)
        self.assertIn("Nothing was due", self.look("punctuality").message)
        self.env.cr.execute("UPDATE ops_worker SET started_at = started_at - interval '1 hour'")
        outcome = self.look("punctuality")
        self.assertEqual((outcome.verdict, outcome.value), ("degraded", 31))
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_at = last_at - interval '2 minutes'"
        )
        self.assertIn("Nothing was due", self.look("punctuality").message)

    def test_what_cannot_be_measured_is_unknown(self):
        self.patch(os, "statvfs", lambda path: 1 / 0)
        with self.assertLogs("odoo.addons.ops_center_health", "WARNING"):
            outcome = self.look("disk")
        self.assertEqual(outcome.verdict, "unknown")


@tagged("post_install", "-at_install")
class TestSelfChecksOfTheServer(HttpCase):
    def check(self, code):
        return self.env.ref(f"ops_center_health.ops_health_check_self_{code}")

    def target(self, code):
        return self.env["ops.health.self"]._target(self.check(code))

    def test_server_is_found_where_it_listens(self):
        self.assertEqual(self.target("readiness").url, f"{self.base_url()}/ops/ready")
        headers = self.target("readiness").request.headers
        self.assertEqual(headers["X-Odoo-Database"], self.env.cr.dbname)

    def test_server_elsewhere(self):
        os.environ["OPS_CENTER_SELF_URL"] = "http://odoo:8069"
        self.addCleanup(os.environ.pop, "OPS_CENTER_SELF_URL")
        self.assertEqual(self.target("readiness").url, "http://odoo:8069/ops/ready")

    def test_login_page_is_looked_at_where_users_see_it(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("web.base.url", "https://erp.example.com/")
        self.assertEqual(self.target("web").url, "https://erp.example.com/web/login")
        parameters.set_param("web.base.url", "http://localhost:1234")
        self.assertEqual(self.target("web").url, f"{self.base_url()}/web/login")
