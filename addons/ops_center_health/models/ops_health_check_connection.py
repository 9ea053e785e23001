from odoo import api, fields, models

from ..probes import HttpRequest
from ..probes.pem import check_authorities

# Kinds that connect to one address of a name, and those whose certificates curl verifies.
CONNECTED = ("http", "tcp", "tls", "postgresql", "odoo")
VERIFIED = ("http", "tls", "odoo")
TIMED = (*CONNECTED, "dns")


class OpsHealthCheck(models.Model):
    """What several kinds have: where they connect to, whom they trust, how long it may take."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    ip_family = fields.Selection(
        [("any", "Any"), ("ipv4", "IPv4 Only"), ("ipv6", "IPv6 Only")],
        string="Addresses",
        required=True,
        default="any",
        tracking=True,
    )
    authorities = fields.Text(
        string="Own Authority",
        help="Certificates (PEM) of the authorities to trust in place of the usual ones, for a"
        " server whose certificate your company issued itself.",
    )
    tls_warning = fields.Char(string="Security", compute="_compute_tls_warning")
    max_latency_ms = fields.Integer(
        string="Down From", help="Slower answers (milliseconds) count as down."
    )

    _latencies_range = models.Constraint(
        "CHECK(max_latency_ms >= 0)",
        "“Down From” is in milliseconds: enter 1 or more, or 0 for no limit.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "authorities")
    def _check_authorities(self):
        for check in self.filtered(lambda check: check.kind in VERIFIED and check.authorities):
            try:
                check_authorities(check.authorities)
            except ValueError as error:
                raise check._unusable("authorities", error) from error

    @api.constrains("ip_family")
    def _check_way(self):
        self._check_target()

    # === COMPUTE METHODS === #

    @api.depends("kind", "url", "verify_tls")
    def _compute_tls_warning(self):
        for check in self:
            check.tls_warning = check._trusts_anybody() and self.env._("Certificate Not Verified")

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {"ip_family", "authorities", "max_latency_ms"}

    def _target_values(self):
        values = super()._target_values()
        if self.kind in TIMED:
            values["max_latency_ms"] = self.max_latency_ms or None
        if self.kind in CONNECTED:
            values["family"] = self.ip_family
        if self.kind in VERIFIED:
            values["request"] = HttpRequest(authorities=self.authorities or "")
        return values

    def _trusts_anybody(self):
        """Whether the connection is encrypted, but to whoever answers."""
        scheme = (self.url or "").partition(":")[0].lower()
        is_encrypted = self.kind == "tls" or (self.kind in {"http", "odoo"} and scheme == "https")
        return is_encrypted and not self.verify_tls
