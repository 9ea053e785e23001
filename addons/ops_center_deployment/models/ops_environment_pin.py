from odoo import fields, models
from odoo.exceptions import UserError


class OpsEnvironment(models.Model):
    """What a rollback leaves behind: nothing new comes until somebody says what becomes of it."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    pinned_deployment_id = fields.Many2one(
        "ops.deployment",
        string="Pinned To",
        readonly=True,
        copy=False,
        check_company=True,
        help="The rollback that nothing new replaces, until it is kept or reverted.",
    )
    pin_rolled_back_id = fields.Many2one(related="pinned_deployment_id.rolled_back_id")
    commit_operation_id = fields.Many2one(
        "ops.operation", readonly=True, copy=False, check_company=True
    )
    commit_error = fields.Text(related="commit_operation_id.last_error", string="Commit Error")

    # === CRUD METHODS === #

    def write(self, vals):
        if "pinned_deployment_id" in vals and not self.env.su:
            raise UserError(
                self.env._("Whether an environment is pinned follows from what was deployed there.")
            )
        return super().write(vals)

    # === ACTION METHODS === #

    def action_commit_rollback(self):
        """Keep what was brought back: other deployments may begin again."""
        # Who may roll back may keep what was brought back.
        self.pinned_deployment_id.check_access("write")
        for environment in self.filtered("pinned_deployment_id"):
            operation = self.env["ops.operation"]._enqueue(
                "commit",
                environment=environment,
                record=environment.pinned_deployment_id,
                idempotency_key=f"deployment-{environment.pinned_deployment_id.id}-commit",
            )
            # Whoever asks anew wants it tried anew.
            operation.action_retry()
            # Not writable by hand; the right was verified above.
            environment.sudo().commit_operation_id = operation

    def action_revert_rollback(self):
        """Open the deployment that brings back what was taken back, to say why it may come."""
        self.ensure_one()
        self.pinned_deployment_id.check_access("write")
        return self.pinned_deployment_id._revert()._get_records_action()

    # === BUSINESS METHODS === #

    def _provider_commit(self, operation):
        """Keep a rollback, where the provider has to be told. To override; see `_provider_deploy`.

        Most refuse nothing after a rollback: the pin is of Ops Center alone.
        """
        return None

    def _pin(self, rollback):
        # Not writable by hand; that it is pinned follows from what was deployed.
        self.sudo().write({"pinned_deployment_id": rollback.id, "commit_operation_id": False})

    def _unpin(self):
        # As above.
        self.sudo().pinned_deployment_id = False
        self.env["ops.event"]._record(
            "environment.unpinned",
            self.env._("Deployments may begin again"),
            environment=self,
            record=self,
        )
        self.env["ops.worker"]._notify("deploy")
