from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import states

ACTIVITY = "ops_center_deployment.mail_activity_type_approval"


class OpsDeployment(models.Model):
    """The second pair of eyes on what is deployed to a protected environment.

    An approval is one of the exact revision and image: those of a deployment don't change once it
    has left the drafts. Bringing back what was found good needs none.
    """

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    requested_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    approved_at = fields.Datetime(string="Approved", readonly=True, copy=False)
    is_approver = fields.Boolean(compute="_compute_is_approver")

    # === COMPUTE METHODS === #

    @api.depends("state", "requested_by_id", "environment_id.approver_ids")
    @api.depends_context("uid")
    def _compute_is_approver(self):
        for deployment in self:
            deployment.is_approver = not deployment._approval_problem()

    def _approval_problem(self):
        """Return why this user can't decide about the deployment, None if nothing is in the way."""
        approvers = self.environment_id.approver_ids
        if self.state != states.WAITING:
            return self.env._("%s doesn't wait for an approval.", self.display_name)
        if not self.env.user.has_group("ops_center_base.group_operator"):
            return self.env._("Ask an operator of Ops Center to decide.")
        if self.env.user in self.requested_by_id | self.user_id:
            return self.env._("Somebody else has to approve what you want to deploy.")
        if approvers and self.env.user not in approvers:
            return self.env._(
                "Only these approve deployments here: %s.", ", ".join(approvers.mapped("name"))
            )
        return None

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {
            **super()._initial_values(),
            "requested_by_id": False,
            "approved_by_id": False,
            "approved_at": False,
        }

    # === ACTION METHODS === #

    def action_approve(self):
        """Let what somebody else wants to deploy go on."""
        self._check_approver()
        # Not writable by hand; who approves was verified above.
        self.sudo().write({"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
        for deployment in self:
            self.env["ops.event"]._record(
                "deployment.approved",
                self.env._("%s: Approved", deployment.display_name),
                environment=deployment.environment_id,
                record=deployment,
            )
            deployment._proceed()

    def action_reject(self):
        """Have it not deployed."""
        self._check_approver()
        # Not writable by hand; who rejects was verified above.
        self.sudo().problem = self.env._("%s rejected it.", self.env.user.name)
        self._transition(states.REJECTED)

    def _check_approver(self):
        self.check_access("write")
        for deployment in self:
            if problem := deployment._approval_problem():
                raise (UserError if deployment.state != states.WAITING else AccessError)(problem)

    # === BUSINESS METHODS === #

    def _proceed(self):
        if self._needs_approval():
            return self._ask_for_approval()
        return super()._proceed()

    def _needs_approval(self):
        protected = self.environment_id.protected
        return protected and not self.approved_by_id and not self.rolled_back_id

    def _obstacles(self):
        obstacles = super()._obstacles()
        # What is queued had the approval that it needed then.
        if self.state != states.QUEUED and self._needs_approval():
            obstacles.append(self.env._("Somebody else has to approve it."))
        return obstacles

    def _ask_for_approval(self):
        approvers = self.environment_id._approvers() - self.env.user - self.user_id
        if not approvers:
            raise UserError(
                self.env._(
                    "Nobody else may approve deployments of %s. Name approvers there first.",
                    self.environment_id.display_name,
                )
            )
        # Not writable by hand: it says who can't approve.
        self.sudo().requested_by_id = self.env.user
        self._transition(states.WAITING)
        for user in approvers:
            self.activity_schedule(
                ACTIVITY,
                user_id=user.id,
                summary=self.env._(
                    "%(user)s wants to deploy %(revision)s",
                    user=self.env.user.name,
                    revision=self.version or self.revision_short,
                ),
            )

    def _transition(self, state):
        waiting = self.filtered(lambda deployment: deployment.state == states.WAITING)
        moved = super()._transition(state)
        # Whoever was asked need not answer any more.
        (moved & waiting).activity_unlink([ACTIVITY])
        return moved
