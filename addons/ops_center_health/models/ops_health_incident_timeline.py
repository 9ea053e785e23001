from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

BEFORE = timedelta(minutes=60)
# The end of an incident is put on the timeline a moment after it.
AFTER = timedelta(minutes=1)
MOST_EVENTS = 200


class OpsHealthIncident(models.Model):
    """What changed before an incident, and what happened while it lasted."""

    # Each theme has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    before_event_ids = fields.Many2many(
        "ops.event", string="The Hour Before", compute="_compute_events"
    )
    during_event_ids = fields.Many2many(
        "ops.event", string="From the Opening On", compute="_compute_events"
    )

    # === COMPUTE METHODS === #

    @api.depends("opened_at", "resolved_at", "environment_id")
    def _compute_events(self):
        for incident in self:
            # The timeline goes by whole seconds.
            opened_at = incident.opened_at.replace(microsecond=0)
            events = self.env["ops.event"].search(
                incident._timeline_domain(), order="date, id", limit=MOST_EVENTS
            )
            before = events.filtered(lambda event, at=opened_at: event.date < at)
            incident.before_event_ids = before
            incident.during_event_ids = events - before

    # === ACTIONS === #

    def action_view_timeline(self):
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ops_center_base.ops_event_action"),
            "domain": list(self._timeline_domain()),
            "context": {},
        }

    # === BUSINESS METHODS === #

    def _timeline_domain(self):
        """The events of the environment, and those of the company that have none."""
        domain = Domain("date", ">=", self.opened_at - BEFORE) & (
            Domain("environment_id", "=", self.environment_id.id)
            | Domain("environment_id", "=", False) & Domain("company_id", "=", self.company_id.id)
        )
        if self.resolved_at:
            domain &= Domain("date", "<=", self.resolved_at + AFTER)
        return domain
