from odoo import api, models

from odoo.addons.ops_center_base.loop import Loop

OBSERVE_INTERVAL = 30.0  # seconds


class OpsWorker(models.Model):
    _inherit = "ops.worker"

    @api.model
    def _loops(self):
        return [
            *super()._loops(),
            Loop("observe", "ops.environment", "_run_observe", OBSERVE_INTERVAL),
        ]
