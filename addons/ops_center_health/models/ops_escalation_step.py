from odoo import api, fields, models
from odoo.exceptions import ValidationError


class OpsEscalationStep(models.Model):
    _name = "ops.escalation.step"
    _description = "Escalation Step"
    _order = "delay, id"
    _check_company_auto = True

    policy_id = fields.Many2one(
        "ops.escalation.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="policy_id.company_id", store=True, precompute=True, index=True
    )
    delay = fields.Integer(
        string="After (Minutes)",
        required=True,
        default=15,
        help="So long after the incident opened, if nobody has acknowledged it.",
    )
    channel_ids = fields.Many2many(
        "ops.notification.channel", string="Tell", required=True, check_company=True
    )

    _delay_min = models.Constraint(
        "CHECK(delay >= 1)", "“After (Minutes)” of a step: enter at least one minute."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("channel_ids", "delay")
    def _check_channels(self):
        if not all(step.channel_ids for step in self):
            raise ValidationError(
                self.env._("Choose at least one channel in “Tell” for each step of the escalation.")
            )

    # === COMPUTE METHODS === #

    @api.depends("delay")
    def _compute_display_name(self):
        for step in self:
            step.display_name = self.env._("after %s min", step.delay)
