from odoo.tests import BaseCase

from ..remembered import GRACE, Remembered


class TestRemembered(BaseCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.made = []
        self.remembered = Remembered(30, 2, clock=lambda: self.now)

    def get(self, key, answer="answer"):
        def make():
            self.made.append(key)
            return answer

        return self.remembered.get(key, make)

    def test_an_answer_is_made_once_until_it_is_too_old(self):
        self.assertEqual(self.get("a", "old"), "old")
        self.now = 29.9
        self.assertEqual(self.get("a", "new"), "old")
        self.now = 30
        self.assertEqual(self.get("a", "new"), "new")
        self.assertEqual(self.made, ["a", "a"])

    def test_others_get_the_old_answer_while_one_makes_a_new_one(self):
        self.get("a", "old")
        self.now = 31
        meanwhile = []

        def make():
            meanwhile.append(self.get("a", "never made"))
            return "new"

        self.assertEqual(self.remembered.get("a", make), "new")
        self.assertEqual(meanwhile, ["old"])

    def test_a_failure_to_make_it_is_followed_by_another_try(self):
        self.get("a", "old")
        self.now = 31
        with self.assertRaises(ZeroDivisionError):
            self.remembered.get("a", lambda: 1 / 0)
        self.assertEqual(self.get("a", "new"), "old")
        self.now += GRACE
        self.assertEqual(self.get("a", "new"), "new")

    def test_what_does_not_exist_is_not_kept(self):
        self.assertIsNone(self.get("a", None))
        self.assertEqual(self.get("a"), "answer")

    def test_what_no_longer_exists_is_forgotten(self):
        self.get("a")
        self.now = 31
        self.assertIsNone(self.get("a", None))
        self.assertIsNone(self.get("a", None))

    def test_only_the_newest_are_kept(self):
        for key in "abc":
            self.get(key)
        self.made.clear()
        for key in "cba":
            self.get(key)
        self.assertEqual(self.made, ["a"])
