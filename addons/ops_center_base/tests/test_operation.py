import os
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ..loop import stopping
from ..outbox import OutboxFatal, OutboxRetry

OUTBOX = "odoo.addons.ops_center_base.models.ops_outbox_mixin"


class OperationCase(TransactionCase, CronMixinCase):
    """A kind of operation as an addon would add it, which ends as the test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.dict(os.environ, {"OPS_CENTER_INSTANCE": "test"}))
        cls.env["ops.instance"]._bind()
        cls.env["ops.operation"].search([]).state = "cancelled"
        cls.environment = cls.env.ref("ops_center_base.environment_self")
        kind = cls.registry["ops.operation"]._fields["kind"]
        kinds = {"test": "Test"}
        cls.startClassPatcher(patch.multiple(kind, selection=list(kinds.items()), _selection=kinds))

    def setUp(self):
        super().setUp()
        self.sent = []
        self.answer = "object 1"
        self.found = None

        def send(operation):
            self.sent.append(operation.uuid)
            return self.raise_or_return(self.answer)

        operations = self.registry["ops.operation"]
        self.patch(operations, "_send", send)
        self.patch(operations, "_find", lambda _operation: self.raise_or_return(self.found))

    def raise_or_return(self, answer):
        if isinstance(answer, Exception):
            raise answer
        return answer

    def enqueue(self, key="key", **values):
        defaults = {"environment": self.environment, "params": {"revision": "abc"}}
        return self.env["ops.operation"]._enqueue(
            "test", idempotency_key=key, **(defaults | values)
        )

    def dispatch(self, **options):
        with self.enter_registry_test_mode():
            return self.env["ops.operation"]._dispatch(**options)

    def dispatch_when_due(self, operation):
        due = operation.not_before or operation.lease_until
        with freeze_time(due + timedelta(seconds=1)):
            self.dispatch()


@tagged("post_install", "-at_install")
class TestOperation(OperationCase):
    def test_sends_once(self):
        operation = self.enqueue()
        self.assertEqual(operation.state, "pending")
        self.assertEqual(operation.company_id, self.environment.company_id)
        self.assertEqual(self.dispatch(), 0)
        self.assertEqual(operation.state, "done")
        self.assertEqual(operation.remote_ref, "object 1")
        self.dispatch()
        self.assertEqual(self.sent, [operation.uuid])

    def test_same_key_is_the_same_operation(self):
        self.assertEqual(self.enqueue(), self.enqueue())
        with self.assertRaisesRegex(UserError, "Use a new key"):
            self.enqueue(params={"revision": "def"})
        company = self.env["res.company"].create({"name": "Other"})
        other = self.env["ops.operation"].with_company(company)
        other = other._enqueue("test", idempotency_key="key", params={"revision": "def"})
        self.assertEqual(other.company_id, company)

    def test_wakes_the_scheduled_action_without_a_worker(self):
        self.env["ops.worker"].search([]).unlink()
        cron = self.env.ref("ops_center_base.ops_worker_cron")
        with self.capture_triggers(cron.id) as triggers:
            self.enqueue()
            self.assertEqual(len(triggers.records), 1)
            self.env["ops.worker"]._beat("host:1", "host", 1)
            self.enqueue("other key")
            self.assertEqual(len(triggers.records), 1)

    def test_limit_and_rest(self):
        for key in "abc":
            self.enqueue(key)
        self.assertEqual(self.dispatch(limit=2), 1)
        self.assertEqual(len(self.sent), 2)

    def test_claims_nothing_while_stopping(self):
        self.addCleanup(stopping.clear)
        stopping.set()
        self.enqueue()
        self.assertEqual(self.dispatch(), 1)
        self.assertFalse(self.sent)

    def test_retries_what_surely_did_not_happen(self):
        operation = self.enqueue()
        self.answer = OutboxRetry("Busy", retry_after=120)
        self.dispatch()
        self.assertEqual((operation.state, operation.last_error), ("retry", "Busy"))
        wait = operation.not_before - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 120, delta=5)
        self.dispatch()
        self.assertEqual(len(self.sent), 1)
        self.answer = "object 1"
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.last_error), ("done", False))

    def test_a_fatal_answer_needs_attention(self):
        operation = self.enqueue()
        self.answer = OutboxFatal("The token is not valid; enter another one.")
        self.dispatch()
        self.assertEqual(operation.state, "needs_attention")
        self.assertEqual(operation.last_error, "The token is not valid; enter another one.")
        self.assertFalse(operation.outcome_unknown, "it was refused")

    @mute_logger(OUTBOX)
    def test_an_unknown_outcome_is_looked_up_twice(self):
        operation = self.enqueue()
        self.answer = ConnectionError("cut")
        self.dispatch()
        self.assertEqual((operation.state, operation.lookups), ("sending", 0))
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.lookups), ("sending", 1))
        self.assertEqual(len(self.sent), 1, "nothing is sent after the first lookup")
        self.answer = "object 2"
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.remote_ref), ("done", "object 2"))
        self.assertEqual(len(self.sent), 2)

    @mute_logger(OUTBOX)
    def test_lookups_begin_anew_after_a_crash(self):
        """Who died after the second lookup may have sent it."""
        operation = self.enqueue()
        self.answer = ConnectionError("cut")
        self.dispatch()
        self.dispatch_when_due(operation)
        due = operation.lease_until + timedelta(seconds=1)
        with freeze_time(due), self.enter_registry_test_mode():
            self.env["ops.operation"]._in_new_transaction("_claim")
        self.assertEqual(operation.lookups, 0)
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.lookups), ("sending", 1))
        self.assertEqual(len(self.sent), 1)

    @mute_logger(OUTBOX)
    def test_secrets_are_masked(self):
        operation = self.enqueue()
        self.answer = ConnectionError("https://user:hunter2@example.com refused")
        self.dispatch()
        self.assertIn("refused", operation.last_error)
        self.assertNotIn("hunter2", operation.last_error)

    @mute_logger(OUTBOX)
    def test_what_is_found_is_not_sent_again(self):
        operation = self.enqueue()
        self.answer = ConnectionError("cut")
        self.dispatch()
        self.found = "object 1"
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.remote_ref), ("done", "object 1"))
        self.assertEqual(len(self.sent), 1)

    def test_a_restored_row_is_looked_up_before_its_first_sending(self):
        operation = self.enqueue()
        self.found = "object 1"
        self.dispatch()
        self.assertEqual(operation.state, "done")
        self.assertFalse(self.sent)

    @mute_logger(OUTBOX)
    def test_a_failing_lookup_leaves_the_outcome_unknown(self):
        operation = self.enqueue()
        self.answer = ConnectionError("cut")
        self.dispatch()
        self.found = OutboxRetry("Busy")
        self.dispatch_when_due(operation)
        self.assertEqual((operation.state, operation.last_error), ("sending", "Busy"))
        self.assertEqual(len(self.sent), 1)

    def test_gives_up_after_eight_attempts(self):
        operation = self.enqueue()
        self.answer = OutboxRetry("Busy")
        self.dispatch()
        while operation.state == "retry":
            self.dispatch_when_due(operation)
        self.assertEqual(operation.state, "needs_attention")
        self.assertEqual(len(self.sent), 8)

    @mute_logger(OUTBOX)
    def test_gives_up_only_after_a_last_lookup(self):
        operation = self.enqueue()
        self.answer = ConnectionError("cut")
        self.dispatch()
        while operation.state == "sending":
            self.dispatch_when_due(operation)
        self.assertEqual(operation.state, "needs_attention")
        self.assertIn("retry it by hand", operation.last_error)
        self.assertEqual(len(self.sent), 8)
        self.assertTrue(operation.outcome_unknown, "each time the answer was cut")

    def test_an_outcome_is_dropped_when_the_row_was_taken_over(self):
        operation = self.enqueue()
        operations = self.registry["ops.operation"]
        carry_out = operations._carry_out

        def take_over(records, claim):
            outcome = carry_out(records, claim)
            operation.fence = claim.fence + 1
            operation.flush_recordset()
            return outcome

        self.patch(operations, "_carry_out", take_over)
        self.dispatch()
        self.assertEqual((operation.state, operation.remote_ref), ("sending", False))

    @mute_logger(OUTBOX)
    def test_a_failing_reaction_does_not_repeat_the_sending(self):
        def fail(_operation):
            raise ValueError("no such stage")

        self.patch(self.registry["ops.operation"], "_on_outcome", fail)
        operation = self.enqueue()
        self.dispatch()
        self.assertEqual(
            (operation.state, operation.last_error), ("needs_attention", "no such stage")
        )
        self.assertEqual(operation.remote_ref, "object 1")

    def test_held_in_a_copy(self):
        operation = self.enqueue()
        self.env["ir.config_parameter"].set_param("database.uuid", "another")
        self.assertEqual(self.dispatch(), 0)
        self.assertEqual(operation.state, "pending")
        self.assertFalse(self.sent)

    def test_seconds_until_the_next_pass(self):
        self.enqueue()
        self.answer = OutboxRetry("Busy", retry_after=100)
        with self.enter_registry_test_mode():
            self.assertAlmostEqual(self.env["ops.operation"]._run_dispatch(), 100, delta=5)
        self.enqueue("other key")
        self.env["ir.config_parameter"].set_param("database.uuid", "another")
        self.env["ops.operation"].search([("state", "=", "retry")]).not_before = False
        with self.enter_registry_test_mode():
            self.assertIsNone(self.env["ops.operation"]._run_dispatch())

    def test_neutralisation_cancels(self):
        operation = self.enqueue()
        for query in get_neutralization_queries(["ops_center_base"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(operation.state, "cancelled")


@tagged("post_install", "-at_install")
class TestOperationDecisions(OperationCase):
    def setUp(self):
        super().setUp()
        self.operation = self.enqueue(record=self.environment)
        self.viewer = new_test_user(self.env, "ops_viewer", "ops_center_base.group_viewer")
        self.operator = new_test_user(self.env, "ops_operator", "ops_center_base.group_operator")
        self.manager = new_test_user(self.env, "ops_manager", "ops_center_base.group_manager")

    def test_retry(self):
        self.answer = OutboxFatal("The token is not valid; enter another one.")
        self.dispatch()
        with self.assertRaises(AccessError):
            self.operation.with_user(self.viewer).action_retry()
        self.operation.with_user(self.operator).action_retry()
        self.assertEqual((self.operation.state, self.operation.attempts), ("pending", 0))
        self.answer = "object 1"
        self.dispatch()
        self.assertEqual(self.operation.state, "done")
        self.operation.with_user(self.operator).action_retry()
        self.assertEqual(self.operation.state, "done", "what is done is never done again")

    def test_cancel(self):
        with self.assertRaises(AccessError):
            self.operation.with_user(self.viewer).action_cancel()
        self.operation.with_user(self.operator).action_cancel()
        self.assertEqual(self.operation.state, "cancelled")
        self.dispatch()
        self.assertFalse(self.sent)

    def test_cancel_not_while_sending(self):
        self.operation.state = "sending"
        self.operation.with_user(self.operator).action_cancel()
        self.assertEqual(self.operation.state, "sending")

    def test_parameters_are_for_managers(self):
        operation = self.operation.with_user(self.operator)
        self.assertNotIn("params", operation.fields_get())
        with self.assertRaises(AccessError):
            operation.read(["params"])
        self.assertIn("abc", self.operation.with_user(self.manager).params_text)

    def test_opens_the_document(self):
        action = self.operation.with_user(self.viewer).action_open_document()
        self.assertEqual(action["res_model"], self.environment._name)
        self.assertEqual(action["res_id"], self.environment.id)
