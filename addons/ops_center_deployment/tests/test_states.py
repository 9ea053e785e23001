from itertools import product

from odoo.tests import BaseCase, tagged

from odoo.addons.ops_center_deployment import states

PATH = [
    "draft",
    "waiting",
    "scheduled",
    "queued",
    "building",
    "deploying",
    "verifying",
    "live",
    "superseded",
]
ENDS = {"superseded", "failed", "cancelled", "rejected", "rolled_back", "lost"}

# Written out anew: who changes the table says so here too.
MOVES = {
    ("draft", "scheduled"),
    ("draft", "waiting"),
    ("draft", "queued"),
    ("draft", "building"),
    ("draft", "deploying"),
    ("draft", "live"),
    ("draft", "failed"),
    ("draft", "cancelled"),
    ("scheduled", "queued"),
    ("scheduled", "cancelled"),
    ("waiting", "scheduled"),
    ("waiting", "queued"),
    ("waiting", "cancelled"),
    ("waiting", "rejected"),
    ("queued", "building"),
    ("queued", "deploying"),
    ("queued", "verifying"),
    ("queued", "failed"),
    ("queued", "cancelled"),
    ("queued", "lost"),
    ("building", "deploying"),
    ("building", "verifying"),
    ("building", "failed"),
    ("building", "cancelled"),
    ("building", "lost"),
    ("deploying", "verifying"),
    ("deploying", "live"),
    ("deploying", "failed"),
    ("deploying", "cancelled"),
    ("deploying", "rolled_back"),
    ("deploying", "lost"),
    ("verifying", "live"),
    ("verifying", "failed"),
    ("verifying", "cancelled"),
    ("verifying", "rolled_back"),
    ("verifying", "lost"),
    ("live", "superseded"),
    ("live", "rolled_back"),
}


@tagged("post_install", "-at_install")
class TestStates(BaseCase):
    def test_every_pair_of_states(self):
        """All 196 pairs: those of the table pass, all others are refused."""
        every_state = set(PATH) | ENDS
        self.assertEqual(states.TRANSITIONS.keys(), every_state)
        for source, target in product(every_state, repeat=2):
            with self.subTest(source=source, target=target):
                if (source, target) in MOVES:
                    states.check(source, target)
                else:
                    with self.assertRaises(states.TransitionError):
                        states.check(source, target)

    def test_unknown_states_are_refused(self):
        for source, target in [("draft", "done"), ("done", "live"), ("", "")]:
            with self.assertRaises(states.TransitionError):
                states.check(source, target)

    def test_nothing_leaves_an_end(self):
        self.assertEqual(states.ENDS, ENDS)

    def test_moves_only_go_forward(self):
        for source, target in product(PATH, repeat=2):
            if target in states.TRANSITIONS[source]:
                self.assertLess(PATH.index(source), PATH.index(target))

    def test_active_states_can_always_be_ended(self):
        for state in states.ACTIVE:
            self.assertLessEqual({"failed", "cancelled", "lost"}, states.TRANSITIONS[state])
