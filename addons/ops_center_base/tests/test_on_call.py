from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..on_call import Absence, Shift, Turns, shifts
from .test_notification import NotificationCase

BERLIN = ZoneInfo("Europe/Berlin")
# Mondays, at nine in Berlin.
WEEKS = Turns(date(2026, 1, 5), time(9), 7, BERLIN)
PEOPLE = ("Ada", "Ben", "Cleo")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@tagged("post_install", "-at_install")
class TestShifts(BaseCase):
    def shifts(self, begin, end, absences=(), people=PEOPLE, turns=WEEKS):
        found = shifts(turns, people, absences, utc(begin), utc(end))
        return [(person, f"{begin:%m-%d %H}", f"{end:%m-%d %H}") for person, begin, end in found]

    def test_people_take_turns(self):
        self.assertEqual(
            self.shifts("2026-01-06", "2026-01-27"),
            [
                ("Ada", "01-05 08", "01-12 08"),
                ("Ben", "01-12 08", "01-19 08"),
                ("Cleo", "01-19 08", "01-26 08"),
                ("Ada", "01-26 08", "02-02 08"),
            ],
        )

    def test_hand_over_to_the_second(self):
        [before] = self.shifts("2026-01-12 07:59:59", "2026-01-12 07:59:59")
        [after] = self.shifts("2026-01-12 08:00:00", "2026-01-12 08:00:00")
        self.assertEqual((before[0], after[0]), ("Ada", "Ben"))

    def test_local_hour_stays_when_the_clocks_change(self):
        [_before, after] = self.shifts("2026-03-29 12:00", "2026-03-30 12:00")
        self.assertEqual(after[1], "03-30 07")

    def test_order_holds_before_the_first_hand_over(self):
        [[person, *_times]] = self.shifts("2026-01-01", "2026-01-01")
        self.assertEqual(person, "Cleo")

    def test_next_one_stands_in(self):
        absences = [Absence("Ada", utc("2026-01-07"), utc("2026-01-09"))]
        self.assertEqual(
            self.shifts("2026-01-05 09:00", "2026-01-12", absences),
            [
                ("Ada", "01-05 08", "01-07 00"),
                ("Ben", "01-07 00", "01-09 00"),
                ("Ada", "01-09 00", "01-12 08"),
            ],
        )

    def test_stand_in_is_absent_too(self):
        absences = [
            Absence(person, utc("2026-01-01"), utc("2026-02-01")) for person in ("Ada", "Ben")
        ]
        [[person, *_times]] = self.shifts("2026-01-06", "2026-01-06", absences)
        self.assertEqual(person, "Cleo")

    def test_somebody_is_called_even_if_all_are_absent(self):
        absences = [Absence(person, utc("2026-01-01"), utc("2026-02-01")) for person in PEOPLE]
        [[person, *_times]] = self.shifts("2026-01-06", "2026-01-06", absences)
        self.assertEqual(person, "Ada")

    def test_one_person_has_one_long_shift(self):
        [[person, begin, _end]] = self.shifts("2026-01-06", "2026-02-06", people=["Ada"])
        self.assertEqual((person, begin), ("Ada", "01-05 08"))

    def test_days(self):
        daily = Turns(date(2026, 1, 5), time(0), 1, ZoneInfo("UTC"))
        people = [shift[0] for shift in self.shifts("2026-01-05", "2026-01-08 12:00", turns=daily)]
        self.assertEqual(people, ["Ada", "Ben", "Cleo", "Ada"])

    def test_never_a_gap(self):
        absences = [
            Absence("Ada", utc("2026-01-07"), utc("2026-01-20")),
            Absence("Ben", utc("2026-01-10"), utc("2026-01-15")),
        ]
        found = list(shifts(WEEKS, PEOPLE, absences, utc("2026-01-06"), utc("2026-06-01")))
        for earlier, later in pairwise(found):
            self.assertEqual(earlier.end, later.begin)
            self.assertNotEqual(earlier.person, later.person)
            self.assertIsInstance(later, Shift)


@tagged("post_install", "-at_install")
class TestRota(NotificationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls.env["res.users"].union(
            *(
                new_test_user(cls.env, login, "ops_center_base.group_operator")
                for login in ("ada", "ben", "cleo")
            )
        )
        cls.ada, cls.ben, cls.cleo = cls.users

    def setUp(self):
        super().setUp()
        self.go_to("2026-01-06 12:00:00")
        self.rota = self.env["ops.on.call.rota"].create(
            {
                "name": "Nights",
                "company_id": self.company.id,
                "tz": "Europe/Berlin",
                "start_date": "2026-01-05",
                "member_ids": [Command.create({"user_id": user.id}) for user in self.users],
            }
        )

    def go_to(self, moment):
        self.startPatcher(freeze_time(moment))
        self.patch(type(self.env.cr), "now", lambda _cr: datetime.fromisoformat(moment))
        self.env.flush_all()
        self.env.invalidate_all()

    def absence(self, user, begin, end):
        return self.env["ops.on.call.absence"].create(
            {"user_id": user.id, "date_from": begin, "date_to": end}
        )

    def test_who_is_on_call(self):
        self.assertEqual(self.rota.on_call_user_id, self.ada)
        self.assertEqual(self.rota.next_user_id, self.ben)
        self.assertEqual(str(self.rota.on_call_until), "2026-01-12 08:00:00")
        self.go_to("2026-01-12 08:00:00")
        self.assertEqual(self.rota.on_call_user_id, self.ben)

    def test_absence_and_order(self):
        absence = self.absence(self.ada, "2026-01-06 00:00:00", "2026-01-07 00:00:00")
        self.env.invalidate_all()
        self.assertEqual(self.rota.on_call_user_id, self.ben)
        absence.with_user(self.ben).unlink()
        self.rota.member_ids[0].sequence = 99
        self.env.invalidate_all()
        self.assertNotEqual(self.rota.on_call_user_id, self.ada)

    def test_archived_user_is_called_no_more(self):
        self.ada.active = False
        self.env.invalidate_all()
        self.assertNotEqual(self.rota.on_call_user_id, self.ada)

    def test_rota_without_people(self):
        rota = self.env["ops.on.call.rota"].create({"name": "Empty"})
        self.assertFalse(rota.on_call_user_id or rota.next_user_id or rota.on_call_until)
        self.assertFalse(rota.shift_ids)
        with self.assertRaisesRegex(ValidationError, "rota"):
            self.channel("email", partner_ids=False, rota_id=rota.id)

    def test_calendar_follows(self):
        shifts = self.rota.shift_ids.sorted("date_from")
        self.assertEqual(shifts[:4].user_id.ids, self.users.ids)
        self.assertIn("(Nights)", shifts[0].display_name)
        self.assertGreater(shifts[-1].date_to, datetime(2026, 1, 6) + timedelta(weeks=12))
        self.absence(self.ben, "2026-01-13 00:00:00", "2026-01-14 00:00:00")
        shifts = self.rota.shift_ids.sorted("date_from")
        self.assertEqual(
            [shift.user_id for shift in shifts[:4]], [self.ada, self.ben, self.cleo, self.ben]
        )
        self.rota.member_ids[1:].unlink()
        [shift] = self.rota.shift_ids
        self.assertEqual(shift.user_id, self.ada)

    def test_calendar_keeps_what_was(self):
        self.go_to("2026-01-08 12:00:00")
        self.rota.member_ids[0].unlink()
        past, present, *_coming = self.rota.shift_ids.sorted("date_from")
        self.assertEqual(past.user_id, self.ada)
        self.assertEqual(past.date_to, present.date_from)
        self.assertNotEqual(present.user_id, self.ada)

    def test_calendar_grows_daily(self):
        before = max(self.rota.shift_ids.mapped("date_to"))
        self.go_to("2026-02-06 12:00:00")
        self.env["ops.on.call.rota"]._extend_plans()
        self.assertGreater(max(self.rota.shift_ids.mapped("date_to")), before)
        moments = self.rota.shift_ids.sorted("date_from")
        for earlier, later in pairwise(moments):
            self.assertEqual(earlier.date_to, later.date_from)
        self.go_to("2028-02-06 12:00:00")
        self.env["ops.on.call.rota"]._extend_plans()
        self.assertGreater(min(self.rota.shift_ids.mapped("date_to")), datetime(2027, 1, 1))

    def test_channels_reach_whoever_is_on_call(self):
        self.channel("email", partner_ids=False, rota_id=self.rota.id)
        self.channel("activity", user_ids=False, rota_id=self.rota.id)
        before = self.env["mail.mail"].search([])
        self.notify()
        self.go_to("2026-01-12 09:00:00")
        self.dispatch()
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.recipient_ids, self.ben.partner_id)
        activity = self.environment.activity_ids.filtered(lambda a: a.summary == "Shop is down")
        self.assertEqual(activity.user_id, self.ben)

    def test_form(self):
        with Form(self.env["ops.on.call.rota"]) as form:
            form.name = "Days"
            form.turn_unit = "days"
            form.tz = "UTC"
            with form.member_ids.new() as line:
                line.user_id = self.cleo
        self.assertEqual(form.record.on_call_user_id, self.cleo)
        action = form.record.action_view_shifts()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).user_id, self.cleo)

    def test_settings_that_make_no_sense(self):
        with self.assertRaisesRegex(ValidationError, "time of day"):
            self.rota.handover_hour = 24
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.rota.turn_length = 0
            self.env.flush_all()

    def test_absence_that_ends_before_it_begins(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.absence(self.ada, "2026-01-07 00:00:00", "2026-01-06 00:00:00")

    def test_operators_plan_absences_and_managers_rotas(self):
        absence = self.env["ops.on.call.absence"].with_user(self.ada)
        absence.create({"date_from": "2026-01-06 00:00:00", "date_to": "2026-01-08 00:00:00"})
        self.env.invalidate_all()
        self.assertEqual(self.rota.on_call_user_id, self.ben)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.rota.with_user(self.ada).name = "Other"
