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

from ..probes import Target
from ..probes.sentinel.configuration import FORMAT
from ..storage import pings

TOKEN = "ops_center_health.sentinel_token"  # noqa: S105 - where its digest is kept
# Who installs both at once, as the compose file does, chooses the token before either runs.
TOKEN_FILE = "OPS_CENTER_SENTINEL_TOKEN_FILE"  # noqa: S105
SENTINEL_CHECK = "ops_center_health.ops_health_check_sentinel"
PROBED_KINDS = ("http", "tcp")
# What the sentinel can probe with; a check that needs more stays with Ops Center.
EXPORTED_VALUES = ("kind", "url", "expected_status", "body_contains", "timeout", "verify")
# What it leaves to Ops Center: the address policy has a form of its own, the rest only degrades.
OWN_VALUES = ("key", "allow", "degraded_ms", "certificate_days")


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
        check = self.env["ops.health.check"].search(
            [("id", "in", self._check().ids), ("state", "!=", "paused")]
        )
        _now, said = pings.latest(self.env.cr, check.ids)
        return check.filtered(lambda check: not said[check.id].ended_at)

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
        channels = self.env["ops.notification.channel"].search(
            [("company_id", "=", environment.company_id.id)]
        )
        channels = channels.filtered(lambda channel: channel._wants("danger"))
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
    def _postgresql(self):
        """Where the database server listens, None if only on a socket of its machine."""
        connection = self.env.cr.connection.info
        if not connection.host or connection.host.startswith("/"):
            return None
        return {"host": connection.host, "port": connection.port}

    @api.model
    def _checks(self, company):
        checks = self.env["ops.health.check"].search(
            [
                ("company_id", "=", company.id),
                ("kind", "in", PROBED_KINDS),
                ("state", "not in", ["paused", "maintenance"]),
            ]
        )
        networks = [name.strip() for name in (company.ops_allowed_networks or "").split(",")]
        exported = []
        for check in checks:
            values = check._target_values()
            plain = Target(key=check.id, kind=check.kind, url=check.url)
            others = {name for name, value in values.items() if value != getattr(plain, name)} - {
                *EXPORTED_VALUES,
                *OWN_VALUES,
            }
            # Credentials stay here, and whatever else the sentinel could not do as well.
            if others or check._shows_credentials() or mask(values["url"]) != values["url"]:
                continue
            exported.append(
                {
                    "name": check.display_name,
                    "networks": list(filter(None, networks)),
                    **{name: values[name] for name in EXPORTED_VALUES},
                }
            )
        return exported

    @api.model
    def _email(self, company, channels):
        """The mail server that Odoo uses and who is written to, None if nobody is."""
        partners = channels.filtered(lambda channel: channel.kind == "email").partner_ids
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


def _digest(token):
    return sha256(token.encode()).hexdigest()
