from odoo import fields, models

from odoo.addons.ops_center_base.outbox import OutboxFatal

from .. import states


class OpsOperation(models.Model):
    """What a deployment has done outside, by the provider of its environment."""

    _inherit = "ops.operation"

    kind = fields.Selection(
        selection_add=[
            ("deploy", "Deploy"),
            ("cancel", "Cancel Deployment"),
            ("commit", "Keep Rollback"),
        ],
        ondelete={"deploy": "cascade", "cancel": "cascade", "commit": "cascade"},
    )

    # === BUSINESS METHODS === #

    def _send(self):
        if self.kind == "deploy":
            if self.env["ops.deployment"].browse(self.res_id).state not in states.ACTIVE:
                raise OutboxFatal(self.env._("The deployment has ended meanwhile."))
            return self.environment_id._provider_deploy(self)
        if self.kind == "cancel":
            return self.environment_id._provider_cancel(self)
        if self.kind == "commit":
            return self.environment_id._provider_commit(self)
        return super()._send()

    def _find(self):
        if self.kind in {"deploy", "cancel", "commit"}:
            return self.environment_id._provider_find(self)
        return super()._find()

    def _drop(self):
        """Send nothing any more for a deployment that has ended."""
        # Who may end the deployment may do so; nobody has the right to write operations.
        operations = self.sudo()
        operations.lock_for_update(allow_referencing=True)
        operations.filtered(
            lambda operation: operation.state in {"pending", "retry", "needs_attention"}
        ).write({"state": "cancelled"})

    def _on_outcome(self):
        if self.kind == "deploy":
            self.env["ops.deployment"].browse(self.res_id)._on_requested(self)
        if self.kind == "commit" and self.state == "done":
            environment = self.environment_id
            # Meanwhile another rollback may have pinned it.
            if environment.pinned_deployment_id.id == self.res_id:
                environment._unpin()
        return super()._on_outcome()
