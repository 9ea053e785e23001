from datetime import UTC, datetime, timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_date, get_lang

from ..storage import certificates


class OpsHealthCheck(models.Model):
    """Certificates that checks are shown, and the kind of check that wants nothing else."""

    # Each kind has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("tls", "Certificate (TLS)"), ("self",)], ondelete={"tls": "cascade"}
    )
    certificate_days = fields.Integer(
        string="Warn Before Expiry",
        default=14,
        help="A certificate that expires in fewer days, the server's own or one that it depends on,"
        " degrades the check. 0 for no warning.",
    )
    certificate_subject = fields.Char(string="Issued To", compute="_compute_certificate")
    certificate_issuer = fields.Char(string="Issued By", compute="_compute_certificate")
    certificate_names = fields.Char(string="Valid For", compute="_compute_certificate")
    certificate_fingerprint = fields.Char(
        string="Fingerprint", compute="_compute_certificate", help="SHA-256 of the certificate."
    )
    certificate_expires = fields.Char(string="Expires", compute="_compute_certificate")
    certificate_chain_subject = fields.Char(
        string="Expires First",
        compute="_compute_certificate",
        help="A certificate that the server's own depends on, and that expires before it.",
    )
    certificate_chain_expires = fields.Char(string="It Expires", compute="_compute_certificate")

    _certificate_days_min = models.Constraint(
        "CHECK(certificate_days >= 0)",
        "“Warn Before Expiry” counts days: enter 0 for no warning, or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    def _compute_certificate(self):
        shown = certificates.latest(self.env.cr, self.ids)
        for check in self:
            seen = shown.get(check._origin.id, {})
            check.certificate_subject = seen.get("subject")
            check.certificate_issuer = seen.get("issuer")
            check.certificate_names = ", ".join(seen.get("names", ()))
            check.certificate_fingerprint = seen.get("fingerprint")
            check.certificate_expires = self._expiry(seen.get("not_after"))
            depends = seen.get("chain_not_after") != seen.get("not_after")
            check.certificate_chain_subject = depends and seen.get("chain_subject")
            check.certificate_chain_expires = depends and self._expiry(seen.get("chain_not_after"))

    def _expiry(self, seconds):
        """In how many days something expires, for the screen."""
        if not seconds:
            return False
        at = _datetime(seconds)
        days = timedelta(days=(at - fields.Datetime.now()).days)
        return self.env._(
            "%(date)s (%(days)s)",
            date=format_date(self.env, at),
            # Days only: “next month” is when it is too late.
            days=format_timedelta(
                days,
                granularity="day",
                threshold=float("inf"),
                add_direction=True,
                locale=get_lang(self.env).code,
            ),
        )

    # === CRUD METHODS === #

    def init(self):
        certificates.create_table(self.env.cr)
        return super().init()

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {"certificate_days"}

    def _target_values(self):
        return {**super()._target_values(), "certificate_days": self.certificate_days}

    @api.model
    def _keep_certificates(self, shown):
        """Store the certificates that checks were shown, and tell when one replaced another.

        :param dict[int, dict] shown: `probes.Result.certificate` by check
        """
        for check in self.browse(certificates.keep(self.env.cr, shown)):
            certificate = shown[check.id]
            self.env["ops.event"]._record(
                "certificate.changed",
                self.env._("%(check)s: another certificate", check=check.name),
                environment=check.environment_id,
                record=check,
                detail=self.env._(
                    "Issued to %(subject)s by %(issuer)s, valid until %(until)s, fingerprint"
                    " %(fingerprint)s.",
                    subject=certificate["subject"],
                    issuer=certificate["issuer"],
                    until=_datetime(certificate["not_after"]),
                    fingerprint=certificate["fingerprint"],
                ),
            )


def _datetime(seconds):
    """A time as Odoo stores it, False if it is not known."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else False
