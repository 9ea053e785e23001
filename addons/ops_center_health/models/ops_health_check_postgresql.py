from odoo import api, fields, models

from ..probes import PostgresqlExpectation


class OpsHealthCheck(models.Model):
    """The kind of check that logs in to PostgreSQL."""

    _name = "ops.health.check"
    _inherit = ["ops.health.check", "ops.secret.mixin"]

    kind = fields.Selection(
        selection_add=[("postgresql", "PostgreSQL"), ("self",)], ondelete={"postgresql": "cascade"}
    )
    pg_password = fields.Char(
        string="Password",
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        exportable=False,
        copy=False,
        groups="ops_center_base.group_operator",
        help="Stored encrypted. It is forgotten when the address changes, so that nobody has it"
        " sent elsewhere.",
    )
    pg_password_cipher = fields.Char(groups=fields.NO_ACCESS, copy=False)
    pg_password_hint = fields.Char(
        string="Password Ends In",
        readonly=True,
        copy=False,
        groups="ops_center_base.group_operator",
    )
    pg_query = fields.Text(
        string="Query",
        help="Runs in a transaction that can only read, and must return a row quickly. Without one,"
        " logging in is enough.",
    )
    pg_value = fields.Char(
        string="Expected Value", help="What the first column of the first row must be."
    )
    pg_lag_degraded = fields.Float(
        string="Replication Lag: Degraded Above",
        help="Seconds that a replica may be behind, seen from the replica or from its primary. The"
        " user needs pg_monitor on a primary. 0 for no limit.",
    )
    pg_lag_down = fields.Float(
        string="Replication Lag: Down Above", help="In seconds. 0 for no limit."
    )
    pg_connections_degraded = fields.Float(
        string="Connections: Degraded Above",
        help="Per cent of the server's max_connections that may be in use. 0 for no limit.",
    )
    pg_connections_down = fields.Float(
        string="Connections: Down Above", help="In per cent. 0 for no limit."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains(
        "pg_query",
        "pg_value",
        "pg_lag_degraded",
        "pg_lag_down",
        "pg_connections_degraded",
        "pg_connections_down",
    )
    def _check_postgresql(self):
        self._check_target()

    # === CRUD METHODS === #

    def write(self, vals):
        if "url" in vals:
            moved = self.filtered(lambda check: check.url != vals["url"])
            # Whoever may change the address may not thereby learn the password.
            moved.sudo().write({"pg_password_cipher": False, "pg_password_hint": False})
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {
            "pg_password_cipher",
            "pg_query",
            "pg_value",
            "pg_lag_degraded",
            "pg_lag_down",
            "pg_connections_degraded",
            "pg_connections_down",
        }

    def _target_problem(self, reason):
        if self.kind != "postgresql":
            return super()._target_problem(reason)
        return self.env._(
            "“Address”, “Query” or a limit of %(name)s can't be used. %(reason)s",
            name=self.name,
            reason=reason,
        )

    def _trusts_anybody(self):
        # What libpq encrypts for, but doesn't verify.
        is_unverified = self.kind == "postgresql" and "sslmode=require" in (self.url or "")
        return is_unverified or super()._trusts_anybody()

    def _target_values(self):
        values = super()._target_values()
        if self.kind == "postgresql":
            values["postgresql"] = PostgresqlExpectation(
                password=self._reveal("pg_password") or "",
                query=self.pg_query or "",
                value=self.pg_value or "",
                lag_degraded=self.pg_lag_degraded or None,
                lag_down=self.pg_lag_down or None,
                connections_degraded=self.pg_connections_degraded or None,
                connections_down=self.pg_connections_down or None,
            )
        return values
