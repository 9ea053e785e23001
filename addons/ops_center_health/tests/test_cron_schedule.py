from datetime import datetime
from itertools import pairwise

from odoo.tests import BaseCase, tagged

from ..cron_schedule import CronSchedule
from ..heartbeat import Pings, Rhythm

BERLIN = "Europe/Berlin"


@tagged("post_install", "-at_install")
class TestCronSchedule(BaseCase):
    def assert_next(self, expression, *times, tz=BERLIN):
        """Each time (month, day, hour, minute in UTC) is the first run after the one before."""
        schedule = CronSchedule(expression, tz)
        moments = [datetime(2026, *time) for time in times]
        for at, expected in pairwise(moments):
            self.assertEqual(schedule.next_after(at), expected)

    def test_times_are_those_of_the_zone(self):
        self.assert_next("30 2 * * *", (1, 10, 12, 0), (1, 11, 1, 30), (1, 12, 1, 30))
        self.assert_next("30 2 * * *", (7, 10, 12, 0), (7, 11, 0, 30))
        self.assert_next("30 2 * * *", (7, 10, 12, 0), (7, 11, 2, 30), tz="UTC")

    def test_workdays(self):
        # The 23rd of January 2026 is a Friday.
        self.assert_next("0 4 * * 1-5", (1, 23, 2, 0), (1, 23, 3, 0), (1, 26, 3, 0))

    def test_hour_that_is_skipped_in_spring(self):
        # At 02:00 the clocks go to 03:00, which is 01:00 UTC.
        self.assert_next(
            "30 2 * * *", (3, 28, 12, 0), (3, 29, 1, 0), (3, 30, 0, 30), (3, 31, 0, 30)
        )
        self.assert_next("30 * * * *", (3, 29, 0, 0), (3, 29, 0, 30), (3, 29, 1, 30))

    def test_hour_that_comes_twice_in_autumn(self):
        # At 03:00 the clocks go back to 02:00, which is 01:00 UTC.
        self.assert_next("30 2 * * *", (10, 24, 12, 0), (10, 25, 0, 30), (10, 26, 1, 30))
        self.assert_next("30 * * * *", (10, 25, 0, 0), (10, 25, 0, 30), (10, 25, 1, 30))

    def test_run_that_ends_in_the_second_of_the_two_hours_has_run(self):
        # It ran at 02:30 before the clocks went back, and ended at 02:10 after they did.
        self.assert_next("30 2 * * *", (10, 25, 1, 10), (10, 26, 1, 30))

    def test_longest_pause(self):
        for expression, seconds in (
            ("*/10 * * * *", 600),
            # Twenty-five hours lie between two nights when the clocks go back.
            ("30 2 * * *", 25 * 3600),
            ("* 8-17 * * 1-5", (6 + 48 + 8) * 3600 + 60),
            ("0 0 1 1 *", 366 * 86400),
        ):
            with self.subTest(expression):
                self.assertEqual(CronSchedule(expression, BERLIN).longest_pause(), seconds)
        self.assertEqual(CronSchedule("30 2 * * *").longest_pause(), 24 * 3600)

    def test_longest_pause_of_what_runs_seldom(self):
        # From a leap day to the next, over 2100, which is none: looked for until then.
        leap = 86400 * (4 * 365 + 1)
        for expression, seconds in (
            ("0 0 29 2 *", leap),
            ("0 0 1 */3 *", 92 * 86400),
            # The winter lies between two years.
            ("0 8,20 * 3-10 *", (30 + 31 + 31 + 28) * 86400 + 12 * 3600),
            ("0 0 * * 1", 7 * 86400),
            ("*/7 * * * *", 7 * 60),
        ):
            with self.subTest(expression):
                self.assertEqual(CronSchedule(expression).longest_pause(), seconds)

    def test_next_runs(self):
        at = datetime(2026, 1, 1)
        runs = CronSchedule("0 * * * *").next_runs(at, 3)
        self.assertEqual([(run - at).total_seconds() for run in runs], [3600, 7200, 10800])

    def test_what_is_no_expression_is_refused_with_a_reason(self):
        for expression, reason in (
            ("", "five fields"),
            ("* * * *", "five fields"),
            ("* * * * * *", "five fields"),
            ("@daily", "five fields"),
            ("61 * * * *", "minute is wrong"),
            ("0 0 31 2 *", "day-of-month is wrong"),
            ("0 0 */31 * MON#5", "never comes"),
        ):
            with self.subTest(expression), self.assertRaisesRegex(ValueError, reason):
                CronSchedule(expression)

    def test_silence_is_failure_from_the_end_of_the_grace(self):
        rhythm = Rhythm(period=0, grace=600, cron=CronSchedule("30 2 * * 1-5", BERLIN))
        friday = Pings(ended_at=datetime(2026, 1, 23, 1, 31))
        # On Monday at 02:30.
        expected = datetime(2026, 1, 26, 1, 30)
        before = rhythm.judge(friday, datetime(2026, 1, 26, 1, 39, 59))
        self.assertEqual((before.verdict, before.due_in), ("up", 1))
        after = rhythm.judge(friday, datetime(2026, 1, 26, 1, 40))
        self.assertEqual(after.verdict, "down")
        self.assertIn(f"expected at {expected} UTC", after.message)
