from odoo import api, fields, models
from odoo.fields import Domain


class OpsHealthMaintenanceWindow(models.Model):
    """One time of a maintenance, written by the maintenance itself."""

    _name = "ops.health.maintenance.window"
    _description = "Maintenance Window"
    _order = "date_from, id"

    maintenance_id = fields.Many2one(
        "ops.health.maintenance", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="maintenance_id.company_id", store=True, precompute=True, index=True
    )
    date_from = fields.Datetime(string="From", required=True, readonly=True, index=True)
    date_to = fields.Datetime(string="To", required=True, readonly=True, index=True)
    state = fields.Selection(
        [("planned", "Planned"), ("ongoing", "Ongoing"), ("over", "Over")],
        required=True,
        readonly=True,
        default="planned",
    )

    # === COMPUTE METHODS === #

    @api.depends("maintenance_id.name")
    def _compute_display_name(self):
        for window in self:
            window.display_name = window.maintenance_id.name

    # === BUSINESS METHODS === #

    @api.model
    def _ongoing_domain(self, now):
        return Domain("date_from", "<=", now) & Domain("date_to", ">", now)

    @api.model
    def _covering_domain(self, checks):
        """Which windows a maintenance of these checks has, if any."""
        return Domain("maintenance_id.check_ids", "in", checks.ids) | Domain(
            "maintenance_id.environment_ids", "in", checks.environment_id.ids
        )

    def _enter(self, state):
        """Be ongoing or over, and say so on the timeline."""
        for window in self:
            window.state = state
            name = window.maintenance_id.name
            title = (
                self.env._("Maintenance began: %s", name)
                if state == "ongoing"
                else self.env._("Maintenance is over: %s", name)
            )
            for environment in window.maintenance_id._environments():
                self.env["ops.event"]._record(
                    f"maintenance.{state}",
                    title,
                    environment=environment,
                    record=window.maintenance_id,
                )
