from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import ops_health_check_dependency
from .common import HealthCase


@tagged("post_install", "-at_install")
class TestDependency(HealthCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "operator", "ops_center_base.group_operator")
        cls.env["ops.notification.channel"].create(
            {
                "name": "On duty",
                "kind": "email",
                "partner_ids": cls.operator.partner_id.ids,
                "minimum_level": "warning",
            }
        )

    def setUp(self):
        super().setUp()
        self.broken_paths = set()
        self.parent = self.create_check(name="Database", url=f"{self.url}/database")
        self.child = self.create_child("Shop", self.parent)
        self.run_due()

    def serve(self, exchange):
        if exchange.path in self.broken_paths:
            exchange.answer(status="500 Internal Server Error", body=b"out of order")
        else:
            exchange.answer(**self.answers)

    def create_child(self, name, *parents, **values):
        return self.create_check(
            name=name,
            url=f"{self.url}/{name.lower()}",
            depends_on_ids=[parent.id for parent in parents],
            **values,
        )

    def break_checks(self, *checks):
        self.broken_paths |= {check.url.removeprefix(self.url) for check in checks}

    def mend_all(self):
        self.broken_paths.clear()

    def suppress(self, *others):
        """Break the database, and what depends on it."""
        self.break_checks(self.parent, self.child, *others)
        self.run_now(self.parent, 3)
        self.run_now(self.child, 3)
        return self.parent.incident_ids

    def fail_for_good(self, check):
        """Have a check fail until nobody waits for what it depends on any more."""
        self.run_now(check, 3)
        self.run_due()
        self.run_now(check)

    def due(self, *checks):
        self.env.cr.execute(
            "SELECT check_id FROM ops_health_check_state"
            " WHERE check_id = ANY(%s) AND next_run <= (now() AT TIME ZONE 'UTC')",
            [[check.id for check in checks]],
        )
        return self.env["ops.health.check"].browse(check for [check] in self.env.cr.fetchall())

    def test_failing_child_of_what_is_down_is_suppressed_and_listed(self):
        incident = self.suppress()
        self.assertEqual((self.parent.state, self.child.state), ("down", "suppressed"))
        self.assertFalse(self.child.incident_ids)
        self.assertEqual(incident.affected_check_ids, self.child)
        self.assertEqual(len(self.env["ops.notification"].search([])), 1)
        self.assertEqual(self.environment.health_state, "down")
        # It stays so, without a closer look than usual and without another reaction.
        self.run_now(self.child, 3)
        self.assertEqual(self.child.state, "suppressed")
        self.assertFalse(self.due(self.child))

    def test_child_that_works_is_up(self):
        self.break_checks(self.parent)
        self.run_now(self.parent, 3)
        self.run_now(self.child, 3)
        self.assertEqual(self.child.state, "up")
        self.assertFalse(self.parent.incident_ids.affected_check_ids)

    def test_suppressed_child_that_works_again_is_up(self):
        self.suppress()
        self.broken_paths.remove("/shop")
        self.run_now(self.child, 2)
        self.assertEqual((self.parent.state, self.child.state), ("down", "up"))

    def test_children_are_looked_at_at_once_when_the_parent_is_up_again(self):
        incident = self.suppress()
        self.mend_all()
        self.run_now(self.parent, 2)
        self.assertEqual(incident.state, "resolved")
        self.assertEqual(self.due(self.child), self.child)
        self.run_due()
        self.assertEqual(self.child.state, "up")
        self.assertEqual(incident.affected_check_ids, self.child)

    def test_child_that_stays_broken_gets_its_own_incident_after_a_new_start(self):
        self.suppress()
        self.broken_paths.remove("/database")
        self.run_now(self.parent, 2)
        self.run_now(self.child, 2)
        self.assertEqual(self.child.state, "suppressed")
        self.assertFalse(self.child.incident_ids)
        self.fail_for_good(self.child)
        self.assertEqual(self.child.state, "down")
        self.assertEqual(self.child.incident_ids.state, "open")

    def test_child_that_fails_first_waits_until_the_parent_was_looked_at(self):
        self.break_checks(self.parent, self.child)
        self.run_now(self.child, 3)
        self.assertEqual(self.child.state, "up")
        self.assertFalse(self.child.incident_ids)
        self.assertEqual(self.due(self.parent), self.parent)
        self.assertFalse(self.due(self.child))
        # The parent fails, which isn't believed yet.
        self.run_due()
        self.run_now(self.child)
        self.assertEqual(self.child.state, "up")
        self.run_now(self.parent, 2)
        self.run_now(self.child)
        self.assertEqual(self.child.state, "suppressed")
        self.assertFalse(self.child.incident_ids)
        self.assertEqual(self.parent.incident_ids.affected_check_ids, self.child)

    def test_own_incident_opens_when_the_parent_is_well(self):
        self.break_checks(self.child)
        self.fail_for_good(self.child)
        self.assertEqual((self.parent.state, self.child.state), ("up", "down"))
        self.assertEqual(self.child.incident_ids.state, "open")

    def test_patience_has_an_end(self):
        self.patch(ops_health_check_dependency, "PATIENCE", timedelta(0))
        self.break_checks(self.child)
        self.run_now(self.child, 3)
        self.assertEqual(self.child.incident_ids.state, "open")

    def test_paused_parent_is_not_waited_for(self):
        self.parent.action_pause()
        self.break_checks(self.child)
        self.run_now(self.child, 3)
        self.assertEqual(self.child.incident_ids.state, "open")

    def test_chain(self):
        grandchild = self.create_child("Report", self.child)
        self.run_due()
        incident = self.suppress(grandchild)
        self.run_now(grandchild, 3)
        self.assertEqual(grandchild.state, "suppressed")
        self.assertEqual(incident.affected_check_ids, self.child | grandchild)
        viewer = new_test_user(self.env, "viewer", "ops_center_base.group_viewer")
        action = grandchild.with_user(viewer).action_view_cause()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), incident)
        # The one in between is the next to blame.
        self.broken_paths.remove("/database")
        self.run_now(self.parent, 2)
        self.fail_for_good(self.child)
        self.assertEqual((self.child.state, grandchild.state), ("down", "suppressed"))
        self.assertEqual(self.child.incident_ids.affected_check_ids, grandchild)
        self.mend_all()
        self.run_now(self.child, 2)
        self.run_due()
        self.assertEqual(grandchild.state, "up")

    def test_second_parent_that_is_down_still_suppresses(self):
        other = self.create_check(name="Cache", url=f"{self.url}/cache")
        self.child.depends_on_ids |= other
        self.run_due()
        self.break_checks(other)
        self.run_now(other, 3)
        incident = self.suppress()
        self.assertEqual(incident.affected_check_ids, self.child)
        self.assertEqual(other.incident_ids.affected_check_ids, self.child)
        self.broken_paths.remove("/database")
        self.run_now(self.parent, 2)
        self.run_now(self.child, 5)
        self.assertEqual(self.child.state, "suppressed")

    def test_parent_that_is_taken_away_suppresses_no_longer(self):
        self.parent.environment_id = self.environment.copy({"name": "Elsewhere"})
        for take_away in (
            self.parent.action_pause,
            self.parent.action_archive,
            lambda: self.child.write({"depends_on_ids": [Command.clear()]}),
            self.parent.unlink,
        ):
            with self.subTest(take_away), self.env.cr.savepoint() as savepoint:
                self.suppress()
                take_away()
                self.assertEqual(self.due(self.child), self.child)
                self.run_now(self.child, 3)
                self.assertEqual(self.child.state, "down")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_parent_that_is_archived_with_its_environment_suppresses_no_longer(self):
        self.parent.environment_id = self.environment.copy({"name": "Elsewhere"})
        self.suppress()
        self.parent.environment_id.active = False
        self.run_now(self.child)
        self.assertEqual(self.child.state, "down")
        self.mend_all()
        self.run_now(self.child, 2)
        self.assertEqual(self.child.state, "up")

    # === RULES === #

    def test_circle_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "“Depends On” of Database leads back"):
            self.parent.depends_on_ids = self.child
        with self.assertRaisesRegex(ValidationError, "leads back to itself"):
            self.child.depends_on_ids |= self.child

    def test_check_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        application = self.application.copy({"company_id": company.id})
        environment = self.environment.copy(
            {"company_id": company.id, "application_id": application.id}
        )
        foreign = self.create_check(
            name="Foreign", environment_id=environment.id, url="https://example.com"
        )
        with self.assertRaisesRegex(UserError, "Foreign"):
            self.child.depends_on_ids |= foreign

    def test_operator_says_on_what_it_depends(self):
        with Form(self.child.with_user(self.operator)) as form:
            form.depends_on_ids.clear()
        self.assertFalse(self.parent.dependent_ids)
        with Form(self.child.with_user(self.operator)) as form:
            form.depends_on_ids.add(self.parent)
        self.assertEqual(self.parent.dependent_ids, self.child)
        viewer = new_test_user(self.env, "viewer", "ops_center_base.group_viewer")
        self.assertEqual(self.child.with_user(viewer).depends_on_ids, self.parent)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.child.with_user(viewer).depends_on_ids = False

    def test_affected_are_part_of_the_record(self):
        incident = self.suppress()
        with self.assertRaisesRegex(UserError, "can't be changed"):
            incident.with_user(self.operator).affected_check_ids = False
