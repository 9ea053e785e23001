from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..heartbeat import Pings, Rhythm

NOW = datetime(2026, 11, 23, 12, 0)
RHYTHM = Rhythm(period=3600, grace=600)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


@tagged("post_install", "-at_install")
class TestHeartbeat(BaseCase):
    def judged(self, **pings):
        measure = RHYTHM.judge(Pings(**pings), NOW)
        return measure.verdict, measure.due_in

    def test_silence_is_failure_from_the_end_of_the_grace(self):
        self.assertEqual(self.judged(ended_at=ago(0)), ("up", 4200))
        self.assertEqual(self.judged(ended_at=ago(4199)), ("up", 1))
        self.assertEqual(self.judged(ended_at=ago(4200)), ("down", None))

    def test_who_never_pinged_is_waited_for(self):
        self.assertEqual(self.judged(), ("unknown", None))

    def test_run_has_to_end_within_the_grace(self):
        self.assertEqual(self.judged(started_at=ago(0)), ("unknown", 600))
        self.assertEqual(self.judged(started_at=ago(600)), ("down", None))
        self.assertEqual(self.judged(started_at=ago(100), ended_at=ago(200)), ("up", 500))
        self.assertEqual(self.judged(started_at=ago(1), ended_at=ago(4100)), ("up", 100))
        self.assertEqual(self.judged(started_at=ago(601), ended_at=ago(700)), ("down", None))

    def test_a_start_is_no_success(self):
        self.assertEqual(self.judged(started_at=ago(1), ended_at=ago(9999)), ("down", None))
        self.assertEqual(
            self.judged(started_at=ago(1), ended_at=ago(2), failed=True), ("down", None)
        )

    def test_sentences(self):
        for pings, sentence in (
            (
                Pings(ended_at=ago(60), duration_ms=12_340.0),
                "Succeeded at 2026-11-23 11:59:00 UTC after 12.3 s.",
            ),
            (
                Pings(ended_at=ago(60), failed=True, exit_code=3),
                "The run that ended at 2026-11-23 11:59:00 UTC failed with exit code 3.",
            ),
            (
                Pings(started_at=ago(660)),
                "Started at 2026-11-23 11:49:00 UTC and did not end within 600 s.",
            ),
            (
                Pings(ended_at=ago(7200)),
                "Silent since 2026-11-23 10:00:00 UTC, expected at 2026-11-23 11:00:00 UTC and at"
                " most 600 s later.",
            ),
        ):
            self.assertEqual(RHYTHM.judge(pings, NOW).message, sentence)
