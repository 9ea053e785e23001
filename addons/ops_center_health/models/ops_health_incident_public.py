from odoo import fields, models

from ..public import local


class OpsHealthIncident(models.Model):
    """What people outside learn of incidents."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    public_note_ids = fields.One2many(
        "ops.status.note", "incident_id", string="Notes on Status Pages"
    )
    status_page_ids = fields.Many2many(
        "ops.status.page", string="Shown On", compute="_compute_status_page_ids"
    )

    # === COMPUTE METHODS === #

    def _compute_status_page_ids(self):
        pages = self.env["ops.status.page"].search([("published", "=", True)])
        for incident in self:
            incident.status_page_ids = pages.filtered(
                lambda page, check=incident.check_id: check in page.service_ids._checks()
            )

    # === BUSINESS METHODS === #

    def _public_values(self, service, zone):
        """What visitors are shown of the incident, and nothing that a check saw.

        :param str service: the public name of what it hit
        """
        is_over = self.state == "resolved"
        if self.severity == "critical":
            past, present = self.env._("%s was down"), self.env._("%s is down")
        else:
            past, present = self.env._("%s was limited"), self.env._("%s is limited")
        return {
            "id": self.id,
            "title": (past if is_over else present) % service,
            "level": "bad" if self.severity == "critical" else "fair",
            "state": self._public_word(),
            "began": local(self.opened_at, zone),
            "ended": local(self.resolved_at, zone) if is_over else None,
            "duration": self.duration if is_over else None,
            "notes": [
                {"at": local(note.date, zone), "text": note.text} for note in self.public_note_ids
            ],
        }

    def _public_word(self):
        return {
            "open": self.env._("Ongoing"),
            "acknowledged": self.env._("We work on it"),
            "resolved": self.env._("Over"),
        }[self.state]
