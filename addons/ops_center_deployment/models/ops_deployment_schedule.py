from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import (
    attempt_in_new_transaction,
    run_in_new_transaction,
)

from .. import states


class OpsDeployment(models.Model):
    """Deployments that begin at a time, such as when nobody works there."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    scheduled_at = fields.Datetime(
        string="Not Before",
        copy=False,
        tracking=True,
        help="Empty: as soon as nothing stands in its way.",
    )

    # === BUSINESS METHODS === #

    def _proceed(self):
        if self.scheduled_at and self.scheduled_at > fields.Datetime.now():
            return self._transition(states.SCHEDULED)
        return super()._proceed()

    @api.model
    def _run_queue(self):
        due = run_in_new_transaction(self.env, lambda env: env[self._name]._due().ids)
        for deployment_id in due:
            attempt_in_new_transaction(self.browse(deployment_id), "_begin_scheduled")
        return super()._run_queue()

    @api.model
    def _due(self):
        """Return the scheduled deployments whose time has come, or was taken away."""
        return self.search(
            [
                ("state", "=", states.SCHEDULED),
                "|",
                ("scheduled_at", "=", False),
                ("scheduled_at", "<=", fields.Datetime.now()),
            ]
        )

    def _begin_scheduled(self):
        if self in self._due():
            self._transition(states.QUEUED)
