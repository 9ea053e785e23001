from itertools import pairwise, product

from odoo.tests import BaseCase, tagged

from ..standing import FLAPPING_WINDOW, MAX_WINDOW, Standing


@tagged("post_install", "-at_install")
class TestStanding(BaseCase):
    def standings_after(
        self, state, *verdicts, failure_threshold=3, failure_window=None, success_threshold=2
    ):
        standing = Standing(state)
        for verdict in verdicts:
            standing = standing.after(
                verdict, failure_threshold, failure_window or failure_threshold, success_threshold
            )
            yield standing

    def states_after(self, *args, **thresholds):
        return [standing.state for standing in self.standings_after(*args, **thresholds)]

    def test_trouble_needs_several_failures_in_a_row(self):
        self.assertEqual(
            self.states_after("up", "down", "down", "up", "down", "down", "down"),
            ["up", "up", "up", "up", "up", "down"],
        )

    def test_trouble_may_need_several_failures_among_the_last_verdicts(self):
        self.assertEqual(
            self.states_after("up", "down", "up", "down", "up", "down", failure_window=5),
            ["up", "up", "up", "up", "down"],
        )
        self.assertEqual(
            self.states_after("up", "down", "up", "down", "up", "up", "down", failure_window=5),
            ["up"] * 6,
        )

    def test_failures_before_the_end_of_a_trouble_do_not_open_the_next(self):
        for success_threshold in (1, 2):
            self.assertEqual(
                self.states_after(
                    "up",
                    *["down"] * 3,
                    *["up"] * success_threshold,
                    *["down"] * 3,
                    failure_window=10,
                    success_threshold=success_threshold,
                )[-4:],
                ["up", "up", "up", "down"],
            )

    def test_what_is_believed_follows_from_the_verdicts_alone(self):
        for verdicts in product(("up", "down"), repeat=9):
            for needed, window, successes in ((1, 1, 1), (2, 2, 2), (2, 4, 2), (3, 5, 1)):
                state, since = "up", 0
                expected = []
                for count in range(1, len(verdicts) + 1):
                    seen = verdicts[:count]
                    failures = seen[max(since, count - window) :].count("down")
                    if state == "up" and seen[-1] == "down" and failures >= needed:
                        state = "down"
                    elif state == "down" and seen[-successes:] == ("up",) * successes:
                        state, since = "up", count
                    expected.append(state)
                self.assertEqual(
                    self.states_after(
                        "up",
                        *verdicts,
                        failure_threshold=needed,
                        failure_window=window,
                        success_threshold=successes,
                    ),
                    expected,
                    verdicts,
                )

    def test_no_more_is_remembered_than_counts(self):
        *_, last = self.standings_after("up", *["up", "down"] * MAX_WINDOW)
        self.assertEqual(len(last.recent), FLAPPING_WINDOW)
        last = last.after("up", 1, MAX_WINDOW, 1).after("up", 1, 1, MAX_WINDOW)
        self.assertEqual(len(last.recent), FLAPPING_WINDOW + 2)

    def test_long_windows_count_to_their_end(self):
        many = ["down"] * MAX_WINDOW
        self.assertEqual(
            self.states_after("up", *many, failure_threshold=MAX_WINDOW)[-2:], ["up", "down"]
        )
        good = ["up"] * MAX_WINDOW
        states = self.states_after("down", *good, success_threshold=MAX_WINDOW)
        self.assertEqual(states[-2:], ["down", "up"])

    def test_suppressed_stays_so_until_it_is_seen_to_be_otherwise(self):
        self.assertEqual(self.states_after("suppressed", *["down"] * 4), ["suppressed"] * 4)
        self.assertEqual(self.states_after("suppressed", "up", "up"), ["suppressed", "up"])
        self.assertEqual(self.states_after("suppressed", *["degraded"] * 3)[-1], "degraded")

    def test_what_is_expected_needs_no_second_look(self):
        self.assertTrue(Standing("suppressed").expects("down"))
        self.assertFalse(Standing("suppressed").expects("up"))
        self.assertTrue(Standing("up").expects("up"))
        self.assertFalse(Standing("up").expects("down"))

    # === FLAPPING === #

    def turns_of(self, *verdicts):
        """After how many verdicts flapping begins or ends."""
        standings = [Standing("up"), *self.standings_after("up", *verdicts)]
        return [
            count
            for count, (former, standing) in enumerate(pairwise(standings), 1)
            if former.is_flapping != standing.is_flapping
        ]

    def test_flapping_begins_at_half_changes_and_ends_at_a_quarter(self):
        # The latest nine of nineteen have more than half of all the weight, the first five less
        # than a quarter.
        self.assertEqual(self.turns_of(*["up", "down"] * 10, *["up"] * 20), [10, 35])

    def test_outage_is_no_flapping(self):
        outage = [*["down"] * 5, *["up"] * 5]
        self.assertEqual(self.turns_of(*outage * 6), [])

    def test_flapping_is_judged_by_the_last_results_however_many_are_remembered(self):
        turning = ["up", "down"] * 10
        for window in (3, MAX_WINDOW):
            *_, last = self.standings_after(
                "up", *turning, *["up"] * 15, failure_threshold=3, failure_window=window
            )
            self.assertFalse(last.is_flapping)

    def test_flapping_does_not_depend_on_what_is_believed(self):
        for state in ("up", "down", "suppressed", "unknown"):
            *_, last = self.standings_after(state, *["up", "down"] * 10)
            self.assertTrue(last.is_flapping)

    # === BELIEF === #

    def test_trouble_ends_after_several_successes_in_a_row(self):
        self.assertEqual(
            self.states_after("down", "up", "down", "up", "up"), ["down", "down", "down", "up"]
        )

    def test_first_success_is_believed_at_once(self):
        self.assertEqual(self.states_after("unknown", "up"), ["up"])

    def test_first_failure_is_not(self):
        self.assertEqual(self.states_after("unknown", "down"), ["unknown"])

    def test_how_bad_it_is_follows_the_latest_verdict(self):
        self.assertEqual(
            self.states_after("up", "down", "down", "degraded", "down"),
            ["up", "up", "degraded", "down"],
        )

    def test_not_being_able_to_look_is_believed_late_too(self):
        self.assertEqual(
            self.states_after("up", "unknown", "unknown", "unknown"), ["up", "up", "unknown"]
        )

    def test_threshold_of_one_believes_everything(self):
        self.assertEqual(
            self.states_after("up", "down", "up", failure_threshold=1, success_threshold=1),
            ["down", "up"],
        )

    def test_success_that_ends_a_trouble_is_marked_in_its_place(self):
        [*_others, standing] = self.standings_after("up", "down", "down", "down", "up", "up")
        self.assertEqual(standing, Standing("up", "ddduU"))

    def test_more_failures_than_needed_are_as_good(self):
        self.assertEqual(
            self.states_after(
                "up", "down", "down", "down", "degraded", failure_threshold=2, failure_window=5
            ),
            ["up", "down", "down", "degraded"],
        )

    def test_only_another_state_or_flapping_is_a_difference(self):
        standing = Standing("up", "uu")
        self.assertFalse(standing.differs(Standing("up", "u")))
        self.assertTrue(standing.differs(Standing("down", "uu")))
        self.assertTrue(standing.differs(Standing("up", "uu", is_flapping=True)))
        self.assertTrue(Standing("up", "uu", is_flapping=True).differs(standing))
