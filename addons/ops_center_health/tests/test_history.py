from datetime import datetime, timedelta
from itertools import pairwise

import pytz

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import HealthCase

MINUTE = 60  # seconds
HOUR = 60 * MINUTE
HOUR_LONG = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestHistory(HealthCase):
    def intervals(self, check):
        """The states that the check was in, with their beginnings and ends."""
        self.env.cr.execute(
            "SELECT state, started_at, ended_at FROM ops_health_interval"
            " WHERE check_id = %s ORDER BY started_at, ended_at",
            [check.id],
        )
        return self.env.cr.fetchall()

    def pass_time(self, check, seconds):
        """Put all that is known of the check so many seconds back."""
        check.flush_recordset()
        self.env.cr.execute(
            """
            UPDATE ops_health_interval
               SET started_at = started_at - %(past)s, ended_at = ended_at - %(past)s
             WHERE check_id = %(check)s;
            UPDATE ops_health_check_state
               SET last_at = last_at - %(past)s, next_run = next_run - %(past)s
             WHERE check_id = %(check)s
            """,
            {"past": timedelta(seconds=seconds), "check": check.id},
        )
        self.env.invalidate_all()

    def set_history(self, check, *history):
        """Give the check another past: states and since how many seconds it was in them."""
        now = self.env.cr.now()
        states, ages = zip(*history, strict=True)
        self.env.cr.execute("DELETE FROM ops_health_interval WHERE check_id = %s", [check.id])
        self.env.cr.executemany(
            "INSERT INTO ops_health_interval VALUES (%s, %s, %s, %s)",
            [
                (
                    check.id,
                    state,
                    now - timedelta(seconds=age),
                    end and now - timedelta(seconds=end),
                )
                for state, age, end in zip(states, ages, (*ages[1:], None), strict=True)
            ],
        )
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_at = %s WHERE check_id = %s", [now, check.id]
        )
        self.env.invalidate_all()

    def uptimes(self, check):
        return {uptime["days"]: uptime["share"] for uptime in check.uptimes}

    # === STATES === #

    def test_each_state_begins_where_the_last_ended(self):
        check = self.create_check()
        self.run_now(check)
        self.break_target()
        self.run_now(check, 3)
        self.mend_target()
        self.run_now(check, 2)
        check.action_pause()
        check.action_resume()
        intervals = self.intervals(check)
        self.assertEqual(
            [state for state, _begin, _end in intervals],
            ["unknown", "up", "down", "up", "paused", "unknown"],
        )
        for (_state, _begin, end), (_next, begin, _end) in pairwise(intervals):
            self.assertEqual(end, begin)
        self.assertIsNone(intervals[-1][2])
        self.assertEqual(intervals[2][1], check.incident_ids.opened_at)

    def test_a_state_that_stays_is_one(self):
        check = self.create_check()
        self.run_now(check, 3)
        check.state = "up"
        self.assertEqual([state for state, *_ in self.intervals(check)], ["unknown", "up"])

    def test_checks_from_before_get_their_present_state(self):
        check = self.create_check(state="up", state_since=datetime(2026, 1, 2, 3, 4, 5))
        self.env.cr.execute("DROP TABLE ops_health_interval")
        for _upgrade in range(2):
            self.env["ops.health.check"].init()
            self.assertEqual(self.intervals(check), [("up", datetime(2026, 1, 2, 3, 4, 5), None)])

    # === UNSEEN === #

    def test_what_nobody_saw_is_unknown(self):
        check = self.create_check(interval=60)
        self.run_now(check)
        self.pass_time(check, HOUR)
        last_at = check.last_at
        self.run_now(check)
        states = self.intervals(check)
        self.assertEqual([state for state, *_ in states], ["unknown", "up", "unknown", "up"])
        _state, begin, end = states[2]
        self.assertEqual(begin, last_at + timedelta(seconds=60))
        self.assertEqual(end, check.last_at)
        self.assertEqual(check.state, "up")

    def test_nobody_knows_whether_it_was_suppressed_meanwhile(self):
        parent = self.create_check(name="Database", state="down")
        check = self.create_check(interval=60, depends_on_ids=parent.ids, state="suppressed")
        self.break_target()
        self.run_now(check)
        self.pass_time(check, HOUR)
        self.run_now(check)
        states = [state for state, *_ in self.intervals(check)]
        self.assertEqual(states, ["suppressed", "unknown", "suppressed"])

    def test_state_found_afterwards_begins_then(self):
        check = self.create_check(interval=60, failure_threshold=1)
        self.run_now(check)
        self.pass_time(check, HOUR)
        self.break_target()
        self.run_now(check)
        states = [(state, end and end - begin) for state, begin, end in self.intervals(check)]
        lengths = {state: length for state, length in states if length != timedelta(0)}
        self.assertEqual(list(lengths), ["unknown", "up", "down"])
        self.assertEqual(states[1], ("up", timedelta(seconds=60)))
        self.assertGreater(states[2][1], timedelta(minutes=58))

    def test_a_late_look_is_no_gap(self):
        check = self.create_check(interval=60, timeout=10)
        self.run_now(check)
        self.pass_time(check, 2 * 60)
        self.run_now(check)
        self.assertEqual([state for state, *_ in self.intervals(check)], ["unknown", "up"])

    def test_a_pause_is_none_either(self):
        check = self.create_check(interval=60)
        self.run_now(check)
        check.action_pause()
        self.pass_time(check, HOUR)
        check.action_resume()
        self.run_now(check)
        self.assertEqual(
            [state for state, *_ in self.intervals(check)],
            ["unknown", "up", "paused", "unknown", "up"],
        )

    def test_pausing_meanwhile_keeps_the_pause_only(self):
        check = self.create_check(interval=60)
        self.run_now(check)
        self.pass_time(check, HOUR)
        check.action_pause()
        self.pass_time(check, HOUR)
        check.action_resume()
        self.run_now(check)
        states = [state for state, *_ in self.intervals(check)]
        self.assertEqual(states, ["unknown", "up", "unknown", "paused", "unknown", "up"])
        [paused] = [end - begin for state, begin, end in self.intervals(check) if state == "paused"]
        self.assertAlmostEqual(paused.total_seconds(), HOUR, delta=MINUTE)

    def test_silence_of_a_heartbeat_is_judged(self):
        check = self.create_check(kind="heartbeat", url=False, interval=HOUR, grace=HOUR)
        self.env["ops.health.check"]._ping(check.ping_token, "success")
        self.run_now(check)
        self.assertEqual(check.state, "up")
        self.env.cr.execute("UPDATE ops_health_ping SET ended_at = ended_at - interval '2 hours'")
        self.pass_time(check, 2 * HOUR)
        self.run_now(check)
        self.assertEqual([state for state, *_ in self.intervals(check)], ["unknown", "up", "down"])

    def test_a_dead_worker_hears_no_heartbeat(self):
        check = self.create_check(kind="heartbeat", url=False, interval=HOUR, grace=HOUR)
        self.env["ops.health.check"]._ping(check.ping_token, "success")
        self.run_now(check)
        self.pass_time(check, 4 * HOUR)
        self.run_now(check)
        self.assertEqual(
            [state for state, *_ in self.intervals(check)], ["unknown", "up", "unknown", "up"]
        )

    # === UPTIME === #

    def test_uptime_is_exact(self):
        check = self.create_check()
        self.set_history(
            check,
            ("unknown", 30 * HOUR),
            ("up", 25 * HOUR),
            ("down", 20 * HOUR),
            ("degraded", 18 * HOUR),
            ("maintenance", 10 * HOUR),
            ("suppressed", 9 * HOUR),
            ("paused", 8 * HOUR),
            ("unknown", 4 * HOUR),
            ("up", 2 * HOUR),
        )
        uptimes = self.uptimes(check)
        self.assertEqual(list(uptimes), [1, 7, 30, 90, 365])
        # Of the last 24 hours: 4 + 8 + 2 up or degraded, 2 + 1 down.
        self.assertAlmostEqual(uptimes[1], 14 / 17)
        self.assertAlmostEqual(uptimes[7], 15 / 18)
        self.assertAlmostEqual(uptimes[365], 15 / 18)

    def test_uptime_of_what_was_never_up(self):
        check = self.create_check()
        self.assertEqual(set(self.uptimes(check).values()), {None})
        for state in ("down", "suppressed"):
            self.set_history(check, (state, HOUR))
            self.assertEqual(set(self.uptimes(check).values()), {0})

    def test_nothing_is_up_while_nobody_looks(self):
        check = self.create_check(interval=60)
        self.set_history(check, ("down", 3 * HOUR), ("up", 2 * HOUR))
        self.env.cr.execute(
            "UPDATE ops_health_check_state SET last_at = last_at - interval '1 hour'"
            " WHERE check_id = %s",
            [check.id],
        )
        self.env.invalidate_all()
        up = HOUR + MINUTE
        self.assertAlmostEqual(self.uptimes(check)[1], up / (up + HOUR))
        shown = [bar["seconds"] for bar in check.retrieve_bars("day")]
        self.assertAlmostEqual(sum(bar.get("up", 0) for bar in shown), up)
        self.assertAlmostEqual(sum(bar.get("unknown", 0) for bar in shown), HOUR - MINUTE)

    def test_uptime_of_many_checks_costs_few_queries(self):
        checks = self.create_check() | self.create_check()
        self.set_history(checks[0], ("up", HOUR))
        self.set_history(checks[1], ("up", 2 * HOUR), ("down", HOUR))
        with self.assertQueryCount(2 * 5):
            shares = [uptimes[0]["share"] for uptimes in checks.mapped("uptimes")]
        self.assertEqual(shares, [1, 0.5])

    # === BARS === #

    def test_bars_of_results(self):
        check = self.create_check()
        self.run_now(check, 2)
        self.assertEqual([bar["state"] for bar in check.retrieve_bars("result")], ["up", "up"])

    def test_bars_of_hours(self):
        check = self.create_check()
        self.set_history(check, ("up", 5 * HOUR), ("down", 4 * HOUR), ("up", 4 * HOUR - MINUTE))
        bars = check.retrieve_bars("hour")
        self.assertEqual(len(bars), 90)
        hour = fields.Datetime.now().replace(minute=0, second=0)
        self.assertEqual(bars[-1]["at"], fields.Datetime.to_string(hour))
        self.assertEqual(bars[-2]["at"], fields.Datetime.to_string(hour - timedelta(hours=1)))
        self.assertEqual(bars[-2]["seconds"], {"up": HOUR})
        self.assertEqual(bars[0]["seconds"], {})
        self.assertAlmostEqual(sum(bar["seconds"].get("down", 0) for bar in bars), MINUTE)

    def test_bars_of_days_are_those_of_the_user(self):
        check = self.create_check().with_context(tz="Asia/Kolkata")
        bars = check.retrieve_bars("day")
        self.assertEqual(len(bars), 90)
        zone = pytz.timezone("Asia/Kolkata")
        begins = [
            pytz.utc.localize(fields.Datetime.from_string(bar["at"])).astimezone(zone)
            for bar in bars
        ]
        self.assertEqual({(begin.hour, begin.minute) for begin in begins}, {(0, 0)})
        self.assertEqual(begins[-1].date(), datetime.now(zone).date())

    def test_a_day_is_as_long_as_it_is(self):
        zone = pytz.timezone("Europe/Berlin")
        # In the night to 29 March 2026 the clocks were put forward.
        with freeze_time("2026-04-02 12:00:00"):
            bars = self.create_check().with_context(tz=zone.zone).retrieve_bars("day")
        begins = [
            pytz.utc.localize(fields.Datetime.from_string(bar["at"])).astimezone(zone)
            for bar in bars
        ]
        self.assertEqual({begin.hour for begin in begins}, {0})
        self.assertEqual({begin.utcoffset() for begin in begins}, {HOUR_LONG, 2 * HOUR_LONG})

    def test_other_bars_are_refused(self):
        with self.assertRaisesRegex(UserError, "results, hours or days"):
            self.create_check().retrieve_bars("minute")

    # === CHANGES === #

    def test_chart_tells_what_may_be_why(self):
        check, neighbour = self.create_check(), self.create_check(name="Neighbour")
        elsewhere = self.environment.copy({"name": "Elsewhere"})
        events = self.env["ops.event"]
        for name, kind, values in (
            ("Ours", "check.changed", {"environment": self.environment, "record": check}),
            ("Not ours", "check.changed", {"environment": self.environment, "record": neighbour}),
            ("Everybody's", "odoo.version_changed", {"environment": self.environment}),
            ("Of the company", "settings.changed", {"company": check.company_id}),
            ("Gave up", "cron.deactivated", {"environment": self.environment}),
            ("Elsewhere", "odoo.version_changed", {"environment": elsewhere}),
            ("No reason", "incident.opened", {"environment": self.environment}),
        ):
            events._record(kind, name, **values)
        told = [change["name"] for change in check.retrieve_latency(1)["changes"]]
        self.assertLessEqual({"Ours", "Everybody's", "Of the company", "Gave up"}, set(told))
        self.assertFalse({"Not ours", "Elsewhere", "No reason"} & set(told))

    # === ACCESS === #

    def test_history_is_for_those_who_see_the_check(self):
        check = self.create_check()
        self.run_now(check)
        viewer = new_test_user(self.env, "looking", "ops_center_base.group_viewer")
        self.assertEqual(len(check.with_user(viewer).retrieve_bars("result")), 1)
        self.assertTrue(check.with_user(viewer).retrieve_latency(1)["points"])
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "ops_center_base.group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        for call in (
            lambda check: check.retrieve_bars("result"),
            lambda check: check.retrieve_bars("day"),
            lambda check: check.retrieve_latency(1),
            lambda check: check.read(["uptimes"]),
        ):
            with self.assertRaises(AccessError):
                call(check.with_user(stranger))
