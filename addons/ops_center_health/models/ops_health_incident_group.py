from odoo import api, models


class OpsHealthIncident(models.Model):
    """Incidents of groups, and those that their members don't open."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    @api.model
    def _report(self, check, outcome):
        if check._is_muted():
            return None
        return super()._report(check, outcome)

    @api.model
    def _follow_group(self, group, outcome):
        """Have the open incident of a group name the members that are in trouble by now."""
        values = {"cause": outcome.message, "evidence": outcome.evidence}
        incident = group.incident_ids.filtered(lambda incident: incident.state != "resolved")
        if (
            incident
            and outcome.verdict in {"down", "degraded"}
            and any(incident[name] != value for name, value in values.items())
        ):
            incident.write(values)
