import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import relay
from ..outbox import OutboxFatal, OutboxRetry

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s,]+", re.IGNORECASE)


class OpsNotificationChannel(models.Model):
    """The services that the library Apprise knows: chats, pagers, text messages, phones."""

    # Each kind has a file of its own.
    _inherit = "ops.notification.channel"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("apprise", "Other service (Apprise)")], ondelete={"apprise": "cascade"}
    )
    apprise_url = fields.Char(
        string="Apprise Address",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        help="How Apprise calls the service and whom to reach there, such as"
        " tgram://bottoken/ChatID. It holds passwords, so it is stored encrypted and never shown"
        " again.",
    )
    apprise_url_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    apprise_url_hint = fields.Char(string="Apprise Address Ends In", readonly=True, copy=False)

    # === CONSTRAINT METHODS === #

    @api.constrains("apprise_url")
    def _check_apprise_url(self):
        for channel in self:
            address = channel._reveal("apprise_url")
            if address and not ADDRESS.fullmatch(address):
                raise ValidationError(
                    self.env._(
                        "“Apprise Address” must be one address such as tgram://bottoken/ChatID."
                        " https://appriseit.com/services/ says how each service writes it."
                    )
                )

    # === BUSINESS METHODS === #

    def _target_problem(self):
        if self.kind != "apprise":
            return super()._target_problem()
        if self.apprise_url_hint:
            return None
        return self.env._(
            "Enter the “Apprise Address” of the service, such as tgram://bottoken/ChatID."
        )

    def _deliver(self, notification):
        if self.kind != "apprise":
            return super()._deliver(notification)
        try:
            relay.send(
                self._reveal("apprise_url"),
                title=notification.name,
                body=notification._content(self),
                level=notification.level,
            )
        except relay.RelayError as error:
            message = self._apprise_problem(error)
            raise (OutboxFatal if error.final else OutboxRetry)(message) from error
        return None

    def _apprise_problem(self, error):
        return {
            "unknown": self.env._(
                "Apprise doesn't understand this address. https://appriseit.com/services/ says how"
                " each service writes it; some need a library of their own beside Apprise."
            ),
            "refused": self.env._(
                "The service would have to reach where messages must not go: %s", error.detail
            ),
            "timeout": self.env._(
                "The service did not take the message within %s seconds.", relay.TIMEOUT
            ),
            "failed": self.env._("The service did not take the message. %s", error.detail),
        }[error.reason]
