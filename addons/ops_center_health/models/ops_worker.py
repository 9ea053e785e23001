from odoo import api, models

from odoo.addons.ops_center_base.loop import Loop


class OpsWorker(models.Model):
    _inherit = "ops.worker"

    @api.model
    def _loops(self):
        return [
            *super()._loops(),
            # Before the probes: without a worker, one follows the other.
            Loop("maintenance", "ops.health.maintenance", "_run_windows", 60),
            Loop("probe", "ops.health.check", "_begin_due", 1.0, finish="_finish_begun"),
            Loop("roll_up", "ops.health.sample", "_roll_up", 300.0),
            Loop("escalate", "ops.health.incident", "_run_escalation", 15.0),
            Loop("dead_man", "res.company", "_ops_call_dead_man", 60),
        ]
