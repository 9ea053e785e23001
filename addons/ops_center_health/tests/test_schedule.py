from itertools import pairwise

from odoo.tests import BaseCase, tagged

from ..schedule import seconds_to_next


@tagged("post_install", "-at_install")
class TestSchedule(BaseCase):
    def test_slots_keep_their_distance_however_late_a_probe_ends(self):
        slots = set()
        for ended in (1000.0, 1000.4, 1031.0, 1059.9):
            slots.add(round(ended + seconds_to_next(ended, 30, key=7), 6) % 30)
        self.assertEqual(len(slots), 1)

    def test_grid_of_a_check_is_always_the_same(self):
        # Nobody remembers it: another release must not shift what is watched.
        self.assertAlmostEqual(seconds_to_next(0, 60, key=1), 37.082, 3)
        self.assertAlmostEqual(seconds_to_next(0, 60, key=2), 14.164, 3)

    def test_missed_slots_are_left_out(self):
        self.assertLessEqual(seconds_to_next(1_000_000.0, 30, key=7), 30)
        self.assertGreater(seconds_to_next(1_000_000.0, 30, key=7), 0)

    def test_checks_of_one_interval_are_spread_over_it(self):
        slots = sorted(seconds_to_next(0, 60, key) for key in range(1, 31))
        gaps = [later - earlier for earlier, later in pairwise(slots)]
        self.assertLess(max(gaps), 5)
        self.assertGreater(min(gaps), 0.5)
