from odoo import api, fields, models

from ..probes import OdooExpectation
from ..storage import installations


class OpsHealthCheck(models.Model):
    """The kind of check that looks at an Odoo elsewhere."""

    # Each kind has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("odoo", "Odoo"), ("self",)], ondelete={"odoo": "cascade"}
    )
    odoo_expected_version = fields.Char(
        string="Expected Version",
        help="Another version degrades the check. Write it as Odoo does: 19.0, or saas~18.3. Leave"
        " it empty for any.",
    )
    odoo_selector_closed = fields.Boolean(
        string="Database List Hidden",
        default=True,
        help="An Odoo that shows its databases to everybody degrades the check: it helps whoever"
        " guesses passwords. Where that is meant to be, switch this off.",
    )
    odoo_version = fields.Char(string="Version", compute="_compute_installation")
    odoo_edition = fields.Selection(
        [("community", "Community"), ("enterprise", "Enterprise")],
        string="Edition",
        compute="_compute_installation",
    )
    odoo_selector = fields.Selection(
        [("closed", "Hidden"), ("open", "Shown to everybody")],
        string="Database List",
        compute="_compute_installation",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("odoo_expected_version")
    def _check_odoo(self):
        self._check_target()

    # === COMPUTE METHODS === #

    def _compute_installation(self):
        told = installations.latest(self.env.cr, self.ids)
        for check in self:
            seen = told.get(check._origin.id, {})
            check.odoo_version = seen.get("version")
            check.odoo_edition = seen.get("edition")
            check.odoo_selector = seen.get("selector")

    # === CRUD METHODS === #

    def init(self):
        installations.create_table(self.env.cr)
        return super().init()

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | {"odoo_expected_version", "odoo_selector_closed"}

    def _target_problem(self, reason):
        if self.kind != "odoo":
            return super()._target_problem(reason)
        return self.env._(
            "“Address” or “Expected Version” of %(name)s can't be used. %(reason)s",
            name=self.name,
            reason=reason,
        )

    def _target_values(self):
        values = super()._target_values()
        if self.kind == "odoo":
            values["odoo"] = OdooExpectation(
                version=self.odoo_expected_version or "",
                selector_closed=self.odoo_selector_closed,
            )
        return values

    @api.model
    def _keep_installations(self, told):
        """Store what Odoo installations told of themselves, and tell of another version.

        :param dict[int, dict] told: `probes.Result.odoo` by check
        """
        for check_id, before in installations.keep(self.env.cr, told).items():
            former, version = before.get("version"), told[check_id].get("version")
            if not former or not version or former == version:
                continue
            check = self.browse(check_id)
            self.env["ops.event"]._record(
                "odoo.version_changed",
                self.env._(
                    "%(check)s: Odoo %(version)s instead of %(former)s",
                    check=check.name,
                    version=version,
                    former=former,
                ),
                environment=check.environment_id,
                record=check,
            )
