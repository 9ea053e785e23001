from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, LockError, UserError
from odoo.tools import SQL

from odoo.addons.ops_center_base.transaction import (
    attempt_in_new_transaction,
    run_in_new_transaction,
)

from .. import states

LOOP = "deploy"
# Nobody builds and deploys for longer without a word that it is done.
DEADLINE = timedelta(hours=1)


class OpsDeployment(models.Model):
    """The queue of an environment, and the request to the provider of what is next in it."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    has_executor = fields.Boolean(related="environment_id.has_executor")
    operation_id = fields.Many2one(
        "ops.operation", string="Request", readonly=True, copy=False, index="btree_not_null"
    )
    operation_state = fields.Selection(related="operation_id.state", string="Request State")
    operation_error = fields.Text(related="operation_id.last_error", string="Request Error")
    deadline_at = fields.Datetime(
        string="Given Up At",
        readonly=True,
        copy=False,
        help="Who carries it out has to tell how it ended until then.",
    )
    is_cancelling = fields.Boolean(
        readonly=True, copy=False, help="Who carries it out was asked to call it off."
    )
    provider_reference = fields.Char(
        string="Called There", readonly=True, copy=False, help="How who carries it out calls it."
    )
    problem = fields.Char(readonly=True, copy=False, help="Why it did not succeed.")

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {
            **super()._initial_values(),
            "operation_id": False,
            "deadline_at": False,
            "is_cancelling": False,
            "provider_reference": False,
            "problem": False,
        }

    # === ACTION METHODS === #

    def action_deploy(self):
        """Have it carried out, once those before it have ended."""
        self._check_executor()
        for deployment in self:
            deployment._proceed()

    def _check_executor(self):
        for environment in self.environment_id.filtered(lambda each: not each.has_executor):
            raise UserError(
                self.env._(
                    "Nobody carries out deployments of %s. Choose its provider, or record what"
                    " you do by hand with “Start”.",
                    environment.display_name,
                )
            )

    def _proceed(self):
        """Go on as far as nothing stands in the way. Override to have something do so."""
        self._transition(states.QUEUED)

    def action_redeploy(self):
        """Have the same revision carried out once more, by a deployment of its own.

        Who clicks while that waits or goes on is shown it, and asks for no other one.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            # Somebody clicks at the same moment: what that brings is seen when it is there.
            raise ConcurrencyError(str(error)) from error
        if going_on := self._redeployment_going_on():
            return going_on._get_records_action()
        # Who clicked a moment ago can't see it yet: this has that transaction begin anew.
        self.env.cr.execute(
            SQL("UPDATE ops_deployment SET write_date = write_date WHERE id = %s", self.id)
        )
        redeployment = self.create(
            {
                "environment_id": self.environment_id.id,
                "kind": "redeploy",
                "revision": self.revision,
                "image_digest": self.image_digest,
                "version": self.version,
                "summary": self.env._("%s once more", self.display_name),
                "reason": self.reason,
            }
        )
        redeployment.action_deploy()
        return redeployment._get_records_action()

    def _redeployment_going_on(self):
        return self.search(
            [
                ("environment_id", "=", self.environment_id.id),
                ("kind", "=", "redeploy"),
                ("revision", "=", self.revision),
                ("image_digest", "=", self.image_digest),
                ("state", "in", list(states.ACTIVE | {states.WAITING, states.QUEUED})),
            ],
            limit=1,
        )

    def action_start(self):
        self._check_by_hand()
        return super().action_start()

    def action_mark_live(self):
        self._check_by_hand()
        return super().action_mark_live()

    def action_mark_failed(self):
        self._check_by_hand()
        return super().action_mark_failed()

    def _check_by_hand(self):
        """Only who carries a deployment out says how it goes."""
        if executed := self.filtered("operation_id"):
            raise UserError(
                self.env._(
                    "%s is carried out by the provider of its environment, which tells how it"
                    " goes. Cancel it if it should not go on.",
                    executed[0].display_name,
                )
            )

    def action_cancel(self):
        """Call it off: at once if nobody was asked yet, else whoever was asked decides."""
        begun = self.filtered(
            lambda deployment: deployment.operation_id and deployment.state in states.ACTIVE
        )
        for deployment in begun:
            deployment._ask_to_cancel()
        return super(OpsDeployment, self - begun).action_cancel()

    def _ask_to_cancel(self):
        self.check_access("write")
        if self.operation_id.state in {"pending", "retry", "needs_attention"}:
            # Nothing sends it any more; if it may have happened, it is asked to stop as well.
            self.operation_id.action_cancel()
            if not self.operation_id.outcome_unknown:
                self._transition(states.CANCELLED)
                return
        # Only the code says that somebody was asked; the right was checked above.
        self.sudo().is_cancelling = True
        self._enqueue("cancel", {"deployment": self.operation_id.uuid})

    # === BUSINESS METHODS === #

    @api.model
    def _run_queue(self):
        """Loop of the worker: begin what is next in each environment, give up what is overdue."""
        for deployment_id in run_in_new_transaction(self.env, lambda env: env[self._name]._next()):
            attempt_in_new_transaction(self.browse(deployment_id), "_begin")
        for deployment_id in run_in_new_transaction(
            self.env, lambda env: env[self._name]._overdue().ids
        ):
            attempt_in_new_transaction(self.browse(deployment_id), "_give_up")

    @api.model
    def _next(self):
        """Return the ids of the deployments that may begin: one where none is under way."""
        executing = self.env["ops.environment"]._executing_providers()
        queued = self.search(
            [
                ("state", "=", states.QUEUED),
                ("environment_id.provider", "in", list(executing)),
            ]
        )
        queued = queued.filtered(lambda deployment: deployment._may_begin())
        busy = self.search([("state", "in", list(states.ACTIVE))]).environment_id
        # The way back comes before what else waits.
        return [
            waiting.sorted(lambda deployment: (deployment.kind != "rollback", deployment.id))[0].id
            for environment, waiting in queued.grouped("environment_id").items()
            if environment not in busy
        ]

    def _begin(self):
        """Ask the provider, unless somebody else did, or something else began meanwhile."""
        if self.id not in self._next():
            return
        # An exact image is there already, a commit has to be built.
        self._transition(states.DEPLOYING if self.image_digest else states.BUILDING)
        self.deadline_at = fields.Datetime.now() + DEADLINE
        self.operation_id = self._enqueue("deploy", self._request())

    def _request(self):
        """Return what the provider is asked for."""
        return {
            "kind": self.kind,
            "revision": self.revision,
            "image_digest": self.image_digest or None,
            "version": self.version or None,
        }

    def _enqueue(self, kind, params):
        return self.env["ops.operation"]._enqueue(
            kind,
            environment=self.environment_id,
            record=self,
            params=params,
            idempotency_key=f"deployment-{self.id}-{kind}",
        )

    def _on_requested(self, operation):
        """React to the outcome of the request, in the transaction that records it."""
        if operation.state == "done" and operation.remote_ref:
            self.provider_reference = operation.remote_ref
        elif operation.state == "needs_attention" and not operation.outcome_unknown:
            self._end(states.FAILED, operation.last_error)

    def _overdue(self):
        return self.search(
            [
                ("state", "in", list(states.ACTIVE - {states.VERIFYING})),
                ("deadline_at", "<", fields.Datetime.now()),
            ]
        )

    def _give_up(self):
        if self.id in self._overdue().ids:
            self._end(
                states.LOST,
                self.env._("Nobody told how it ended. See there, then deploy again."),
            )

    def _end(self, state, problem):
        """Let it end, and say why, unless it has ended already."""
        if self.state in states.ACTIVE:
            # Only the code knows what went wrong.
            self.sudo().problem = problem
            self._transition(state)

    def _transition(self, state):
        moved = super()._transition(state)
        if state in states.ENDS:
            moved.operation_id._drop()
        # What waits may begin, be it this one or the one behind it.
        if moved:
            self.env["ops.worker"]._notify(LOOP)
        return moved
