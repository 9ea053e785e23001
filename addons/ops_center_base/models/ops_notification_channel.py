from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..outbox import outbox_errors
from ..transport import HttpClient, is_metadata_address

LEVELS = ["info", "warning", "danger"]
TIMEOUT = 15  # seconds
MAX_ANSWER = 64 * 1024  # bytes; receivers answer with a word or two


class OpsNotificationChannel(models.Model):
    """One way to reach people. Each kind of channel has a file of its own that extends this."""

    _name = "ops.notification.channel"
    _description = "Notification Channel"
    _inherit = ["mail.thread", "mail.activity.mixin", "ops.secret.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection([], required=True, default="email", tracking=True)
    minimum_level = fields.Selection(
        [
            ("info", "Everything"),
            ("warning", "Warnings and failures"),
            ("danger", "Failures only"),
        ],
        string="Notify Of",
        required=True,
        default="warning",
        tracking=True,
        help="The end of a trouble is always notified of as well.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    notification_ids = fields.One2many("ops.notification", "channel_id", readonly=True)
    last_state = fields.Selection(
        lambda self: self.env["ops.notification"]._fields["state"]._description_selection(self.env),
        string="Last Outcome",
        compute="_compute_last_outcome",
    )
    last_error = fields.Text(string="Last Problem", compute="_compute_last_outcome")
    last_date = fields.Datetime(string="Last Used", compute="_compute_last_outcome")

    # === COMPUTE METHODS === #

    @api.depends("notification_ids.state", "notification_ids.last_error")
    def _compute_last_outcome(self):
        last = self.env["ops.notification"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id"], ["id:max"]
        )
        notifications = {channel: self.env["ops.notification"].browse(id_) for channel, id_ in last}
        for channel in self:
            notification = notifications.get(channel._origin)
            channel.last_state = notification and notification.state
            channel.last_error = notification and notification.last_error
            channel.last_date = notification and notification.write_date

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        channels._check_target()
        return channels

    def write(self, vals):
        result = super().write(vals)
        self._check_target()
        return result

    def _check_target(self):
        # No constraint of the ORM: those are checked before secrets are stored.
        for channel in self.filtered("active"):
            if problem := channel._target_problem():
                raise ValidationError(problem)

    # === ACTION METHODS === #

    def action_test(self):
        """Send a message the way that real ones go; its outcome shows on the channel."""
        self.ensure_one()
        self.check_access("write")
        self._enqueue(
            self.env._("Test message of Ops Center"),
            level="info",
            body=self.env._("If you read this, the channel “%s” works.", self.name),
            key=f"test-{fields.Datetime.now()}",
            at_once=True,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("A test message is on its way: the outcome shows here."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_notifications(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ops_center_base.ops_notification_action"
        )
        return {**action, "domain": [("channel_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #

    def _wants(self, level):
        """Tell whether messages of a level go through this channel."""
        # A recovery matters to everybody who was told of the trouble.
        return level == "success" or LEVELS.index(level) >= LEVELS.index(self.minimum_level)

    def _target_problem(self):
        """Return what is missing before messages can go anywhere, else None.

        To override by each kind.
        """
        self.ensure_one()

    def _deliver(self, notification):
        """Call the other side, in no transaction. To override by the kinds that call somebody.

        :raise OutboxRetry: it may work later
        :raise OutboxFatal: a person has to mend the channel
        """

    def _deliver_as_record(self, notification):
        """Create what people see in Odoo, in the transaction that records the outcome.

        To override by the kinds that stay within Odoo.
        """

    def _held_until(self, level):
        """Return until when a message of a level has to wait, False if it need not.

        To override.
        """
        return False

    def _post(self, url, body, headers=None):
        """Post JSON to an address.

        :param str url: complete
        :param bytes body: the JSON text
        :param dict headers: besides the content type
        """
        client = HttpClient(
            timeout=TIMEOUT, max_bytes=MAX_ANSWER, refuse_address=is_metadata_address
        )
        headers = {"Content-Type": "application/json", **(headers or {})}
        # A message that comes twice does less harm than one that never comes.
        with outbox_errors(repeatable=True):
            client.request("POST", url, headers=headers, data=body)

    def _enqueue(self, name, *, level, body="", record=None, key, at_once=False):
        """Queue a message in each of these channels, unless the key was used there before.

        :param bool at_once: also in quiet hours
        """
        # Nobody has the right to write rows of the outbox; who calls this has decided to notify.
        notifications = self.env["ops.notification"].sudo()
        known = notifications.search(
            [("channel_id", "in", self.ids), ("idempotency_key", "=", key)]
        )
        return known + notifications.create(
            [
                {
                    "channel_id": channel.id,
                    "name": name,
                    "level": level,
                    "body": body,
                    "res_model": record and record._name,
                    "res_id": record and record.id,
                    "idempotency_key": key,
                    "not_before": not at_once and channel._held_until(level),
                }
                for channel in self - known.channel_id
            ]
        )
