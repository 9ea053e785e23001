from odoo import fields, models


class OpsNotificationChannel(models.Model):
    """Emails and activities also go to whoever is on call."""

    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    rota_id = fields.Many2one(
        "ops.on.call.rota",
        string="On-Call Rota",
        check_company=True,
        ondelete="restrict",
        help="Whoever is on call when a message is sent gets it.",
    )

    # === BUSINESS METHODS === #

    def _recipients(self):
        return super()._recipients() | self.rota_id._on_call().partner_id

    def _assignees(self):
        return super()._assignees() | self.rota_id._on_call()
