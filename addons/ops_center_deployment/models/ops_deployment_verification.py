from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import (
    attempt_in_new_transaction,
    run_in_new_transaction,
)
from odoo.addons.ops_center_health.storage import states as check_states

from .. import states

LONGEST_LOOK = timedelta(hours=1)  # at what was live before anybody looked
PAUSE = 5.0  # seconds between two looks at what is being verified
# These wait for others to speak, or only repeat what their members say.
NOT_ASKED = ("heartbeat", "group")
GOOD = ("up", "degraded")


class OpsDeployment(models.Model):
    """The gate before a deployment is live: what watches the environment has to find it good.

    Bad ones are rolled back to what has passed this gate before. If that is bad too, or nothing
    ever has, nothing further is tried.
    """

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    verifying_since = fields.Datetime(readonly=True, copy=False)
    verified_at = fields.Datetime(
        string="Verified",
        readonly=True,
        copy=False,
        help="When the checks of the environment had found it good.",
    )
    verification = fields.Char(
        compute="_compute_verification", help="What the checks found so far."
    )

    # === COMPUTE METHODS === #

    @api.depends("verifying_since")
    def _compute_verification(self):
        for deployment in self:
            deployment.verification = (
                deployment.state == states.VERIFYING
                and deployment.has_executor
                and deployment._tell_verification()
            )

    def _tell_verification(self):
        found = self._found_by_checks()
        good = [check for check, verdicts in found.items() if self._is_good(verdicts)]
        return self.env._(
            "%(good)s of %(all)s checks found it good %(times)s times in a row.",
            good=len(good),
            all=len(found),
            times=self.environment_id.verification_successes,
        )

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {**super()._initial_values(), "verifying_since": False, "verified_at": False}

    # === ACTION METHODS === #

    def _ask_to_cancel(self):
        if self.state != states.VERIFYING:
            return super()._ask_to_cancel()
        # It is there already.
        self.check_access("write")
        return self._reject(self.env._("%s called it off.", self.env.user.name))

    # === BUSINESS METHODS === #

    def _obstacles(self):
        obstacles = super()._obstacles()
        if frozen := self.environment_id.frozen_reason:
            obstacles.append(
                self.env._("The environment is frozen: %s Have a manager unfreeze it.", frozen)
            )
        return obstacles

    @api.model
    def _run_verification(self):
        """Loop of the worker: judge the deployments that are being verified."""
        verifying = run_in_new_transaction(self.env, lambda env: env[self._name]._to_verify().ids)
        for deployment_id in verifying:
            attempt_in_new_transaction(self.browse(deployment_id), "_verify")
        return PAUSE if verifying else None

    @api.model
    def _to_verify(self):
        executing = self.env["ops.environment"]._executing_providers()
        return self.search(
            [
                ("environment_id.provider", "in", list(executing)),
                "|",
                ("state", "=", states.VERIFYING),
                # What somebody else has brought there may be what is gone back to.
                *("&", "&", "&"),
                ("state", "=", states.LIVE),
                ("kind", "=", "observed"),
                ("verified_at", "=", False),
                ("live_at", ">", fields.Datetime.now() - LONGEST_LOOK),
            ]
        )

    def _verify(self):
        """Let it be live if all checks found it good, give it up if that takes too long."""
        self.lock_for_update(allow_referencing=True)
        if self.state not in {states.VERIFYING, states.LIVE} or self.verified_at:
            return
        found = self._found_by_checks()
        if all(map(self._is_good, found.values())):
            self.verified_at = fields.Datetime.now()
            self._transition(states.LIVE)
            return
        if self.state == states.LIVE:
            return
        patience = timedelta(seconds=self.environment_id.verification_timeout)
        if fields.Datetime.now() < self.verifying_since + patience:
            # What it depends on is looked at at once, and not whenever its time comes.
            check_states.schedule_now(self.env.cr, [check.id for check in found])
            self.env["ops.worker"]._notify("probe")
            return
        bad = [check.name for check, verdicts in found.items() if not self._is_good(verdicts)]
        self._reject(self.env._("Not found good in time by: %s.", ", ".join(bad)))

    def _found_by_checks(self):
        """Return the last verdicts of each check that looked since, the newest first."""
        # What users paused or maintain tells nothing about this deployment.
        checks = self.environment_id.sudo().check_ids.filtered(
            lambda check: (
                check.kind not in NOT_ASKED and check.state not in {"paused", "maintenance"}
            )
        )
        return {
            check: self.env["ops.health.sample"]
            .sudo()
            .search(
                [("check_id", "=", check.id), ("at", ">=", self.verifying_since)],
                limit=self.environment_id.verification_successes,
            )
            .mapped("verdict")
            for check in checks
        }

    def _is_good(self, verdicts):
        wanted = self.environment_id.verification_successes
        return len(verdicts) == wanted and all(verdict in GOOD for verdict in verdicts)

    def _reject(self, problem):
        """End a deployment that was found bad, and bring back what was found good before it."""
        good = self._good_ones()[:1]
        if self.rolled_back_id:
            self._end(states.FAILED, problem)
            self.environment_id._freeze(
                self.env._("%s, which took back a bad one, is bad itself.", self.display_name)
            )
        elif good:
            self._end(states.ROLLED_BACK, problem)
            self._take_back(good, problem)._transition(states.QUEUED)
        else:
            # There is nothing to go back to.
            self._end(states.FAILED, problem)

    def _prepare_move(self, state):
        values = super()._prepare_move(state)
        if state == states.VERIFYING or (state == states.LIVE and not self.verifying_since):
            # To the microsecond: what was seen a moment before was the former revision.
            values["verifying_since"] = self.env.cr.now()
        return values

    def _transition(self, state):
        moved = super()._transition(state)
        if moved and state == states.VERIFYING:
            self.env["ops.worker"]._notify("verify")
        return moved
