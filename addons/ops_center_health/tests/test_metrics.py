from datetime import timedelta
from unittest.mock import patch

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ..controllers import metrics
from ..storage import certificates
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestMetrics(HealthCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "manager", "ops_center_base.group_manager")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def setUp(self):
        super().setUp()
        self.check = self.create_check(name='Front "page" \\ of\nthe shop')
        self.shown = self.token()

    def token(self):
        """A new token, as the manager is shown it."""
        setup = self.env["ops.health.metrics.setup"].with_user(self.manager).create({})
        self.assertFalse(setup.token)
        return setup.with_context(**setup.action_make_token()["context"]).token

    def fetch(self, token=None, **headers):
        self.env.flush_all()
        return self.url_open(
            "/ops/metrics", headers={"Authorization": f"Bearer {token or self.shown}", **headers}
        )

    def series(self, name):
        """The samples of a metric: values by the state or severity, or None, for our check."""
        families = {family.name: family for family in parse_plain(self.fetch().text)}
        return {
            next(filter(None, map(sample.labels.get, ("state", "severity", "phase"))), None): (
                sample.value
            )
            for sample in families[name].samples
            if sample.labels.get("id", str(self.check.id)) == str(self.check.id)
        }

    def test_only_the_last_token_opens(self):
        former = self.shown
        self.shown = self.token()
        self.assertEqual(self.fetch().status_code, 200)
        for wrong in (former, "x", " "):
            answer = self.fetch(wrong)
            self.assertEqual((answer.status_code, answer.text), (401, "Unauthorized\n"))
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(self.url_open("/ops/metrics").status_code, 401)

    def test_the_token_is_not_kept(self):
        self.env.cr.execute("SELECT ops_metrics_digest FROM res_company")
        self.assertNotIn(self.shown, str(self.env.cr.fetchall()))
        with self.assertRaises(AccessError):
            self.env.company.with_user(self.manager).read(["ops_metrics_digest"])

    def test_only_managers_make_tokens(self):
        with self.assertRaises(AccessError):
            self.env["ops.health.metrics.setup"].with_user(self.operator).create({})

    def test_tells_how_a_check_does(self):
        self.run_now(self.check)
        self.assertEqual(self.series("probe_success"), {None: 1})
        self.assertEqual(self.series("probe_http_status_code"), {None: 200})
        self.assertEqual(self.series("ops_health_check_state"), {"up": 1})
        self.assertEqual(self.series("ops_health_lateness_seconds"), {None: 0})
        self.assertGreater(self.series("probe_duration_seconds")[None], 0)
        self.assertFalse(self.series("probe_ssl_earliest_cert_expiry"))
        self.assertEqual(self.series("ops_health_incidents_open")["critical"], 0)
        self.break_target()
        self.run_now(self.check, 3)
        self.assertEqual(self.series("probe_success"), {None: 0})
        self.assertEqual(self.series("probe_http_status_code"), {None: 500})
        self.assertEqual(self.series("ops_health_check_state"), {"down": 1})
        self.assertEqual(self.series("ops_health_incidents_open"), {"critical": 1, "warning": 0})

    def test_tells_how_long_each_phase_took(self):
        self.run_now(self.check)
        phases = self.series("probe_http_duration_seconds")
        self.assertEqual(phases.keys(), {"resolve", "connect", "processing", "transfer"})
        total = self.series("probe_duration_seconds")[None]
        self.assertAlmostEqual(sum(phases.values()), total, delta=0.001)
        self.assertEqual(self.series("probe_dns_lookup_time_seconds"), {None: phases["resolve"]})
        self.assertEqual(self.series("probe_http_ssl"), {None: 0})

    def test_tells_when_the_first_certificate_expires(self):
        certificate = {"fingerprint": "ab", "not_after": 1800000000, "chain_not_after": 1790000000}
        self.run_now(self.check)
        certificates.keep(self.env.cr, {self.check.id: certificate})
        self.assertEqual(self.series("probe_ssl_earliest_cert_expiry"), {None: 1790000000})

    def test_a_paused_check_tells_nothing_that_it_saw(self):
        self.run_now(self.check)
        self.check.action_pause()
        self.assertFalse(self.series("probe_success"))
        self.assertEqual(self.series("ops_health_check_state"), {"paused": 1})

    def test_what_nobody_looks_at_any_more_is_no_success(self):
        self.run_now(self.check)
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_at = last_at - interval '1 hour'"
            " WHERE check_id = %s",
            [self.check.id],
        )
        self.assertFalse(self.series("probe_success"))
        self.assertFalse(self.series("probe_duration_seconds"))
        self.assertFalse(self.series("probe_http_status_code"))
        self.assertEqual(self.series("ops_health_check_state"), {"unknown": 1})

    def test_tells_how_late_looks_are_and_whether_a_worker_is_alive(self):
        self.run_now(self.check)
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET next_run = (now() AT TIME ZONE 'UTC') - %s"
            " WHERE check_id = %s",
            [timedelta(seconds=90), self.check.id],
        )
        self.assertAlmostEqual(self.series("ops_health_lateness_seconds")[None], 90, delta=1)
        self.assertEqual(self.series("ops_worker_up"), {None: 0})
        now = fields.Datetime.now()
        self.env["ops.worker"].create(
            {"name": "w", "host": "h", "pid": 1, "started_at": now, "beat_at": now}
        )
        self.assertEqual(self.series("ops_worker_up"), {None: 1})

    def test_counts_what_waits_to_be_sent(self):
        channel = {"name": "Team", "kind": "activity", "user_ids": self.manager.ids}
        self.env["ops.notification.channel"].create(channel)
        before = self.series("ops_notifications_waiting")[None]
        self.break_target()
        self.run_now(self.check, 3)
        self.assertEqual(self.series("ops_notifications_waiting")[None], before + 1)

    def test_both_formats_are_understood_and_names_survive(self):
        self.run_now(self.check)
        for accept, parse, mimetype in (
            ("text/plain", parse_plain, "text/plain"),
            ("application/openmetrics-text; version=1.0.0", parse_open, "application/openmetrics"),
        ):
            answer = self.fetch(Accept=accept)
            self.assertTrue(answer.headers["Content-Type"].startswith(mimetype))
            [success] = [each for each in parse(answer.text) if each.name == "probe_success"]
            names = {sample.labels["check"] for sample in success.samples}
            self.assertIn(self.check.name, names)

    def test_the_number_of_series_has_a_limit_that_is_told(self):
        self.create_check(name="Another")
        with patch.object(metrics, "MAX_CHECKS", 1):
            families = {family.name: family for family in parse_plain(self.fetch().text)}
        total = families["ops_health_checks"].samples[0].value
        self.assertEqual(families["ops_health_checks_left_out"].samples[0].value, total - 1)
        self.assertEqual(len(families["ops_health_check_state"].samples), 1)

    def test_tells_of_one_company_only(self):
        company = self.env["res.company"].create({"name": "Other"})
        token = company._renew_metrics_token()
        self.assertNotIn("ops_health_check_state{", self.fetch(token).text)
        self.assertIn("ops_health_check_state{", self.fetch().text)

    def test_reads_the_database_once(self):
        self.run_now(self.check)
        self.env.flush_all()
        with self.assertQueryCount(1):
            metrics.metrics.read(
                self.env.cr, self.env.company.id, metrics.MAX_CHECKS, timedelta(seconds=30)
            )
