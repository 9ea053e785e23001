from odoo import fields, models
from odoo.fields import Command


class OpsHealthIncident(models.Model):
    """What else does not work because of an incident."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    affected_check_ids = fields.Many2many(
        "ops.health.check",
        "ops_health_incident_affected",
        "incident_id",
        "check_id",
        string="Also Affected",
        readonly=True,
        copy=False,
        help="Checks that depend on this one and failed meanwhile. Nobody was told of them.",
    )

    # === BUSINESS METHODS === #

    def _add_affected(self, checks):
        if news := checks - self.affected_check_ids:
            self.affected_check_ids = [Command.link(check.id) for check in news]
            self.env["ops.event"]._broadcast(self._name, self.ids)
