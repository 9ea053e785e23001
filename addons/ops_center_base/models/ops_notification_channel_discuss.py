from odoo import fields, models
from odoo.tools import plaintext2html


class OpsNotificationChannel(models.Model):
    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(selection_add=[("discuss", "Discuss")], ondelete={"discuss": "cascade"})
    discuss_channel_id = fields.Many2one(
        "discuss.channel",
        string="Conversation",
        domain=[("channel_type", "in", ["channel", "group"])],
        ondelete="set null",
        help="OdooBot writes the messages there.",
    )

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "discuss":
            return super()._target_problem()
        # A manager need not be a member of the conversation to keep the channel.
        conversation = self.sudo().discuss_channel_id
        return None if conversation.active else self.env._("Choose a conversation in Discuss.")

    def _deliver_as_record(self, notification):
        if self.kind != "discuss":
            return super()._deliver_as_record(notification)
        return self.discuss_channel_id.message_post(
            author_id=self.env.ref("base.partner_root").id,
            body=plaintext2html(notification._text()),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
