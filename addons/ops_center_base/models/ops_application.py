from odoo import api, fields, models


class OpsApplication(models.Model):
    _name = "ops.application"
    _description = "Application"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    repository_url = fields.Char(string="Repository", tracking=True)
    image = fields.Char(string="Container Image", tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", string="Customer", check_company=True)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    environment_ids = fields.One2many("ops.environment", "application_id", check_company=True)
    environment_count = fields.Integer(compute="_compute_environment_count")

    # === COMPUTE METHODS === #

    @api.depends("environment_ids")
    def _compute_environment_count(self):
        for application in self:
            application.environment_count = len(application.environment_ids)

    # === ACTION METHODS === #

    def action_view_environments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_base.ops_environment_action"
        )
        return {
            **action,
            "domain": [("application_id", "=", self.id)],
            "context": {"default_application_id": self.id},
        }
