from odoo import fields, models

from ..storage import failures


class OpsHealthCheck(models.Model):
    """What a check saw as it failed last, secrets masked."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    failed_at = fields.Datetime(string="Last Failure", compute="_compute_failure")
    failure_message = fields.Char(string="What Was Wrong", compute="_compute_failure")
    failure_evidence = fields.Text(string="What Was Seen", compute="_compute_failure")

    # === COMPUTE METHODS === #

    def _compute_failure(self):
        seen = failures.latest(self.env.cr, self.ids)
        for check in self:
            failure = seen.get(check._origin.id, {})
            check.failed_at = failure.get("at")
            check.failure_message = failure.get("message")
            check.failure_evidence = failure.get("evidence")

    # === CRUD METHODS === #

    def init(self):
        failures.create_table(self.env.cr)
        return super().init()
