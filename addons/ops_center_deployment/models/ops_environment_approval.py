from odoo import api, fields, models
from odoo.exceptions import ValidationError


class OpsEnvironment(models.Model):
    """Who approves deployments to a protected environment."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.environment"  # pylint: disable=consider-merging-classes-inherited

    approver_ids = fields.Many2many(
        "res.users",
        string="Approvers",
        tracking=True,
        help="Only they approve deployments here. Without any, each operator approves what somebody"
        " else wants to deploy, and managers are asked to.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("approver_ids")
    def _check_approvers(self):
        for user in self.approver_ids:
            if not user.has_group("ops_center_base.group_operator"):
                raise ValidationError(
                    self.env._(
                        "Approvers: %s is no operator of Ops Center, and could not approve.",
                        user.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _approvers(self):
        """Return who is asked to approve."""
        # Who has a role is no secret, but not everybody may read groups.
        managers = self.env.ref("ops_center_base.group_manager").sudo().all_user_ids
        return (self.approver_ids or managers).filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
