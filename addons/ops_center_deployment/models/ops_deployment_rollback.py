from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import states

# Who goes back further than this deploys that revision instead.
CHOICE = 50


class OpsDeployment(models.Model):
    """The way back: a deployment of its own, of a revision that was found good."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    rolled_back_id = fields.Many2one(
        "ops.deployment",
        string="Takes Back",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The deployment that this one undoes.",
    )
    brings_back_id = fields.Many2one(
        "ops.deployment",
        readonly=True,
        copy=False,
        check_company=True,
        help="The deployment that was found good, and whose revision this one has.",
    )
    rollback_ids = fields.One2many("ops.deployment", "rolled_back_id", string="Taken Back By")

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {**super()._initial_values(), "rolled_back_id": False, "brings_back_id": False}

    # === ACTION METHODS === #

    def action_deploy(self):
        for deployment in self:
            deployment._check_not_taken_back()
        return super().action_deploy()

    def _check_not_taken_back(self):
        """Let nothing come back unnoticed that was found bad."""
        bad = self.search(
            [
                ("environment_id", "=", self.environment_id.id),
                ("state", "=", states.ROLLED_BACK),
                ("revision", "=", self.revision),
                ("image_digest", "=", self.image_digest),
            ],
            limit=1,
        )
        if bad and not self.reason:
            raise UserError(
                self.env._(
                    "%(revision)s was taken back from %(environment)s before (%(deployment)s)."
                    " Write into “Reason” why it may come back.",
                    revision=self.revision_short,
                    environment=self.environment_id.display_name,
                    deployment=bad.display_name,
                )
            )

    def action_roll_back(self):
        """Have what was found good before brought back, where somebody carries that out."""
        self.ensure_one()
        if not self.has_executor:
            return super().action_roll_back()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Roll Back"),
            "res_model": "ops.deployment.rollback",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_deployment_id": self.id,
                "default_target_id": self._good_ones()[:1].id,
            },
        }

    # === BUSINESS METHODS === #

    def _roll_back(self, good, reason):
        """Have what was found good before brought back, as a user wants it.

        :param good: one of `_good_ones`
        :param str reason: what is wrong with what is taken back
        :return: the new deployment
        :raise UserError: it can't be rolled back, or not to that one
        """
        self.check_access("write")
        self.lock_for_update(allow_referencing=True)
        under_way = self.rollback_ids.filtered(lambda rollback: rollback.state not in states.ENDS)
        if self.state != states.LIVE or under_way or good not in self._good_ones():
            raise UserError(
                self.env._(
                    "Only what is live is rolled back, and only to what was found good before it."
                    " Cancel a deployment that is under way, or deploy another revision."
                )
            )
        rollback = self._take_back(good, reason)
        rollback._transition(states.QUEUED)
        return rollback

    def _good_ones(self):
        """Return what was found good before this one, and live: the newest first."""
        return self.search(
            [
                ("environment_id", "=", self.environment_id.id),
                ("state", "in", (states.LIVE, states.SUPERSEDED)),
                ("verified_at", "!=", False),
                ("id", "!=", self.id),
            ],
            order="live_at desc, id desc",
            limit=CHOICE,
        )

    def _take_back(self, good, reason):
        """Return a new deployment that brings a good one back in the place of this one."""
        # Users can't say what a deployment takes back; who calls this has verified the right to.
        rollback = self.sudo().create(
            {
                "environment_id": self.environment_id.id,
                "kind": "rollback",
                "revision": good.revision,
                "image_digest": good.image_digest,
                "version": good.version,
                "summary": self.env._("Back to %s", good.display_name),
                "reason": reason,
                "rolled_back_id": self.id,
                "brings_back_id": good.id,
            }
        )
        return rollback.with_env(self.env)

    def _request(self):
        # How who carries it out calls what it brings back: there, it may be more than a revision.
        return {**super()._request(), "brings_back": self.brings_back_id.provider_reference or None}

    def _takes_back(self, deployment):
        # What a bad one never replaced is followed by itself, not undone.
        if self.rolled_back_id:
            return deployment == self.rolled_back_id
        return super()._takes_back(deployment)
