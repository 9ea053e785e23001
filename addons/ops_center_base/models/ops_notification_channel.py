from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..transport import is_http_url

LEVELS = ["info", "warning", "danger"]


class OpsNotificationChannel(models.Model):
    _name = "ops.notification.channel"
    _description = "Notification Channel"
    _inherit = ["mail.thread", "mail.activity.mixin", "ops.secret.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    _secret_fields = {"webhook_secret": "webhook_secret_cipher"}

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(
        [("email", "Email"), ("activity", "Activity"), ("webhook", "Webhook")],
        required=True,
        default="email",
        tracking=True,
    )
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
    partner_ids = fields.Many2many("res.partner", string="Recipients", check_company=True)
    user_ids = fields.Many2many(
        "res.users",
        string="Users",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("ops_center_base.group_viewer").ids)
        ],
        check_company=True,
    )
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
    notification_ids = fields.One2many("ops.notification", "channel_id", readonly=True)
    last_state = fields.Selection(
        lambda self: self.env["ops.notification"]._fields["state"]._description_selection(self.env),
        string="Last Outcome",
        compute="_compute_last_outcome",
    )
    last_error = fields.Text(string="Last Problem", compute="_compute_last_outcome")
    last_date = fields.Datetime(string="Last Used", compute="_compute_last_outcome")

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "active", "partner_ids", "user_ids", "webhook_url")
    def _check_target(self):
        for channel in self.filtered("active"):
            if problem := channel._target_problem():
                raise ValidationError(problem)

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
        """Return what is missing before messages can go anywhere, else None."""
        self.ensure_one()
        if self.kind == "email":
            return self._recipients_problem()
        if self.kind == "activity" and not self.user_ids:
            return self.env._("Choose at least one user.")
        if self.kind == "webhook":
            return self._address_problem()
        return None

    def _recipients_problem(self):
        if not self.partner_ids:
            return self.env._("Choose at least one recipient.")
        if silent := self.partner_ids.filtered(lambda partner: not partner.email):
            return self.env._(
                "%s can't be reached: enter an email address there first.",
                ", ".join(silent.mapped("display_name")),
            )
        return None

    def _address_problem(self):
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

    def _enqueue(self, name, *, level, body="", record=None, key):
        """Queue a message in each of these channels, unless the key was used there before."""
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
                }
                for channel in self - known.channel_id
            ]
        )
