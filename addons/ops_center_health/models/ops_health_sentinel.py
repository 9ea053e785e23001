import hmac
import json
import os
import secrets
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from odoo import api, models
from odoo.tools import config

from odoo.addons.ops_center_base.transport import mask

from ..probes.sentinel import checks as exported
from ..probes.sentinel.configuration import FORMAT
from ..storage import pings

TOKEN = "ops_center_health.sentinel_token"  # noqa: S105 - where its digest is kept
# Who installs both at once, as the compose file does, chooses the token before either runs.
TOKEN_FILE = "OPS_CENTER_SENTINEL_TOKEN_FILE"  # noqa: S105
SENTINEL_CHECK = "ops_center_health.ops_health_check_sentinel"
PAGING_KINDS = ("email", "webhook")
# These ask Odoo itself, or its database, which the sentinel does in its own way.
OWN_KINDS = ("self", "heartbeat", "group")
# What operators wrote into fields that everybody may read, though it may be a secret.
OPEN_TEXTS = ("url", "request_headers", "request_body")


class OpsHealthSentinel(models.AbstractModel):
    """What Odoo tells the sentinel, the small process outside that pages when Odoo can't."""

    _name = "ops.health.sentinel"
    _description = "Sentinel"

    # === BUSINESS METHODS === #

    @api.model
    def _check(self):
        """The heartbeat check of the sentinel, empty if it was deleted."""
        check = self.env.ref(SENTINEL_CHECK, raise_if_not_found=False)
        return check or self.env["ops.health.check"]

    @api.model
    def _missing(self):
        """The check of the sentinel, if none was ever heard of and nobody paused or removed it."""
        check = self._wanted()
        return check - self._heard(check)

    @api.model
    def _mute(self):
        """The check of the sentinel, if there is one that has nobody to page."""
        heard = self._heard(self._wanted())
        # A fact about the installation, not about records of the user.
        company = self.env.ref("ops_center_base.environment_self").sudo().company_id
        return heard.browse() if heard and self.sudo()._channels(company) else heard

    @api.model
    def _wanted(self):
        return self.env["ops.health.check"].search(
            [("id", "in", self._check().ids), ("state", "!=", "paused")]
        )

    @api.model
    def _heard(self, check):
        _now, said = pings.latest(self.env.cr, check.ids)
        return check.filtered(lambda check: said[check.id].ended_at)

    @api.model
    def _renew_token(self):
        """Return a new token for the configuration; the former one no longer works."""
        token = secrets.token_urlsafe(32)
        # Called for managers only. The digest is enough to recognise the token.
        self.env["ir.config_parameter"].sudo().set_param(TOKEN, _digest(token))
        return token

    @api.model
    def _forget_token(self):
        # Called when the addon is uninstalled, as superuser.
        self.env["ir.config_parameter"].sudo().search([("key", "=", TOKEN)]).unlink()

    @api.model
    def _knows_token(self, token):
        """Whether the configuration may be handed out to who shows this token."""
        # A fact about the installation, not about records of the user.
        known = [self.env["ir.config_parameter"].sudo().get_param(TOKEN)]
        if path := os.environ.get(TOKEN_FILE):
            known.append(_digest(Path(path).read_text(encoding="utf-8").strip()))
        digest = _digest(token)
        return any(hmac.compare_digest(digest, other) for other in filter(None, known))

    @api.model
    def _configuration(self):
        """Return the configuration as JSON; see `probes.sentinel.configuration`.

        It tells of one company: the one that this Odoo itself belongs to.
        """
        environment = self.env.ref("ops_center_base.environment_self")
        channels = self._channels(environment.company_id)
        check = self._check()
        url = environment.get_base_url()
        return json.dumps(
            {
                "format": FORMAT,
                "name": urlsplit(url).netloc,
                "odoo": {"url": url, "database": self.env.cr.dbname},
                "heartbeat": f"/ops/ping/{check.ping_token}" if check.active else "",
                "postgresql": self._postgresql(),
                "checks": self._checks(environment.company_id),
                "email": self._email(environment.company_id, channels),
                "webhooks": [
                    {
                        "url": channel.webhook_url,
                        "signed": bool(channel.webhook_secret_cipher),
                    }
                    for channel in channels
                    if channel.kind == "webhook"
                ],
            },
            indent=2,
            ensure_ascii=False,
        )

    @api.model
    def _channels(self, company):
        """The channels of the company that want failures and that the sentinel can use as well."""
        channels = self.env["ops.notification.channel"].search(
            [("company_id", "=", company.id), ("kind", "in", PAGING_KINDS)]
        )
        return channels.filtered(lambda channel: channel._wants("danger"))

    @api.model
    def _postgresql(self):
        """Where the database server listens, None if only on a socket of its machine."""
        connection = self.env.cr.connection.info
        if not connection.host or connection.host.startswith("/"):
            return None
        return {"host": connection.host, "port": connection.port}

    @api.model
    def _checks(self, company):
        """The checks of the company as the sentinel is told of them."""
        checks = self._watched(company).filtered(self._can_stand_in)
        networks = company._ops_address_policy().networks
        names = checks.mapped(_full_name)
        return [
            exported.write(
                name if names.count(name) == 1 else f"{name} #{check.id}",
                networks,
                check._target(),
            )
            for check, name in zip(checks, names, strict=True)
        ]

    @api.model
    def _left_out(self, company):
        """The checks of the company that nobody makes while Ops Center is in trouble."""
        checks = self._watched(company)
        return checks - checks.filtered(self._can_stand_in)

    @api.model
    def _watched(self, company):
        return self.env["ops.health.check"].search(
            [
                ("company_id", "=", company.id),
                ("kind", "not in", OWN_KINDS),
                ("state", "not in", ["paused", "maintenance"]),
            ]
        )

    @api.model
    def _can_stand_in(self, check):
        """Whether the sentinel can make this check, and without credentials, which stay here."""
        texts = [check[name] or "" for name in OPEN_TEXTS]
        return (
            check.kind in exported.KINDS
            and not check._shows_credentials()
            and all(mask(text) == text for text in texts)
        )

    @api.model
    def _email(self, company, channels):
        """The mail server that Odoo uses and who is written to, None if nobody is."""
        # Whoever is on call by now, too: the configuration is fetched anew every minute.
        partners = channels.filtered(lambda channel: channel.kind == "email")._recipients()
        recipients = sorted({partner.email_formatted for partner in partners if partner.email})
        if not recipients:
            return None
        sender = company.email_formatted or self.env.user.email_formatted
        return {**self._mail_server(), "sender": sender, "recipients": recipients}

    @api.model
    def _mail_server(self):
        server = self.env["ir.mail_server"].search([("smtp_authentication", "=", "login")], limit=1)
        if server:
            return {
                "host": server.smtp_host,
                "port": server.smtp_port,
                "encryption": server.smtp_encryption.removesuffix("_strict"),
                "user": server.smtp_user or "",
            }
        return {
            "host": config["smtp_server"],
            "port": config["smtp_port"],
            "encryption": "starttls" if config["smtp_ssl"] else "none",
            "user": config["smtp_user"] or "",
        }


def _full_name(check):
    return f"{check.display_name} ({check.environment_id.display_name})"


def _digest(token):
    return sha256(token.encode()).hexdigest()
