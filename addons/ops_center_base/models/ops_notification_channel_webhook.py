import json
from urllib.parse import urlsplit

from odoo import fields, models

from ..transport import is_http_url, sign


class OpsNotificationChannel(models.Model):
    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(selection_add=[("webhook", "Webhook")], ondelete={"webhook": "cascade"})
    # Whoever knows the address of a chat's webhook may write there.
    webhook_url = fields.Char(string="Address", groups="ops_center_base.group_manager")
    webhook_secret = fields.Char(
        string="Signing Secret",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
    )
    webhook_secret_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    webhook_secret_hint = fields.Char(string="Signing Secret Ends In", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "webhook":
            return super()._target_problem()
        # The address is a manager's secret; only whether it is well formed gets out.
        address = self.sudo().webhook_url or ""
        if not is_http_url(address):
            return self.env._(
                "Enter the whole address of the webhook, such as https://example.com/hooks/ops."
            )
        if urlsplit(address).username is not None:
            return self.env._(
                "Take user and password out of the address: everybody would see them. Messages"
                " are signed with the signing secret instead."
            )
        return None

    def _deliver(self, notification):
        if self.kind != "webhook":
            return super()._deliver(notification)
        body = json.dumps(self._webhook_payload(notification), ensure_ascii=False).encode()
        # Receivers tell repetitions by the delivery id.
        headers = {
            "Idempotency-Key": notification.uuid,
            "X-Ops-Center-Delivery": notification.uuid,
        }
        if secret := self._reveal("webhook_secret"):
            headers["X-Ops-Center-Signature"] = sign(secret, body)
        return self._post(self.webhook_url, body, headers)

    def _webhook_payload(self, notification):
        return {
            "id": notification.uuid,
            "date": notification.create_date.isoformat(timespec="seconds") + "Z",
            "level": notification.level,
            "title": notification.name,
            "body": notification.body or "",
            "company": notification.company_id.name,
            "model": notification.res_model or None,
            "record_id": notification.res_id or None,
            "url": notification.url or None,
            "action": notification._action_for(self),
            # Chats that take incoming webhooks (Slack, Mattermost and others) show this one.
            "text": notification._text(self),
        }
