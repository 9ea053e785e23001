import json

from odoo import api, fields, models
from odoo.tools import plaintext2html

from ..outbox import OutboxFatal, OutboxRetry
from ..transport import HttpClient, TransportError, is_metadata_address, sign

WEBHOOK_TIMEOUT = 15  # seconds
WEBHOOK_MAX_ANSWER = 64 * 1024  # bytes; receivers answer with a word or two
# A person has to mend the channel first; everything else may pass by itself.
FATAL_KINDS = {"address", "redirect", "unauthorized", "not_found", "rejected"}


class OpsNotification(models.Model):
    _name = "ops.notification"
    _description = "Notification"
    _inherit = ["ops.outbox.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, readonly=True)
    body = fields.Text(readonly=True)
    level = fields.Selection(
        [
            ("info", "Information"),
            ("success", "Success"),
            ("warning", "Warning"),
            ("danger", "Failure"),
        ],
        required=True,
        readonly=True,
        default="warning",
    )
    channel_id = fields.Many2one(
        "ops.notification.channel",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, precompute=True, required=True, index=True
    )
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)
    url = fields.Char(string="Link", compute="_compute_url")
    idempotency_key = fields.Char(required=True, readonly=True)

    _idempotency_uniq = models.UniqueIndex(
        "(channel_id, idempotency_key)", "This channel was already notified of that."
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    def _compute_url(self):
        for notification in self:
            record = notification._document()
            notification.url = record and (
                f"{record.get_base_url()}/odoo/{record._name}/{record.id}"
            )

    # === ACTION METHODS === #

    def action_open_document(self):
        self.ensure_one()
        return self._document().get_formview_action()

    # === BUSINESS METHODS === #

    @api.model
    def _notify(self, name, *, company, level="warning", body="", record=None, key):
        """Queue a message in every channel of the company that wants messages of the level.

        :param str name: subject, plain text
        :param company: the `res.company` it concerns
        :param str level: info, success, warning or danger
        :param str body: plain text
        :param record: the document that it is about
        :param str key: the same key again does not notify again
        :return: the notifications, new or not
        """
        # Which channels there are is no matter of what the current user may see.
        channels = self.env["ops.notification.channel"].sudo().with_company(company)
        channels = channels.search([("company_id", "=", company.id)])
        wanting = channels.filtered(lambda channel: channel._wants(level))
        return wanting._enqueue(name, level=level, body=body, record=record, key=key)

    def _send(self):
        if problem := self.channel_id._target_problem():
            raise OutboxFatal(problem)
        if self.channel_id.kind == "webhook":
            self._send_webhook()
        # Emails and activities are records: `_on_outcome` creates them together with the state.

    def _on_outcome(self):
        if self.state == "done":
            if self.channel_id.kind == "email":
                self._create_mail()
            elif self.channel_id.kind == "activity":
                self._create_activities()
        self.env["ops.event"]._broadcast(self.channel_id._name, self.channel_id.ids)

    def _send_webhook(self):
        channel = self.channel_id
        body = json.dumps(self._webhook_payload(), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": self.uuid,
            "X-Ops-Center-Delivery": self.uuid,
        }
        if secret := channel._reveal("webhook_secret"):
            headers["X-Ops-Center-Signature"] = sign(secret, body)
        client = HttpClient(
            timeout=WEBHOOK_TIMEOUT,
            max_bytes=WEBHOOK_MAX_ANSWER,
            refuse_address=is_metadata_address,
        )
        try:
            client.request("POST", channel.webhook_url, headers=headers, data=body)
        except TransportError as error:
            if error.kind in FATAL_KINDS:
                raise OutboxFatal(error.message) from error
            # Receivers tell repetitions by the delivery id, so an unknown outcome is retried.
            raise OutboxRetry(error.message, error.retry_after) from error

    def _webhook_payload(self):
        return {
            "id": self.uuid,
            "date": self.create_date.isoformat(timespec="seconds") + "Z",
            "level": self.level,
            "title": self.name,
            "body": self.body or "",
            "company": self.company_id.name,
            "model": self.res_model or None,
            "record_id": self.res_id or None,
            "url": self.url or None,
            # Chats that take incoming webhooks (Slack, Mattermost and others) show this one.
            "text": "\n".join(filter(None, [self.name, self.body, self.url])),
        }

    def _create_mail(self):
        self.env["mail.mail"].create(
            {
                "subject": self.name,
                "body_html": plaintext2html("\n".join(filter(None, [self.body, self.url]))),
                "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
                "recipient_ids": self.channel_id.partner_ids.ids,
                "auto_delete": True,
            }
        )
        # Odoo's mail queue would be looked at once an hour.
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _create_activities(self):
        document = self._document()
        if not isinstance(document, self.pool["mail.activity.mixin"]):
            document = self.channel_id
        for user in self.channel_id.user_ids:
            document.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.name,
                note=plaintext2html(self.body or ""),
                user_id=user.id,
            )

    def _document(self):
        """Return the existing record that the message is about, else None."""
        if self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists() or None
