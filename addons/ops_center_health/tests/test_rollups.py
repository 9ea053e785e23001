import random
from datetime import timedelta
from math import ceil

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..histogram import ERROR
from ..storage import samples
from .common import HealthCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestRollups(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hour = cls.env.cr.now().replace(minute=0, second=0, microsecond=0)
        # Two minutes after an hour its results may still be on their way.
        if cls.env.cr.now() - cls.hour < timedelta(minutes=2):
            cls.hour -= HOUR
        cls.random = random.Random(19)
        cls.closed_until(cls.hour - 5 * HOUR)

    @classmethod
    def closed_until(cls, moment):
        cls.env.cr.execute("UPDATE ops_health_rollup_mark SET closed_until = %s", [moment])

    def add_samples(self, check, begin, latencies, verdict="up"):
        """Spread results over the hour from a time on."""
        samples.add(
            self.env.cr,
            [
                {
                    "check_id": check.id,
                    "at": begin + number * HOUR / len(latencies),
                    "verdict": verdict,
                    "error": "" if verdict == "up" else "timeout",
                    "status": None,
                    "latency_ms": latency,
                    "value": None,
                }
                for number, latency in enumerate(latencies)
            ],
        )

    def roll_up(self):
        with self.worker_transactions():
            self.env["ops.health.sample"]._roll_up()

    def rows(self, check, unit="hour"):
        # Rows that were not written anew stay where they are.
        self.env.cr.execute(
            f"SELECT ctid, * FROM ops_health_rollup_{unit} WHERE check_id = %s ORDER BY at",  # noqa: S608
            [check.id],
        )
        return self.env.cr.dictfetchall()

    def latencies(self, count):
        return [self.random.lognormvariate(3, 1.5) for _number in range(count)]

    def assert_near(self, point, latencies):
        """Check that a point tells of these latencies, within the error of histograms."""
        ordered = sorted(latencies)
        for key, share in (("p50", 0.5), ("p95", 0.95)):
            true = ordered[ceil(share * len(ordered)) - 1]
            self.assertLessEqual(abs(point[key] - true), true * (ERROR + 1e-6))
        self.assertAlmostEqual(point["max"] / ordered[-1], 1, 5)
        self.assertAlmostEqual(point["mean"] / (sum(ordered) / len(ordered)), 1, 4)
        self.assertEqual(point["results"], len(ordered))

    def test_hours_are_told_within_the_error(self):
        check, other = self.create_check(), self.create_check()
        known = {}
        for ago, count in ((1, 60), (2, 1), (3, 20), (5, 7)):
            known[self.hour - ago * HOUR] = latencies = self.latencies(count)
            self.add_samples(check, self.hour - ago * HOUR, latencies)
        self.add_samples(other, self.hour - HOUR, [1e6])
        self.roll_up()
        points = check.retrieve_latency(7)["points"]
        self.assertEqual(
            [point["at"] for point in points],
            [fields.Datetime.to_string(at) for at in sorted(known)],
        )
        for point in points:
            self.assert_near(point, known[fields.Datetime.from_string(point["at"])])

    def test_any_latencies_are_told_within_the_error(self):
        check = self.create_check()
        known = []
        for ago in range(1, 6):
            # From less than the lowest place to more than any timeout.
            latencies = [10 ** self.random.uniform(-2, 5) for _number in range(ago * 17)]
            self.add_samples(check, self.hour - ago * HOUR, latencies)
            known.insert(0, latencies)
        self.roll_up()
        points = check.retrieve_latency(7)["points"]
        for point, latencies in zip(points, known, strict=True):
            self.assert_near(point, latencies)

    def test_one_latency_is_told_as_it_is(self):
        check = self.create_check()
        self.add_samples(check, self.hour - HOUR, [0.001, 0.001])
        self.add_samples(check, self.hour - 2 * HOUR, [42.5])
        self.roll_up()
        second, first = check.retrieve_latency(7)["points"]
        self.assertAlmostEqual(first["p50"], 0.001)
        self.assertEqual(second["p95"], 42.5)

    def test_days_are_the_sum_of_hours(self):
        check = self.create_check()
        day = self.hour.replace(hour=0) - timedelta(days=2)
        self.closed_until(day)
        known = []
        for hour in (0, 1, 7, 23):
            latencies = self.latencies(30)
            known += latencies
            self.add_samples(check, day + hour * HOUR, latencies)
        self.roll_up()
        [point] = check.retrieve_latency(90)["points"]
        self.assertEqual(point["at"], fields.Datetime.to_string(day))
        self.assert_near(point, known)
        points = check.retrieve_latency(30)["points"]
        self.assertEqual([point["results"] for point in points], [60, 30, 30])

    def test_results_are_counted_by_verdict(self):
        check = self.create_check()
        for verdict, count in (("up", 4), ("degraded", 3), ("down", 2), ("unknown", 1)):
            self.add_samples(check, self.hour - HOUR, [None] * count, verdict)
        self.roll_up()
        for unit in ("hour", "day"):
            [row] = self.rows(check, unit)
            self.assertEqual(
                [row[verdict] for verdict in ("up", "degraded", "down", "unknown")], [4, 3, 2, 1]
            )
            self.assertEqual((row["latency_max"], row["places"], row["counts"]), (None, [], []))
        self.assertEqual(check.retrieve_latency(7)["points"], [])

    def test_only_hours_that_are_over_are_closed(self):
        check = self.create_check()
        self.add_samples(check, self.hour, [1.0])
        self.roll_up()
        self.assertFalse(self.rows(check))
        self.env.cr.execute("SELECT closed_until FROM ops_health_rollup_mark")
        self.assertEqual(self.env.cr.fetchall(), [(self.hour,)])

    def test_doing_it_again_changes_nothing(self):
        check = self.create_check()
        self.add_samples(check, self.hour - HOUR, self.latencies(5))
        self.roll_up()
        before = [self.rows(check, unit) for unit in ("hour", "day")]
        self.roll_up()
        self.closed_until(self.hour - HOUR)
        self.roll_up()
        self.assertEqual([self.rows(check, unit) for unit in ("hour", "day")], before)

    def test_late_results_are_counted(self):
        check = self.create_check()
        self.add_samples(check, self.hour - 2 * HOUR, [1.0])
        self.roll_up()
        self.add_samples(check, self.hour - 2 * HOUR, [9.0])
        # As at the end of the next hour.
        self.closed_until(self.hour - HOUR)
        self.roll_up()
        for unit in ("hour", "day"):
            [row] = self.rows(check, unit)
            self.assertEqual((row["up"], row["latency_max"]), (2, 9.0))

    def test_many_hours_are_closed_in_one_pass(self):
        check = self.create_check()
        self.closed_until(self.hour - 40 * HOUR)
        for ago in (40, 20, 1):
            self.add_samples(check, self.hour - ago * HOUR, [1.0])
        self.roll_up()
        self.assertEqual(len(self.rows(check)), 3)

    def test_results_of_deleted_checks_are_left_out(self):
        check = self.create_check()
        self.add_samples(check, self.hour - HOUR, [1.0])
        check.unlink()
        self.roll_up()
        self.assertFalse(self.rows(check))

    def test_rollups_go_with_their_check(self):
        check = self.create_check()
        self.add_samples(check, self.hour - HOUR, [1.0])
        self.roll_up()
        self.assertTrue(self.rows(check))
        check.unlink()
        self.assertFalse(self.rows(check))

    def test_hours_are_kept_for_400_days_and_days_for_ever(self):
        check = self.create_check()
        self.add_samples(check, self.hour - HOUR, [1.0])
        self.roll_up()
        for unit in ("hour", "day"):
            self.env.cr.execute(
                f"INSERT INTO ops_health_rollup_{unit}"  # noqa: S608 - hour or day
                " SELECT check_id, at - unnest(ARRAY[399, 401]) * interval '1 day',"
                " up, degraded, down, unknown, latency_sum, latency_min, latency_max,"
                " places, counts"
                f" FROM ops_health_rollup_{unit} WHERE check_id = %s",
                [check.id],
            )
        with self.worker_transactions():
            self.env["ops.health.sample"]._gc_rollups()
        self.assertEqual(len(self.rows(check)), 2)
        self.assertEqual(len(self.rows(check, "day")), 3)

    def test_today_is_read_from_the_results(self):
        check = self.create_check()
        self.run_now(check)
        chart = check.retrieve_latency(1)
        [point] = chart["points"]
        self.assertEqual((point["results"], point["up"]), (1, 1))
        self.assertAlmostEqual(point["max"], check.last_latency_ms, 1)
        self.assertLessEqual(chart["begin"], point["at"])
        self.assertLessEqual(point["at"], chart["end"])

    def test_other_windows_are_refused(self):
        with self.assertRaisesRegex(UserError, "1, 7, 30 or 90 days"):
            self.create_check().retrieve_latency(365)

    def test_worker_rolls_up(self):
        loops = {loop.name: loop for loop in self.env["ops.worker"]._loops()}
        self.assertEqual(
            (loops["roll_up"].model, loops["roll_up"].method), ("ops.health.sample", "_roll_up")
        )
