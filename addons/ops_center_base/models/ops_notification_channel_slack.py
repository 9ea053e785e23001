import json
from html import escape
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..transport import is_http_url

COLORS = {"info": "#17a2b8", "success": "#28a745", "warning": "#ffac00", "danger": "#dc3545"}
# It refuses messages that hold anything but its own fields.
TEXT_ONLY_HOST = "chat.googleapis.com"


class OpsNotificationChannel(models.Model):
    """Slack's incoming webhooks, which Mattermost, Rocket.Chat and others understand as well."""

    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("slack", "Slack or similar chat")], ondelete={"slack": "cascade"}
    )
    slack_url = fields.Char(
        string="Webhook Address",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        help="The address of an incoming webhook, which Slack, Mattermost, Rocket.Chat or Google"
        " Chat gives you. Whoever knows it can write there, so it is stored encrypted and never"
        " shown again.",
    )
    slack_url_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    slack_url_hint = fields.Char(string="Webhook Address Ends In", readonly=True, copy=False)

    # === CONSTRAINT METHODS === #

    @api.constrains("slack_url")
    def _check_slack_url(self):
        for channel in self:
            address = channel._reveal("slack_url")
            if address and not is_http_url(address):
                raise ValidationError(
                    self.env._(
                        "“Webhook Address” is no complete address. Copy all of it from the chat,"
                        " such as https://hooks.slack.com/services/…"
                    )
                )

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "slack":
            return super()._target_problem()
        if self.slack_url_hint:
            return None
        return self.env._(
            "Enter the “Webhook Address” that the chat gave you for its incoming webhook."
        )

    def _deliver(self, notification):
        if self.kind != "slack":
            return super()._deliver(notification)
        address = self._reveal("slack_url")
        if urlsplit(address).hostname == TEXT_ONLY_HOST:
            payload = {"text": _plain(notification._text(self))}
        else:
            payload = self._slack_payload(notification)
        return self._post(address, json.dumps(payload).encode())

    def _slack_payload(self, notification):
        return {
            "text": _plain(notification.name),
            "attachments": [
                {
                    "color": COLORS[notification.level],
                    "fallback": _plain(notification.name),
                    "text": _plain(notification._content(self)),
                    "mrkdwn_in": [],
                }
            ],
        }


def _plain(text):
    """What others wrote must not call everybody, nor hide where a link leads.

    Source: https://api.slack.com/reference/surfaces/formatting#escaping; mentions of Mattermost and
    Rocket.Chat begin with an at sign.
    """
    return escape(text, quote=False).replace("@", "@\N{ZERO WIDTH SPACE}")
