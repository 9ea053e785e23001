from odoo import api, fields, models


class OpsNotification(models.Model):
    _name = "ops.notification"
    _description = "Notification"
    _inherit = ["ops.outbox.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, readonly=True)
    channel_id = fields.Many2one(
        "ops.notification.channel",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    # === BUSINESS METHODS === #

    @api.model
    def _notify(self, name, *, company, level="warning", body="", record=None, key):
        """Queue one notification for each matching channel; see the issue of the channel."""
        return self.browse()
