from odoo.tests import BaseCase, tagged

from ..standing import Standing


@tagged("post_install", "-at_install")
class TestStanding(BaseCase):
    def states_after(self, state, *verdicts, failure_threshold=3, success_threshold=2):
        standing, states = Standing(state), []
        for verdict in verdicts:
            standing = standing.after(verdict, failure_threshold, success_threshold)
            states.append(standing.state)
        return states

    def test_trouble_needs_several_failures_in_a_row(self):
        self.assertEqual(
            self.states_after("up", "down", "down", "up", "down", "down", "down"),
            ["up", "up", "up", "up", "up", "down"],
        )

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
