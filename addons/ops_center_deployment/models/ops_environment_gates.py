from odoo import api, fields, models


class OpsEnvironment(models.Model):
    """Whether new things come while something is broken, and in which times none do."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    waits_for_incidents = fields.Boolean(
        string="Wait for Incidents",
        tracking=True,
        help="Deployments wait until no incident of this environment is open any more.",
    )

    freeze_notice = fields.Char(compute="_compute_freeze_notice")

    # === COMPUTE METHODS === #

    @api.depends("kind", "application_id", "partner_id", "company_id")
    @api.depends_context("uid")
    def _compute_freeze_notice(self):
        now = fields.Datetime.now()
        for environment in self:
            freeze = environment.company_id and environment._freeze_at(now)
            environment.freeze_notice = freeze and freeze.tell()

    # === BUSINESS METHODS === #

    def _freeze_at(self, moment):
        """Return the `Freeze` of this environment at a time (naive UTC), None if there is none."""
        # Whoever sees an environment is told why nothing is deployed there.
        windows = self.env["ops.freeze.window"].sudo()
        return windows.search([("company_id", "=", self.company_id.id)])._freeze_of(self, moment)
