from odoo import api, fields, models


class OpsEscalationPolicy(models.Model):
    """Who else hears of an incident that nobody takes care of."""

    _name = "ops.escalation.policy"
    _description = "Escalation Policy"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    is_default = fields.Boolean(
        string="For All Other Environments",
        tracking=True,
        help="Environments of the company without a policy of their own follow this one.",
    )
    step_ids = fields.One2many("ops.escalation.step", "policy_id", string="Steps", copy=True)
    environment_ids = fields.One2many(
        "ops.environment", "escalation_policy_id", string="Environments", check_company=True
    )

    _default_uniq = models.UniqueIndex(
        "(company_id) WHERE is_default AND active",
        "The company has a policy for all other environments already: change that one, or take the"
        " mark off it first.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _of(self, environment):
        """Return the policy that an environment follows, if any."""
        if policy := environment.escalation_policy_id.filtered("active"):
            return policy
        return self.search(
            [("company_id", "=", environment.company_id.id), ("is_default", "=", True)]
        )
