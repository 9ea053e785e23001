from odoo import api, fields, models

from odoo.addons.ops_center_base.models.ops_worker import FALLBACK_EVERY

from ..storage import states


class OpsHealthCheck(models.Model):
    """The next look at a check, and how the last one went."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    next_run = fields.Datetime(compute="_compute_look")
    last_lateness = fields.Float(
        string="Last Run Late By",
        compute="_compute_look",
        digits=(16, 2),
        help="The seconds from the time at which the check should have run until it did.",
    )
    last_phases = fields.Json(string="Last Run", compute="_compute_look")
    misses_worker = fields.Boolean(
        compute="_compute_misses_worker",
        help="The check should run more often than scheduled actions do, and no worker runs.",
    )

    # === COMPUTE METHODS === #

    def _compute_look(self):
        looks = states.looks(self.env.cr, self.ids)
        for check in self:
            look = looks.get(check._origin.id, {})
            check.next_run = look.get("next_run")
            check.last_lateness = look.get("last_lateness")
            check.last_phases = look.get("last_phases")

    @api.depends("interval")
    def _compute_misses_worker(self):
        is_alone = not self.env["ops.worker"]._alive()
        for check in self:
            check.misses_worker = is_alone and check.interval < FALLBACK_EVERY.total_seconds()

    # === CRUD METHODS === #

    def write(self, vals):
        idle = self.browse()
        if {"active", "state"} & vals.keys():
            idle = self.filtered(lambda check: not check.active or check.state == "paused")
        result = super().write(vals)
        if idle:
            states.begin_anew(self.env.cr, idle.ids)
        return result
