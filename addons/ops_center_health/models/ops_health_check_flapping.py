from odoo import fields, models

from ..storage import states


class OpsHealthCheck(models.Model):
    """Checks that fail and recover all the time, which would ring at every turn."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    is_flapping = fields.Boolean(
        string="Flapping",
        readonly=True,
        copy=False,
        tracking=True,
        help="It fails and recovers again and again: half of the last 20 results were another one"
        " than before. Until no more than a quarter are, its incident stays open without further"
        " messages.",
    )

    # === BUSINESS METHODS === #

    def _switch(self, state):
        result = super()._switch(state)
        # What was before a pause says nothing about the time after it.
        self._forget_results()
        return result

    def _forget_results(self):
        """Have nothing that was seen so far speak for or against these checks."""
        # The right was verified; only results decide about it otherwise.
        self.sudo().filtered("is_flapping").is_flapping = False
        states.forget_recent(self.env.cr, self.ids)

    def _follow(self, standing, outcome):
        self.lock_for_update(allow_referencing=True)
        turned = self.is_flapping != standing.is_flapping and self.state != "paused"
        if turned:
            self.is_flapping = standing.is_flapping
        result = super()._follow(standing, outcome)
        if turned:
            self._open_incident()._follow_flapping(outcome)
        return result

    def _end_incident(self, outcome):
        return None if self.is_flapping else super()._end_incident(outcome)
