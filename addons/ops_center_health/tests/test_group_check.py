from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..storage import states
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestGroupCheck(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(cls.env, "viewer", "ops_center_base.group_viewer")
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")

    def setUp(self):
        super().setUp()
        self.broken_paths = set()
        once = {"failure_threshold": 1, "success_threshold": 1}
        self.first, self.second, self.third = self.members = self.env["ops.health.check"].union(
            *(
                self.create_check(name=f"Shop {number}", url=f"{self.url}/{number}", **once)
                for number in (1, 2, 3)
            )
        )
        self.run_due()

    def serve(self, exchange):
        if exchange.path in self.broken_paths:
            exchange.answer(status="500 Internal Server Error")
        else:
            exchange.answer()

    def create_group(self, members=None, **values):
        return self.create_check(
            **{
                "name": "Shops",
                "kind": "group",
                "url": False,
                "member_ids": (self.members if members is None else members).ids,
                **values,
            }
        )

    def fail(self, *numbers):
        """Have just these members fail, and let the worker see it."""
        self.broken_paths = {f"/{number}" for number in numbers}
        self.run_now(self.members)

    # === STATES === #

    def test_follows_its_members_at_once(self):
        group = self.create_group()
        self.assertEqual(group.state, "up")
        self.fail(2)
        self.assertEqual(group.state, "down")
        self.fail()
        self.assertEqual(group.state, "up")

    def test_never_looks(self):
        group = self.create_group()
        # Their next turn may be near.
        self.members.interval = 3600
        self.run_now(self.members)
        requests = len(self.exchanges)
        self.run_due()
        self.assertEqual(len(self.exchanges), requests)
        self.assertFalse(states.latest(self.env.cr, group.ids))
        self.assertFalse(group.heartbeats)

    def test_suppressed_members_are_down(self):
        group = self.create_group()
        self.first.depends_on_ids = self.second
        self.fail(1, 2)
        self.assertEqual(self.first.state, "suppressed")
        self.assertEqual(group.state, "down")
        self.assertIn("Down: Shop 1, Shop 2.", group.last_message)

    def test_checks_may_depend_on_a_group(self):
        group = self.create_group(self.second)
        self.first.depends_on_ids = group
        self.fail(1, 2)
        self.run_now(self.first)
        self.assertEqual(self.first.state, "suppressed")
        self.assertEqual(group.incident_ids.affected_check_ids, self.first)
        with self.assertRaisesRegex(ValidationError, "Have the members depend"):
            group.depends_on_ids = self.third

    def test_enough_members(self):
        group = self.create_group(group_rule="minimum", group_minimum=2)
        self.fail(1)
        self.assertEqual(group.state, "up")
        self.assertIn("Down: Shop 1.", group.last_message)
        self.fail(1, 3)
        self.assertEqual(group.state, "down")

    def test_share_of_members(self):
        group = self.create_group(group_rule="share", group_share=60)
        self.fail(1)
        self.assertEqual(group.state, "up")
        self.fail(1, 2)
        self.assertEqual(group.state, "down")

    def test_another_rule_or_member_counts_at_once(self):
        group = self.create_group()
        self.fail(1)
        group.write({"group_rule": "minimum", "group_minimum": 1})
        self.assertEqual(group.state, "up")
        group.write({"group_rule": "all"})
        self.assertEqual(group.state, "down")
        group.member_ids -= self.first
        self.assertEqual(group.state, "up")

    def test_paused_archived_and_deleted_members_do_not_count(self):
        group = self.create_group()
        self.fail(1)
        self.first.action_pause()
        self.assertEqual(group.state, "up")
        self.first.action_resume()
        self.assertEqual(group.state, "unknown")
        self.run_due()
        self.assertEqual(group.state, "down")
        self.first.active = False
        self.assertEqual(group.state, "up")
        self.first.active = True
        self.assertEqual(group.state, "down")
        self.first.unlink()
        self.assertEqual(group.state, "up")

    def test_group_in_a_group(self):
        inner = self.create_group(self.first + self.second, name="Inner")
        outer = self.create_group(inner + self.third, name="Outer")
        self.fail(1)
        self.assertEqual((inner + outer).mapped("state"), ["down", "down"])
        self.assertIn("Down: Inner.", outer.last_message)
        self.fail()
        self.assertEqual((inner + outer).mapped("state"), ["up", "up"])

    def test_paused_group_rests_and_knows_its_state_when_it_is_resumed(self):
        group = self.create_group()
        group.action_pause()
        self.fail(1)
        self.assertEqual(group.state, "paused")
        self.assertFalse(group.incident_ids)
        group.action_resume()
        self.assertEqual(group.state, "down")
        self.assertTrue(group.incident_ids)

    def test_archived_group_rests(self):
        group = self.create_group()
        group.active = False
        self.fail(1)
        self.assertEqual(group.state, "up")
        group.active = True
        self.assertEqual(group.state, "down")

    def test_uptime_follows_from_its_states(self):
        group = self.create_group()
        self.env.cr.execute(
            "UPDATE ops_health_interval SET started_at = started_at - interval '1 hour'"
        )
        self.env.invalidate_all()
        self.assertEqual(group.uptimes[0], {"days": 1, "share": 1.0})

    def pass_time_unseen(self, *members):
        """Have nobody have looked at these members for an hour, which began an hour ago."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ops_health_interval SET started_at = started_at - interval '2 hours';"
            "UPDATE ops_health_check_state SET last_at = last_at - interval '1 hour',"
            " next_run = next_run - interval '1 hour' WHERE check_id = ANY(%s)",
            [[member.id for member in members]],
        )
        self.env.invalidate_all()

    def seconds(self, group):
        """For how long the group was in which state, in hours."""
        totals = {}
        for bar in group.retrieve_bars("day"):
            for state, seconds in bar["seconds"].items():
                totals[state] = totals.get(state, 0) + seconds
        return {state: round(total / 3600, 1) for state, total in totals.items()}

    def test_nobody_knows_it_while_nobody_looks_at_its_members(self):
        outer = self.create_group(self.create_group(), name="All")
        self.pass_time_unseen(*self.members)
        for _seen_again in range(2):
            self.assertEqual(self.seconds(outer), {"up": 1, "unknown": 1})
            self.run_now(self.members)
            self.assertFalse(outer.unseen_since)
        self.assertEqual(outer.state, "up")

    def test_one_member_that_is_looked_at_tells_of_the_group(self):
        group = self.create_group()
        self.pass_time_unseen(self.first, self.second)
        self.assertFalse(group.unseen_since)
        self.run_now(self.members)
        self.assertEqual(self.seconds(group), {"up": 2})

    # === INCIDENTS === #

    def test_incident_names_the_members_in_trouble(self):
        group = self.create_group()
        self.fail(1)
        self.assertIn("Down: Shop 1.", group.incident_ids.cause)
        self.assertIn("Shop 1 (down): ", group.incident_ids.evidence)
        self.assertIn("500", group.incident_ids.evidence)
        self.fail(1, 3)
        self.assertIn("Down: Shop 1, Shop 3.", group.incident_ids.cause)
        self.assertEqual(len(self.events("incident.opened")), 3)
        self.fail()
        self.assertEqual(group.incident_ids.state, "resolved")

    def test_members_keep_their_incidents(self):
        self.create_group()
        self.fail(1)
        self.assertEqual(self.first.incident_ids.state, "open")

    def test_muted_members_open_none(self):
        group = self.create_group(mute_members=True, group_rule="minimum", group_minimum=2)
        self.fail(1)
        self.assertEqual(self.first.state, "down")
        self.assertFalse((group + self.members).incident_ids)
        self.fail(1, 2)
        self.assertEqual((group + self.members).incident_ids.check_id, group)

    def test_members_speak_for_themselves_when_the_group_no_longer_does(self):
        ends = (
            lambda group: group.write({"mute_members": False}),
            lambda group: group.write({"member_ids": [(3, self.first.id)]}),
            lambda group: group.write({"active": False}),
            lambda group: group.action_pause(),
            lambda group: group.unlink(),
        )
        for end in ends:
            group = self.create_group(mute_members=True)
            self.fail(1)
            self.assertFalse(self.first.incident_ids)
            end(group)
            self.assertEqual(self.first.incident_ids.state, "open")
            self.assertIn("500", self.first.incident_ids.cause)
            group.exists().unlink()
            self.first.incident_ids.unlink()
            self.fail()

    # === RIGHTS AND MISTAKES === #

    def test_operator_adds_a_group_and_runs_its_members(self):
        form = Form(self.env["ops.health.check"].with_user(self.operator))
        form.name = "Shops"
        form.environment_id = self.environment
        form.kind = "group"
        form.member_ids.add(self.first)
        form.member_ids.add(self.second)
        group = form.save()
        self.assertEqual(group.state, "up")
        self.broken_paths = {"/1"}
        group.action_run_now()
        self.run_due()
        self.assertEqual(group.state, "down")

    def test_viewer_reads_it_and_changes_nothing(self):
        group = self.create_group().with_user(self.viewer)
        self.assertIn("3 of 3 members are up", group.last_message)
        with self.assertRaises(AccessError):
            group.mute_members = True

    def test_no_members_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = {"name": "Theirs", "company_id": other.id}
        application = self.env["ops.application"].create(theirs)
        environment = self.env["ops.environment"].create(
            {**theirs, "application_id": application.id}
        )
        check = self.create_check(
            environment_id=environment.id, kind="heartbeat", url=False, interval=3600
        )
        with self.assertRaisesRegex(UserError, "Members"):
            self.create_group(check)

    def test_no_circles(self):
        inner = self.create_group(name="Inner")
        outer = self.create_group(inner, name="Outer")
        with self.assertRaisesRegex(ValidationError, "member of itself"):
            inner.member_ids += outer
        with self.assertRaisesRegex(ValidationError, "member of itself"):
            inner.member_ids += inner

    def test_group_has_members_and_nothing_else_does(self):
        with self.assertRaisesRegex(ValidationError, "Members"):
            self.create_group(self.members.browse())
        with self.assertRaisesRegex(ValidationError, "Members"):
            self.first.member_ids = self.second

    def test_limits_are_sensible(self):
        with self.assertRaisesRegex(ValidationError, "At Least"):
            self.create_group(group_rule="minimum", group_minimum=4)
        for values in ({"group_minimum": 0}, {"group_share": 0}, {"group_share": 101}):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.create_group(**values).flush_recordset()

    def test_kind_stays(self):
        with self.assertRaisesRegex(UserError, "new check"):
            self.create_group().kind = "tcp"
        with self.assertRaisesRegex(UserError, "new check"):
            self.first.kind = "group"
