from odoo import fields, models


class OpsHealthIncident(models.Model):
    """What to do stands on the incident and in every message about it."""

    # Each theme has a file of its own.
    _inherit = "ops.health.incident"  # pylint: disable=consider-merging-classes-inherited

    runbook_url = fields.Char(related="check_id.runbook_url")

    # === BUSINESS METHODS === #

    def _alarm_text(self):
        text = super()._alarm_text()
        if self.runbook_url:
            runbook = self.env._("Runbook: %s", self.runbook_url)
            return f"{text}\n{runbook}" if text else runbook
        return text
