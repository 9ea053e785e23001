from odoo import api, fields, models


class OpsHealthIncident(models.Model):
    """Incidents that stay open while their check fails and recovers again and again."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    is_flapping = fields.Boolean(
        string="Flapping",
        readonly=True,
        copy=False,
        help="The check fails and recovers again and again. The incident stays open, without"
        " further messages, until that settles.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        incidents = super().create(vals_list)
        incidents.filtered("check_id.is_flapping").is_flapping = True
        return incidents

    # === BUSINESS METHODS === #

    def _follow_flapping(self, outcome):
        """Do what follows when the check begins or ends to flap."""
        for incident in self:
            check = incident.check_id
            if check.is_flapping and not incident.is_flapping:
                incident.is_flapping = True
                incident._announce("incident.flapping")
            elif not check.is_flapping and check.state == "up":
                incident._resolve(outcome.message)
            elif not check.is_flapping:
                incident.is_flapping = False
                incident._announce("incident.settled")

    def _resolve(self, reason):
        result = super()._resolve(reason)
        # Whoever may end the incident ends this with it.
        self.sudo().filtered("is_flapping").is_flapping = False
        return result

    def _announce(self, kind):
        # The turns of what flaps are no news.
        is_mute = kind == "incident.changed" and self.is_flapping
        return None if is_mute else super()._announce(kind)

    def _news(self, kind):
        check = self.check_id.name
        if kind == "incident.flapping":
            return self.env._("%(check)s: flapping", check=check), self.env._(
                "It fails and recovers again and again. The incident stays open until that settles."
            )
        if kind == "incident.settled":
            return self.env._("%(check)s: no longer flapping, but still in trouble", check=check), (
                self.cause
            )
        title, message = super()._news(kind)
        if kind == "incident.opened" and self.is_flapping:
            title = self.env._("%(incident)s, and flapping", incident=title)
        return title, message
