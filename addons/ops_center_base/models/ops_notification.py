from odoo import api, fields, models

from ..outbox import OutboxFatal


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

    _document_idx = models.Index("(res_id, res_model)")

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
    def _notify(
        self, name, *, company, level="warning", heard=None, body="", record=None, key, also=()
    ):
        """Queue a message in every channel of the company that wants messages of the level.

        :param str name: subject, plain text
        :param company: the `res.company` it concerns
        :param str level: info, success, warning or danger
        :param str heard: the level of what it is the end of: whoever wanted that gets it, no others
        :param str body: plain text
        :param record: the document that it is about
        :param str key: the same key again does not notify again
        :param also: further channels, whatever they want: they were told of the same matter
        :return: the notifications, new or not
        """
        # Which channels there are is no matter of what the current user may see.
        channels = self.env["ops.notification.channel"].sudo().with_company(company)
        channels = channels.search([("company_id", "=", company.id)])
        wanting = channels.filtered(
            lambda channel: channel in also or channel._wants(heard or level)
        )
        return wanting._enqueue(name, level=level, body=body, record=record, key=key)

    def _send(self):
        if problem := self.channel_id._target_problem():
            raise OutboxFatal(problem)
        self.channel_id._deliver(self)

    def _on_outcome(self):
        if self.state == "done":
            self.channel_id._deliver_as_record(self)
        self.env["ops.event"]._broadcast(self.channel_id._name, self.channel_id.ids)

    def _action_for(self, recipient):
        """Return what the reader is asked to do, and the address that does it without a login.

        To override by those whose messages ask for something.

        :param recipient: the `res.users` who reads it, or the channel if nobody knows who does
        :return: dict of ``label`` and ``address``, None if there is nothing to do
        """
        return None

    def _content(self, recipient=None):
        """Return what stands below the subject, as plain text."""
        lines = [self.body, self.url]
        if action := recipient and self._action_for(recipient):
            lines.append(f"{action['label']}: {action['address']}")
        return "\n".join(filter(None, lines))

    def _text(self, recipient=None):
        """Return all of it as plain text."""
        return "\n".join(filter(None, [self.name, self._content(recipient)]))

    def _document(self):
        """Return the existing record that the message is about, else None."""
        if self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists() or None
