import logging
import random
import time
import uuid
from contextlib import closing
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..loop import stopping
from ..outbox import OutboxFatal, OutboxRetry
from ..transaction import (
    LOST_DATABASE,
    RETRYABLE_ERRORS,
    crash_point,
    run_in_new_transaction,
)
from ..transport import mask

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
MAX_BACK_OFF = 600  # seconds
PASS_DURATION = 10  # seconds after which a pass begins nothing new


class Claim(NamedTuple):
    """One row taken for sending, as long as its fence holds."""

    id: int
    fence: int
    outcome_unknown: bool  #: an earlier sending ended without an answer
    lookups: int  #: how often it was not found since then
    send_before: float  #: on the monotonic clock; later the row may be another worker's


class Outcome(NamedTuple):
    """What is to be recorded of an attempt."""

    state: str
    remote_ref: str | None = None
    error: str | None = None
    delay: float = 0  #: seconds until the row is due again
    lookups: int = 0
    unknown: bool = False  #: it may have happened


class OpsOutboxMixin(models.AbstractModel):
    """One intended effect on the outside per record, stored before it is tried.

    A row is claimed under a lease in one transaction, sent in none, and its outcome recorded in
    another one if no other worker has taken the row over meanwhile (the fence). A row whose
    outcome is unknown stays `sending`; when its lease is over the other side is asked, twice,
    before anything is sent again. So a process may be killed at any line.

    Models that inherit from this have a ``company_id`` and override `_send`, and `_find` unless
    a repetition is harmless.
    """

    _name = "ops.outbox.mixin"
    _description = "Outbox"

    # Seconds: a claim is given up after the lease, so a call must time out in half of it. Remote
    # lists may lag, so two lookups that find nothing lie the delay apart.
    _lease = 60
    _lookup_delay = 10
    _back_off = 5

    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("sending", "Sending"),
            ("done", "Done"),
            ("retry", "Waiting to Retry"),
            ("needs_attention", "Needs Attention"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="pending",
        copy=False,
        index=True,
    )
    attempts = fields.Integer(readonly=True, copy=False, aggregator=None)
    lookups = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Lookups since the last sending that found nothing.",
    )
    not_before = fields.Datetime(string="Next Attempt", readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)
    fence = fields.Integer(readonly=True, copy=False, aggregator=None)
    last_error = fields.Text(readonly=True, copy=False)
    outcome_unknown = fields.Boolean(
        readonly=True,
        copy=False,
        help="It may have happened: nobody on the other side could be asked yet.",
    )
    remote_ref = fields.Char(string="Remote Reference", readonly=True, copy=False)
    uuid = fields.Char(
        string="UUID",
        required=True,
        readonly=True,
        default=lambda self: uuid.uuid4().hex,
        copy=False,
        help="The marker by which the other side is asked whether it happened.",
    )

    _uuid_uniq = models.UniqueIndex("(uuid)", "This marker is already in use.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["ops.worker"]._notify(self._name)
        return records

    # === ACTION METHODS === #

    def action_retry(self):
        """Try again now, from the first attempt; the other side is still asked first."""
        records = self._lock_for_decision().filtered(
            lambda record: record.state in {"retry", "needs_attention"}
        )
        records.write({"state": "pending", "attempts": 0, "lookups": 0, "not_before": False})
        self.env["ops.worker"]._notify(self._name)

    def action_cancel(self):
        """Never send what is not being sent right now."""
        self._lock_for_decision().filtered(
            lambda record: record.state in {"pending", "retry", "needs_attention"}
        ).write({"state": "cancelled"})

    def _lock_for_decision(self):
        """Return the records locked and writable, if the user may decide about them."""
        self.check_access("read")
        if not self.env.user.has_group("ops_center_base.group_operator"):
            raise AccessError(
                self.env._("Ask an operator of Ops Center: only operators may decide about this.")
            )
        # Nobody has the right to write rows of the outbox; the role was checked above.
        records = self.sudo()
        records.lock_for_update(allow_referencing=True)
        records.invalidate_recordset()
        return records

    # === BUSINESS METHODS === #

    def _send(self):
        """Make it happen outside. May read records, must not write, is called without a lock.

        To override. Time out in less than half of `_lease`.

        :return: how the other side calls it, or None
        :raise OutboxRetry: it surely did not happen, try later
        :raise OutboxFatal: it did not happen and a person has to decide
        :raise Exception: anything else, time-outs too: the outcome is unknown
        """
        raise NotImplementedError

    def _find(self):
        """Ask the other side whether it happened already.

        To override where a repetition does harm: also a restored database may hold rows that
        were sent long ago, so this is asked before each sending.

        :return: how the other side calls it, or None when it did not happen
        :raise OutboxFatal: it can't be found out and a person has to decide
        """
        return None

    def _on_outcome(self):
        """React to the new state, in the transaction that records it. To override."""

    @api.model
    def _run_dispatch(self):
        """Do one pass of the worker.

        :return: seconds until the next row is due, None when there is none to wait for
        """
        if self._dispatch(deadline=time.monotonic() + PASS_DURATION):
            return 0
        # What is due already is held, or was taken by another worker.
        delay = self._in_new_transaction("_seconds_until_due")
        return delay if delay and delay > 0 else None

    @api.model
    def _dispatch(self, limit=20, deadline=None):
        """Send what is due, one row after the other.

        :param int limit: how many rows at most
        :param float deadline: on the monotonic clock; no row is claimed later
        :return: how many rows are still due; 0 while outward actions are held
        """
        for _index in range(limit):
            if stopping.is_set() or (deadline and time.monotonic() >= deadline):
                break
            claim = self._in_new_transaction("_claim")
            if not claim:
                return 0
            crash_point("claimed")
            outcome = self._carry_out(claim)
            crash_point("called")
            self._in_new_transaction("_record_outcome", claim, outcome)
            crash_point("recorded")
        return self._in_new_transaction("_count_due")

    @api.model
    def _claim(self):
        """Take the next row that is due.

        :return: a `Claim`, or None when nothing is due or outward actions are held
        """
        # A lost race is ordinary here and retried, so it is no line in the log.
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE %s ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                self._is_due(),
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        if not row or self.env["ops.instance"]._outward_blocker():
            return None
        record = self.browse(row)
        claim = Claim(
            id=record.id,
            fence=record.fence + 1,
            outcome_unknown=record.state == "sending",
            lookups=record.lookups,
            send_before=time.monotonic() + self._lease / 2,
        )
        record.write(
            {
                "state": "sending",
                "fence": claim.fence,
                # The second lookup and what follows it belong to the attempt of the first.
                "attempts": record.attempts + (0 if record.lookups else 1),
                # Whoever dies from here on may have sent it: then lookups begin anew.
                "lookups": 0,
                "lease_until": self.env.cr.now() + timedelta(seconds=self._lease),
            }
        )
        return claim

    @api.model
    def _carry_out(self, claim):
        """Make it happen outside, unless it did already.

        :return: the `Outcome` to record
        """
        sending = False
        with closing(self.env.registry.cursor()) as cr:
            record = self.with_env(self.env(cr=cr)).browse(claim.id)
            record = record.with_company(record.company_id)
            attempts = record.attempts
            try:
                if remote_ref := record._find():
                    return Outcome("done", remote_ref)
                if claim.outcome_unknown and not claim.lookups:
                    return Outcome("sending", delay=self._lookup_delay, lookups=1)
                if attempts > MAX_ATTEMPTS:
                    raise OutboxFatal(
                        self.env._("Given up after %s attempts; retry it by hand.", MAX_ATTEMPTS)
                    )
                if time.monotonic() > claim.send_before:
                    raise OutboxRetry(self.env._("The other side took too long to answer."))
                sending = True
                return Outcome("done", record._send())
            except OutboxFatal as error:
                unknown = claim.outcome_unknown and not sending
                return Outcome("needs_attention", error=str(error), unknown=unknown)
            except OutboxRetry as error:
                unknown = claim.outcome_unknown and not sending
                message, retry_after = str(error), error.retry_after or 0
            except Exception as error:
                unknown = claim.outcome_unknown or sending
                message, retry_after = mask(str(error) or repr(error)), 0
                _logger.warning("%s: %s", record, message, exc_info=True)
        if attempts >= MAX_ATTEMPTS + unknown:
            return Outcome("needs_attention", error=message, unknown=unknown)
        delay = min(self._back_off * 2 ** (attempts - 1), MAX_BACK_OFF)
        delay = max(retry_after, delay * random.uniform(0.5, 1))  # noqa: S311 - jitter
        return Outcome("sending" if unknown else "retry", error=message, delay=delay)

    @api.model
    def _record_outcome(self, claim, outcome):
        """Store the outcome, unless the row was taken over since it was claimed."""
        held = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = %s AND fence = %s AND state = 'sending' "
                "FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                claim.id,
                claim.fence,
            )
        )
        record = self.browse(claim.id)
        if not held:
            _logger.info("%s was taken over, its outcome %s is dropped", record, outcome.state)
            return
        due = self.env.cr.now() + timedelta(seconds=outcome.delay)
        record.write(
            {
                "state": outcome.state,
                "remote_ref": outcome.remote_ref,
                "last_error": outcome.error,
                "lookups": outcome.lookups,
                "outcome_unknown": outcome.unknown,
                "lease_until": due if outcome.state == "sending" else False,
                "not_before": due if outcome.state == "retry" else False,
            }
        )
        if outcome.state == "sending":
            return
        try:
            with self.env.cr.savepoint():
                record.with_company(record.company_id)._on_outcome()
        except (*RETRYABLE_ERRORS, *LOST_DATABASE):
            raise
        except Exception as error:
            # Recorded nevertheless: it must not be sent again because its consequence failed.
            _logger.exception("%s: the reaction to its outcome failed", record)
            record.write({"state": "needs_attention", "last_error": str(error)})

    @api.model
    def _count_due(self):
        """Return how many rows could be claimed now."""
        query = SQL("SELECT COUNT(*) FROM %s WHERE %s", SQL.identifier(self._table), self._is_due())
        [(count,)] = self.env.execute_query(query)
        return count

    @api.model
    def _seconds_until_due(self):
        """Return when the next row can be claimed, in seconds from now, or None."""
        [(due,)] = self.env.execute_query(
            SQL(
                "SELECT MIN(CASE state WHEN 'sending' THEN lease_until ELSE not_before END) "
                "FROM %s WHERE state IN ('retry', 'sending')",
                SQL.identifier(self._table),
            )
        )
        return due and (due - self.env.cr.now()).total_seconds()

    @api.model
    def _is_due(self):
        """Return the condition of rows that may be claimed."""
        return SQL(
            "(state IN ('pending', 'retry') AND (not_before IS NULL OR not_before <= %(now)s)"
            " OR state = 'sending' AND lease_until <= %(now)s)",
            now=self.env.cr.now(),
        )

    @api.model
    def _in_new_transaction(self, method, *args):
        """Call a method of this model in a transaction of its own."""
        return run_in_new_transaction(self.env, lambda env: getattr(env[self._name], method)(*args))
