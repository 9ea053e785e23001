from odoo import fields, models


class OpsNotificationChannel(models.Model):
    _name = "ops.notification.channel"
    _description = "Notification Channel"
    _inherit = ["mail.thread", "ops.secret.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    active = fields.Boolean(default=True)
