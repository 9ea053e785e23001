from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class OpsEnvironment(models.Model):
    """What has to hold before a deployment counts as live here, and the end of trying."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    verification_successes = fields.Integer(
        string="Good Results Wanted",
        required=True,
        default=3,
        help="Times in a row that each check has to find a new deployment good.",
    )
    verification_timeout = fields.Integer(
        string="Given Up After",
        required=True,
        default=300,
        help="Seconds that the checks have for it. Then what was live before is brought back.",
    )
    frozen_reason = fields.Char(string="Frozen", readonly=True, copy=False)

    _verification_range = models.Constraint(
        "CHECK(verification_successes BETWEEN 1 AND 20"
        " AND verification_timeout BETWEEN 10 AND 3600)",
        "“Good Results Wanted” must be 1 to 20, and “Given Up After” 10 to 3600 seconds.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        if "frozen_reason" in vals and not self.env.su:
            raise UserError(
                self.env._("Whether an environment is frozen follows from what was deployed there.")
            )
        return super().write(vals)

    # === ACTION METHODS === #

    def action_unfreeze(self):
        """Let deployments begin again, once a person has looked."""
        self.check_access("write")
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(self.env._("Only managers unfreeze an environment. Ask one of them."))
        for environment in self.filtered("frozen_reason"):
            # Not writable by hand; the role was verified above.
            environment.sudo().frozen_reason = False
            self.env["ops.event"]._record(
                "environment.unfrozen",
                self.env._("Deployments may begin again"),
                environment=environment,
                record=environment,
            )
        self.env["ops.worker"]._notify("deploy")

    # === BUSINESS METHODS === #

    def _freeze(self, reason):
        """Begin no deployment any more until a person has looked, and page."""
        # Not writable by hand; that it is frozen follows from what was deployed.
        self.sudo().frozen_reason = reason
        title = self.env._("%s is frozen", self.display_name)
        self.env["ops.event"]._record(
            "environment.frozen",
            title,
            environment=self,
            record=self,
            level="danger",
            detail=reason,
        )
        self.env["ops.notification"]._notify(
            title,
            company=self.company_id,
            level="danger",
            body=self.env._("%s Look at the environment, then unfreeze it there.", reason),
            record=self,
            key=f"frozen-{self.id}-{fields.Datetime.now()}",
        )
