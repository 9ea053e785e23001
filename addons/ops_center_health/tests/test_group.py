from odoo.tests import BaseCase, tagged

from ..group import Member, judge


@tagged("post_install", "-at_install")
class TestGroup(BaseCase):
    def verdict(self, states, **limits):
        members = [Member(f"M{number}", state, "") for number, state in enumerate(states.split())]
        return judge(members, **limits).verdict

    def test_all_members_have_to_be_up(self):
        self.assertEqual(self.verdict("up up"), "up")
        self.assertEqual(self.verdict("up degraded"), "degraded")
        self.assertEqual(self.verdict("degraded down"), "down")

    def test_minimum_tolerates_the_others(self):
        self.assertEqual(self.verdict("up up down", minimum=2), "up")
        self.assertEqual(self.verdict("up degraded down", minimum=2), "degraded")
        self.assertEqual(self.verdict("up down down", minimum=2), "down")

    def test_more_than_the_minimum_are_as_good(self):
        self.assertEqual(self.verdict("up up up down", minimum=2), "up")
        self.assertEqual(self.verdict("up degraded degraded", minimum=2), "degraded")
        self.assertEqual(self.verdict("up unknown unknown down", minimum=2), "unknown")

    def test_share_is_rounded_up(self):
        self.assertEqual(self.verdict("up up down", share=66), "up")
        self.assertEqual(self.verdict("up up down", share=67), "down")
        self.assertEqual(self.verdict("up up down down", share=50), "up")

    def test_what_nobody_knows_decides_nothing(self):
        self.assertEqual(self.verdict("up unknown"), "unknown")
        self.assertEqual(self.verdict("down unknown"), "down")
        self.assertEqual(self.verdict("up unknown", minimum=1), "up")
        self.assertEqual(self.verdict("down unknown", minimum=1), "unknown")

    def test_who_is_left_out_on_purpose_does_not_count(self):
        self.assertEqual(self.verdict("up paused maintenance"), "up")
        self.assertEqual(self.verdict("up paused paused", minimum=2), "up")
        self.assertEqual(self.verdict("down paused", share=50), "down")
        self.assertEqual(self.verdict("paused"), "unknown")
        self.assertEqual(self.verdict(""), "unknown")

    def test_says_who_is_in_trouble(self):
        measure = judge(
            [
                Member("Shop", "down", "It answered with 500."),
                Member("Mail", "degraded", "It was slow."),
                Member("Wiki", "up", "Fine."),
            ],
            minimum=2,
        )
        self.assertEqual(
            measure.message, "1 of 3 members are up, 2 must be. Down: Shop. Degraded: Mail."
        )
        self.assertEqual(
            measure.evidence,
            "Shop (down): It answered with 500.\nMail (degraded): It was slow.",
        )
