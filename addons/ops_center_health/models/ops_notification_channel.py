from odoo import fields, models


class OpsNotificationChannel(models.Model):
    _inherit = "ops.notification.channel"

    reminder_minutes = fields.Integer(
        string="Remind Every (Minutes)",
        help="As long as an incident is open and nobody has acknowledged it. 0: no reminders.",
    )
    escalation_only = fields.Boolean(
        string="Only When Escalated",
        tracking=True,
        help="Incidents reach this channel by the steps of an escalation policy only.",
    )

    _reminder_minutes_min = models.Constraint(
        "CHECK(reminder_minutes >= 0)",
        "“Remind Every (Minutes)” can't be negative: enter 0 for no reminders.",
    )

    # === BUSINESS METHODS === #

    def _wants(self, level):
        return not self.escalation_only and super()._wants(level)
