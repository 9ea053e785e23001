from markupsafe import Markup

from odoo import fields, models
from odoo.tools import plaintext2html

BUTTON = Markup(
    '<p><a href="%(address)s" style="display: inline-block; padding: 12px 20px; color: #ffffff;'
    ' background-color: #714b67; border-radius: 6px; text-decoration: none;">%(label)s</a></p>'
)


class OpsNotificationChannel(models.Model):
    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(selection_add=[("email", "Email")], ondelete={"email": "cascade"})
    partner_ids = fields.Many2many("res.partner", string="Recipients", check_company=True)

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "email":
            return super()._target_problem()
        recipients = self._recipients()
        if not recipients:
            return self.env._("Choose at least one recipient, or a rota with people in it.")
        if silent := recipients.filtered(lambda partner: not partner.email):
            return self.env._(
                "%s can't be reached: enter an email address there first.",
                ", ".join(silent.mapped("display_name")),
            )
        return None

    def _deliver_as_record(self, notification):
        if self.kind != "email":
            return super()._deliver_as_record(notification)
        # What a message asks for is asked of each in person.
        bodies = self._recipients().grouped(lambda partner: self._email_body(notification, partner))
        self.env["mail.mail"].create(
            [
                {
                    "subject": notification.name,
                    "body_html": body,
                    "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
                    "recipient_ids": partners.ids,
                    "auto_delete": True,
                }
                for body, partners in bodies.items()
            ]
        )
        # Odoo's mail queue would be looked at once an hour.
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return None

    def _email_body(self, notification, partner):
        body = plaintext2html(notification._content())
        user = partner.user_ids[:1]
        if action := user and notification._action_for(user):
            body += BUTTON % action
        return body

    def _recipients(self):
        """Return whom emails go to now."""
        return self.partner_ids
