from urllib.parse import quote

from odoo import api, fields, models

from ..probes import DnsExpectation
from ..probes.dns_target import RECORD_TYPES
from ..probes.resolver import is_address


class OpsHealthCheck(models.Model):
    """The kind of check that asks a name server."""

    # Each kind has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(selection_add=[("dns", "DNS"), ("self",)], ondelete={"dns": "cascade"})
    url = fields.Char(compute="_compute_url", store=True, readonly=False)
    dns_name = fields.Char(string="Asked For", help="Such as example.com.")
    dns_type = fields.Selection(
        [(record_type, record_type) for record_type in RECORD_TYPES],
        string="Record Type",
        default="A",
    )
    dns_server = fields.Char(
        string="Name Server",
        help="Such as 192.0.2.53 or ns.example.com:5353. Without one, the name servers of the"
        " machine that looks are asked.",
    )
    dns_values = fields.Text(
        string="Expected Records",
        help="One a line, such as 192.0.2.1 or 10 mail.example.com. Without any, every answer is"
        " good.",
    )
    dns_match = fields.Selection(
        [("all", "All of them"), ("any", "One of them is enough")],
        string="Which of Them",
        default="all",
        required=True,
    )

    _dns_name_required = models.Constraint(
        "CHECK(kind != 'dns' OR (dns_name IS NOT NULL AND dns_type IS NOT NULL))",
        "“Asked For” and “Record Type” say what a DNS check asks: fill in both.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "dns_name", "dns_type", "dns_server")
    def _compute_url(self):
        for check in self:
            if check.kind == "dns":
                server = (check.dns_server or "").strip()
                if ":" in server and is_address(server):
                    server = f"[{server}]"
                name = quote((check.dns_name or "").strip())
                check.url = f"dns://{server}/{name}?type={check.dns_type}"
            elif (check.url or "").startswith("dns:"):
                check.url = False
            else:
                check.url = check.url

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [_without_url(vals) if vals.get("kind") == "dns" else vals for vals in vals_list]
        )

    def write(self, vals):
        kinds = {vals["kind"]} if "kind" in vals else set(self.mapped("kind"))
        return super().write(_without_url(vals) if kinds == {"dns"} else vals)

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {
            "dns_name",
            "dns_type",
            "dns_server",
            "dns_values",
            "dns_match",
        }

    def _target_problem(self, reason):
        if self.kind != "dns":
            return super()._target_problem(reason)
        return self.env._(
            "“Asked For” or “Name Server” of %(name)s can't be used. %(reason)s",
            name=self.name,
            reason=reason,
        )

    def _target_values(self):
        lines = (self.dns_values or "").splitlines()
        expectation = DnsExpectation(
            values=tuple(line.strip() for line in lines if line.strip()),
            all_of_them=self.dns_match == "all",
        )
        return {**super()._target_values(), "dns": expectation}


def _without_url(vals):
    """The values without the address, which follows from the others."""
    return {name: value for name, value in vals.items() if name != "url"}
