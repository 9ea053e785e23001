from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from ..recurrence import Schedule, weekly

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestMaintenanceSchedule(BaseCase):
    def begins(self, begin, rule, days=14, hours=1):
        """When windows begin, in Berlin, within so many days."""
        schedule = Schedule(begin, HOUR * hours, rule, BERLIN)
        windows = schedule.windows(begin, begin + timedelta(days=days))
        return [f"{self.wall_clock(window.begin):%a %d %H:%M}" for window in windows]

    def wall_clock(self, moment):
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(BERLIN)

    def test_once(self):
        begin = datetime(2026, 3, 1, 22)
        schedule = Schedule(begin, HOUR * 4)
        [window] = schedule.windows(begin - HOUR, begin + HOUR)
        self.assertEqual(window, (begin, datetime(2026, 3, 2, 2)))
        # It is there until its very end, and not before its beginning.
        self.assertTrue(list(schedule.windows(window.end - HOUR / 3600, window.end)))
        self.assertFalse(list(schedule.windows(window.end, window.end + HOUR)))
        self.assertFalse(list(schedule.windows(begin - HOUR, begin)))

    def test_weekly(self):
        rule = weekly([0, 5])
        self.assertEqual(
            self.begins(datetime(2026, 6, 3, 21), rule),
            ["Sat 06 23:00", "Mon 08 23:00", "Sat 13 23:00", "Mon 15 23:00"],
        )

    def test_past_midnight_the_window_of_yesterday_lasts(self):
        schedule = Schedule(datetime(2026, 6, 6, 21), HOUR * 4, weekly([5]), BERLIN)
        sunday = datetime(2026, 6, 7, 0, 30)
        [window] = schedule.windows(sunday, sunday + HOUR)
        self.assertEqual(window, (datetime(2026, 6, 6, 21), datetime(2026, 6, 7, 1)))

    def test_same_time_of_day_in_summer_and_winter(self):
        # In the night to 29 March 2026 the clocks were put forward.
        schedule = Schedule(datetime(2026, 3, 27, 21), HOUR, "FREQ=DAILY", BERLIN)
        windows = list(schedule.windows(datetime(2026, 3, 28), datetime(2026, 3, 30)))
        self.assertEqual(
            [window.begin for window in windows],
            [datetime(2026, 3, 28, 21), datetime(2026, 3, 29, 20)],
        )

    def test_time_of_day_that_is_skipped_comes_an_hour_later(self):
        self.assertEqual(
            self.begins(datetime(2026, 3, 28, 1, 30), "FREQ=DAILY", days=2),
            ["Sat 28 02:30", "Sun 29 03:30", "Mon 30 02:30"],
        )

    def test_time_of_day_that_comes_twice_counts_once(self):
        # In the night to 25 October 2026 the clocks are put back at three.
        schedule = Schedule(datetime(2026, 10, 24, 0, 30), HOUR, "FREQ=DAILY", BERLIN)
        windows = list(schedule.windows(datetime(2026, 10, 25), datetime(2026, 10, 26)))
        self.assertEqual(windows, [(datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 30))])

    def test_lasts_as_long_in_the_night_of_the_change(self):
        schedule = Schedule(datetime(2026, 3, 28, 23), HOUR * 3, "FREQ=DAILY", BERLIN)
        [window, *_others] = schedule.windows(datetime(2026, 3, 28), datetime(2026, 3, 30))
        self.assertEqual(window.end - window.begin, HOUR * 3)

    def test_rule(self):
        self.assertEqual(
            self.begins(datetime(2026, 6, 1, 1), "rrule:freq=monthly;byday=1su", days=70),
            ["Sun 07 03:00", "Sun 05 03:00", "Sun 02 03:00"],
        )
        self.assertEqual(
            self.begins(datetime(2026, 6, 1, 1), "FREQ=DAILY;COUNT=2"),
            ["Mon 01 03:00", "Tue 02 03:00"],
        )
        self.assertEqual(
            self.begins(datetime(2026, 6, 1, 1), "FREQ=DAILY;UNTIL=20260602T230000Z"),
            ["Mon 01 03:00", "Tue 02 03:00"],
        )

    def test_rules_that_are_refused(self):
        for rule, reason in (
            ("every day", "one line"),
            ("FREQ=DAILY\nDTSTART=20260101", "one line"),
            ("FREQ=SECONDLY", "DAILY, WEEKLY"),
            ("INTERVAL=2", "DAILY, WEEKLY"),
            ("FREQ=DAILY;BYHOUR=1,2", "time of day"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be 1"),
            ("FREQ=DAILY;COUNT=x", "."),
            ("FREQ=DAILY;BYDAY=XX", "."),
            ("FREQ=DAILY;NONSENSE=1", "."),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no day at all"),
        ):
            with self.subTest(rule=rule), self.assertRaisesRegex(ValueError, reason):
                Schedule(datetime(2026, 1, 1), HOUR, rule, BERLIN).check()
