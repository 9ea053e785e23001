from odoo import api, fields, models
from odoo.fields import Domain

QUICK_HOURS = 1


class OpsHealthCheck(models.Model):
    """Checks in maintenance: they are looked at, but whatever is seen is told nobody."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    state = fields.Selection(
        selection_add=[("maintenance", "Maintenance"), ("paused",)],
        ondelete={"maintenance": "set default"},
    )
    maintenance_id = fields.Many2one("ops.health.maintenance", compute="_compute_maintenance")
    maintenance_from = fields.Datetime(
        string="Next Maintenance",
        compute="_compute_maintenance",
        help="When the maintenance begins that takes place now or next.",
    )
    maintenance_to = fields.Datetime(compute="_compute_maintenance")

    # === COMPUTE METHODS === #

    @api.depends("state", "environment_id")
    def _compute_maintenance(self):
        windows = self.env["ops.health.maintenance.window"]
        now = fields.Datetime.now()
        for check in self:
            window = windows.search(
                windows._covering_domain(check._origin) & Domain("date_to", ">", now), limit=1
            )
            check.maintenance_id = window.maintenance_id
            check.maintenance_from = window.date_from
            check.maintenance_to = window.date_to

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if {"environment_id", "active"} & vals.keys():
            self.env["ops.health.maintenance"]._apply()
        return result

    # === ACTIONS === #

    def action_resume(self):
        result = super().action_resume()
        self.env["ops.health.maintenance"]._apply()
        return result

    def action_begin_maintenance(self):
        self.env["ops.health.maintenance"]._begin_for(self, QUICK_HOURS)

    def action_end_maintenance(self):
        covering = self.env["ops.health.maintenance.window"]._covering_domain(self)
        self.env["ops.health.maintenance"]._end_for(self, covering)

    # === BUSINESS METHODS === #

    def _change_state(self, state, outcome):
        # What was seen before it began changes nothing any more.
        if self.state == "maintenance":
            return None
        windows = self.env["ops.health.maintenance.window"]
        now = fields.Datetime.now()
        # The loop of the maintenance may be a moment late, or know nothing of a new check.
        if self.state != "paused" and windows.search_count(
            windows._covering_domain(self) & windows._ongoing_domain(now), limit=1
        ):
            return self._enter_maintenance()
        return super()._change_state(state, outcome)

    def _enter_maintenance(self):
        self._have_state("maintenance")

    def _leave_maintenance(self):
        """Know nothing of these checks until the next looks, which begin now."""
        self._have_state("unknown")
        if self:
            self._schedule_now()

    def _have_state(self, state):
        """Be in a state that is no news for each chatter: the timeline tells of it once."""
        if self:
            self.with_context(tracking_disable=True).write(
                {"state": state, "state_since": fields.Datetime.now()}
            )
            self._forget_results()
            self.env["ops.event"]._broadcast(self._name, self.ids)
            self.env["ops.event"]._broadcast(self.environment_id._name, self.environment_id.ids)
