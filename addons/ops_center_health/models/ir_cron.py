from odoo import api, models


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _update_failure_count(self, job, status):
        """Odoo only logs a warning when it gives an action up: put it on the timeline, where the
        self check of scheduled actions finds it."""
        super()._update_failure_count(job, status)
        cron = self.browse(job["id"])
        # Core writes the row by SQL.
        cron.invalidate_recordset(["active"])
        if job["active"] and not cron.active:
            self.env["ops.event"]._record(
                "cron.deactivated",
                self.env._("Odoo gave up the scheduled action %(name)s", name=job["cron_name"]),
                environment=self.env.ref("ops_center_base.environment_self"),
                record=cron,
                level="danger",
                detail=self.env._(
                    "It failed for a week and was deactivated. Mend its cause, which the server log"
                    " names, and activate it again."
                ),
            )
