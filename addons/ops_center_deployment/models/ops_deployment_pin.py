from odoo import api, fields, models

from .. import states


class OpsDeployment(models.Model):
    """A rollback that is not undone behind one's back: it pins its environment."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    reverts_id = fields.Many2one(
        "ops.deployment",
        readonly=True,
        copy=False,
        check_company=True,
        help="The rollback that this deployment undoes.",
    )
    environment_pinned_id = fields.Many2one(
        related="environment_id.pinned_deployment_id", string="Environment Pinned To"
    )

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {**super()._initial_values(), "reverts_id": False}

    # === BUSINESS METHODS === #

    def _request(self):
        return {**super()._request(), "reverts": self.reverts_id.provider_reference or None}

    def _obstacles(self):
        obstacles = super()._obstacles()
        if not self._passes_pin():
            obstacles.append(
                self.env._(
                    "The environment is pinned to %s. Keep that rollback or revert it there.",
                    self.environment_pinned_id.display_name,
                )
            )
        return obstacles

    def _passes_pin(self):
        """Say whether the pin of the environment lets it begin: another way back, or the revert."""
        return (
            self.rolled_back_id
            or not self.environment_pinned_id
            or self.reverts_id == self.environment_pinned_id
        )

    def _revert(self):
        """Return the draft that brings back what this rollback took back, if there is one."""
        bad = self.rolled_back_id
        drafts = self.search([("reverts_id", "=", self.id), ("state", "=", states.DRAFT)], limit=1)
        if drafts:
            return drafts
        # Users can't say what a deployment reverts; who calls this has verified the right to.
        revert = self.sudo().create(
            {
                "environment_id": self.environment_id.id,
                "kind": "redeploy",
                "revision": bad.revision,
                "image_digest": bad.image_digest,
                "version": bad.version,
                "summary": self.env._("%s once more", bad.display_name),
                "reverts_id": self.id,
            }
        )
        return revert.with_env(self.env)

    def _transition(self, state):
        moved = super()._transition(state)
        if state == states.LIVE:
            for deployment in moved.filtered("has_executor"):
                if deployment.rolled_back_id:
                    deployment.environment_id._pin(deployment)
                elif deployment.reverts_id and deployment.environment_pinned_id:
                    deployment.environment_id._unpin()
        return moved
