from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, Form, freeze_time, new_test_user, tagged

from ..quiet_hours import QuietHours, time_of_day
from .test_notification import NotificationCase

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
# A Monday in winter; Berlin is one hour ahead of UTC.
NIGHT = "2026-01-05 23:30:00"
MORNING = "2026-01-06 06:00:00"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@tagged("post_install", "-at_install")
class TestQuietHours(BaseCase):
    def test_overnight(self):
        quiet = QuietHours(time(22), time(7), EVERY_DAY, BERLIN)
        for moment, end in (
            ("2026-01-05 20:59", None),
            ("2026-01-05 21:00", "2026-01-06 06:00"),
            ("2026-01-06 05:59", "2026-01-06 06:00"),
            ("2026-01-06 06:00", None),
        ):
            with self.subTest(moment=moment):
                self.assertEqual(quiet.until(utc(moment)), end and utc(end))

    def test_within_a_day(self):
        quiet = QuietHours(time(12), time(13), EVERY_DAY, ZoneInfo("UTC"))
        self.assertEqual(quiet.until(utc("2026-01-05 12:30")), utc("2026-01-05 13:00"))
        self.assertIsNone(quiet.until(utc("2026-01-05 23:00")))

    def test_whole_weekend(self):
        quiet = QuietHours(time(0), time(0), frozenset({5, 6}), BERLIN)
        self.assertEqual(quiet.until(utc("2026-01-10 12:00")), utc("2026-01-11 23:00"))
        self.assertIsNone(quiet.until(utc("2026-01-09 12:00")))

    def test_night_belongs_to_the_day_that_it_begins_on(self):
        quiet = QuietHours(time(22), time(7), frozenset(range(5)), ZoneInfo("UTC"))
        self.assertTrue(quiet.until(utc("2026-01-10 02:00")), "Friday's night")
        self.assertIsNone(quiet.until(utc("2026-01-12 02:00")), "Sunday's night")

    def test_night_in_which_the_clocks_change(self):
        quiet = QuietHours(time(22), time(7), EVERY_DAY, BERLIN)
        self.assertEqual(quiet.until(utc("2026-03-28 23:00")), utc("2026-03-29 05:00"))

    def test_rounds_to_minutes(self):
        self.assertEqual(time_of_day(22 + 20 / 60), time(22, 20))


@tagged("post_install", "-at_install")
class TestQuietChannel(NotificationCase):
    def quiet_channel(self, **values):
        return self.channel("activity", quiet=True, quiet_tz="Europe/Berlin", **values)

    def at(self, moment, *, dispatch=True):
        """Be there at a moment, with the worker doing its pass."""
        self.startPatcher(freeze_time(moment))
        self.patch(type(self.env.cr), "now", lambda _cr: datetime.fromisoformat(moment))
        if dispatch:
            self.env.flush_all()
            with self.enter_registry_test_mode():
                self.env["ops.notification"]._run_dispatch()
            self.env.invalidate_all()

    def test_waits_until_the_quiet_hours_end(self):
        channel = self.quiet_channel(wake_for_failures=False)
        self.at(NIGHT, dispatch=False)
        notification = self.notify()
        self.assertEqual(str(notification.not_before), MORNING)
        self.assertEqual(str(channel.held_until), MORNING)
        self.at(NIGHT)
        self.assertEqual(notification.state, "pending")
        self.at(MORNING)
        self.assertEqual(notification.state, "done")
        self.assertFalse(notification.summary_id)
        self.assertEqual(channel.last_state, "done")
        self.assertFalse(channel.held_until)

    def test_failures_wake(self):
        self.quiet_channel()
        self.at(NIGHT, dispatch=False)
        failure = self.notify()
        warning = self.notify(level="warning", key="warning")
        self.at(NIGHT)
        self.assertEqual(failure.state, "done")
        self.assertEqual(warning.state, "pending")

    def test_test_message_does_not_wait(self):
        channel = self.quiet_channel()
        self.at(NIGHT, dispatch=False)
        channel.action_test()
        self.at(NIGHT)
        self.assertEqual(channel.last_state, "done")

    def test_many_held_messages_come_as_one(self):
        channel = self.quiet_channel()
        self.at(NIGHT, dispatch=False)
        parts = self.env["ops.notification"]
        for number in range(4):
            parts += self.notify(level="warning", key=f"trouble-{number}")
        self.at(MORNING)
        summary = parts.summary_id
        self.assertEqual(summary.name, "4 messages of the quiet hours")
        self.assertEqual(summary.level, "warning")
        self.assertEqual(summary.body.count("Shop is down"), 4)
        self.assertEqual(set((parts + summary).mapped("state")), {"done"})
        self.assertEqual(len(channel.activity_ids), 1)
        self.at(MORNING)
        self.assertEqual(len(channel.activity_ids), 1)
        self.assertEqual(self.notify(level="warning", key="trouble-1"), parts[1])

    def test_few_held_messages_come_one_by_one(self):
        self.quiet_channel()
        self.at(NIGHT, dispatch=False)
        parts = self.env["ops.notification"]
        for number in range(3):
            parts += self.notify(level="warning", key=f"trouble-{number}")
        self.at(MORNING)
        self.assertEqual(set(parts.mapped("state")), {"done"})
        self.assertFalse(parts.summary_id)

    def test_summary_that_is_cancelled_takes_its_parts_along(self):
        channel = self.quiet_channel()
        self.at(NIGHT, dispatch=False)
        parts = self.env["ops.notification"]
        for number in range(4):
            parts += self.notify(level="warning", key=f"trouble-{number}")
        channel.active = False
        channel.user_ids = False
        self.at(MORNING)
        self.assertEqual(parts.summary_id.state, "needs_attention")
        self.assertEqual(set(parts.mapped("state")), {"pending"})
        operator = new_test_user(self.env, "ops_operator", "ops_center_base.group_operator")
        parts.summary_id.with_user(operator).action_cancel()
        self.assertEqual(set(parts.mapped("state")), {"cancelled"})

    def test_settings_that_make_no_sense(self):
        channel = self.quiet_channel()
        for values in (
            {"quiet_from": 24},
            {"quiet_to": -1},
            {"quiet_from": 8, "quiet_to": 8, "quiet_days": "all"},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError):
                channel.write(values)

    def test_form(self):
        with Form(self.channel("activity")) as form:
            form.quiet = True
            form.quiet_days = "workdays"
            form.quiet_tz = "Europe/Berlin"
