from odoo import api, fields, models

from odoo.addons.ops_center_base.outbox import OutboxFatal


class OpsEnvironment(models.Model):
    """The contract of providers: who carries out deployments, and how they are asked to.

    Addons add to `provider` and override the methods; an override begins with
    ``if self.provider != "…": return super()…``. Operations call them in no transaction, so they
    may read records and must not write.
    """

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    has_executor = fields.Boolean(
        compute="_compute_has_executor",
        help="Ops Center has deployments carried out here, instead of keeping the record of them.",
    )

    # === COMPUTE METHODS === #

    @api.depends("provider")
    def _compute_has_executor(self):
        for environment in self:
            environment.has_executor = environment.provider in self._executing_providers()

    # === BUSINESS METHODS === #

    @api.model
    def _executing_providers(self):
        """Return the providers that carry out deployments. To override."""
        return set()

    def _provider_deploy(self, operation):
        """Have what the operation's parameters name brought into this environment. To override.

        :param operation: the `ops.operation`, whose ``uuid`` marks the request
        :return: how the other side calls it, or None
        :raise OutboxRetry: it surely did not happen, try later
        :raise OutboxFatal: it did not happen, and trying again is no use
        :raise Exception: anything else: it may have happened
        """
        raise self._nobody_executes()

    def _provider_cancel(self, operation):
        """Have a deployment called off that was asked for. To override; see `_provider_deploy`."""
        raise self._nobody_executes()

    def _provider_find(self, operation):
        """Ask whether an operation was carried out already. To override.

        :return: how the other side calls it, or None when it was not, or repeating does no harm
        """
        return None

    def _nobody_executes(self):
        return OutboxFatal(
            self.env._(
                "Nobody carries out deployments of %s. Choose its provider, then try again.",
                self.display_name,
            )
        )
