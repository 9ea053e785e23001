from odoo.tests import tagged

from ..storage import states
from ..watching import Watcher
from .common import HealthCase

KEY = "api_key=swordfish"


@tagged("post_install", "-at_install")
class TestCheckFailure(HealthCase):
    """What a check saw as it failed last stays to be seen, also when it is up again."""

    def test_nothing_is_shown_of_what_never_failed(self):
        check = self.create_check()
        self.run_now(check)
        self.assertFalse(check.failed_at or check.failure_message or check.failure_evidence)

    def test_first_failure_is_shown_before_it_is_believed(self):
        self.answers = {"status": "500 Oh", "body": f"<b>broken</b> {KEY}\0".encode()}
        check = self.create_check(failure_threshold=3)
        self.run_now(check)
        self.assertNotEqual(check.state, "down")
        self.assertEqual(check.failed_at, check.last_at)
        self.assertIn("Answered status 500", check.failure_message)
        self.assertIn("Status: 500", check.failure_evidence)
        self.assertIn("<b>broken</b>", check.failure_evidence)
        self.assertNotIn("swordfish", check.failure_evidence)

    def test_it_stays_when_the_check_is_up_again(self):
        self.answers["status"] = "500 Oh"
        check = self.create_check()
        self.run_now(check)
        self.answers["status"] = "200 OK"
        self.run_now(check, times=3)
        self.assertEqual(check.state, "up")
        self.assertIn("Status: 500", check.failure_evidence)

    def test_another_failure_takes_its_place(self):
        check = self.create_check()
        for status in ("500 Oh", "503 Later"):
            self.answers["status"] = status
            self.run_now(check)
            self.assertIn(f"Status: {status[:3]}", check.failure_evidence)

    def test_another_address_starts_anew(self):
        self.answers["status"] = "500 Oh"
        check = self.create_check()
        self.run_now(check)
        check.url = f"{self.url}/other"
        check.invalidate_recordset()
        self.assertFalse(check.failed_at or check.failure_evidence)

    def test_only_the_newer_of_two_looks_that_end_together_counts(self):
        self.answers["status"] = "500 Oh"
        check = self.create_check()
        watcher = Watcher()
        with self.hanging_target():
            for _look in range(2):
                states.schedule_now(self.env.cr, check.ids)
                self.begin_due(watcher)
        self.finish_begun(watcher)
        self.env.cr.execute("SELECT count(*) FROM ops_health_sample WHERE check_id = %s", check.ids)
        self.assertEqual(self.env.cr.fetchone(), (1,))
        self.assertIn("Status: 500", check.failure_evidence)
