from datetime import timedelta

from odoo import models

VALIDITY = timedelta(days=7)


class OpsNotification(models.Model):
    """Messages about an incident say how to take care of it from the phone."""

    _inherit = "ops.notification"

    # === BUSINESS METHODS === #

    def _action_for(self, recipient):
        incident = self.res_model == "ops.health.incident" and self._document()
        if not incident or not incident._may_be_acknowledged_by(recipient):
            return super()._action_for(recipient)
        # Counted from the message, so that a repetition says the same.
        return {
            "label": self.env._("I take care of it"),
            "address": incident._acknowledge_url(recipient, self.create_date + VALIDITY),
        }
