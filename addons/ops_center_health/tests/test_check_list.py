from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import HealthCase


@tagged("post_install", "-at_install")
class TestCheckList(HealthCase):
    """What is done to many checks at once, from a list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "acting", "ops_center_base.group_operator")

    def create_mixed(self):
        """A check that runs, one that is paused, and one that is archived."""
        running = self.create_check(name="Running")
        paused = self.create_check(name="Paused")
        archived = self.create_check(name="Archived")
        paused.action_pause()
        archived.action_archive()
        return running, paused, archived

    def told(self, checks, action):
        """What a user is told after a button of the list."""
        notification = getattr(checks.with_user(self.operator), action)()
        self.assertEqual(notification["tag"], "display_notification")
        return notification["params"]["type"], notification["params"]["message"]

    def test_run_now_leaves_out_what_does_not_run(self):
        running, paused, archived = self.create_mixed()
        self.run_due()
        self.exchanges.clear()
        self.assertEqual(
            self.told(running | paused | archived, "action_run_selected"),
            (
                "warning",
                "Run now: 1 (Running). Paused, so resume them first: 1 (Paused)."
                " Archived, so restore them first: 1 (Archived).",
            ),
        )
        self.run_due()
        self.assertEqual(len(self.exchanges), 1)

    def test_pause_and_resume(self):
        running, paused, _archived = self.create_mixed()
        both = running | paused
        self.assertEqual(
            self.told(both, "action_pause_selected"),
            ("warning", "Paused: 1 (Running). Paused already: 1 (Paused)."),
        )
        self.assertEqual(
            self.told(both, "action_resume_selected"),
            ("success", "Resumed: 2 (Running, Paused)."),
        )
        self.assertEqual(both.mapped("state"), ["unknown", "unknown"])
        self.assertEqual(
            self.told(both, "action_resume_selected"),
            ("warning", "Nothing was done. Not paused: 2 (Running, Paused)."),
        )

    def test_few_names_are_told(self):
        checks = self.env["ops.health.check"].union(
            *(self.create_check(name=f"Page {number}") for number in range(7))
        )
        _type, message = self.told(checks, "action_pause_selected")
        self.assertEqual(message, "Paused: 7 (Page 0, Page 1, Page 2, Page 3, Page 4, and 2 more).")

    def test_viewers_may_not(self):
        check = self.create_check()
        viewer = new_test_user(self.env, "looking", "ops_center_base.group_viewer")
        for action in ("action_run_selected", "action_pause_selected", "action_resume_selected"):
            with self.assertRaises(AccessError):
                getattr(check.with_user(viewer), action)()

    def test_actions_are_offered_to_operators_only(self):
        viewer = new_test_user(self.env, "looking", "ops_center_base.group_viewer")
        actions = self.env["ir.actions.actions"]
        for user, names in ((self.operator, {"Run Now", "Pause", "Resume"}), (viewer, set())):
            bound = actions.with_user(user).get_bindings("ops.health.check").get("action", ())
            self.assertEqual(names, {"Run Now", "Pause", "Resume"} & {a["name"] for a in bound})

    def test_checks_by_customer(self):
        customer = self.env["res.partner"].create({"name": "Azure Interior"})
        check = self.create_check()
        self.environment.partner_id = customer
        [[found, count]] = self.env["ops.health.check"]._read_group(
            [("partner_id", "!=", False)], ["partner_id"], ["__count"]
        )
        self.assertEqual((found, count, check.partner_id), (customer, 1, customer))
