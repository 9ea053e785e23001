from odoo import api, models

from odoo.addons.ops_center_base.loop import Loop

OBSERVE_INTERVAL = 30.0  # seconds
QUEUE_INTERVAL = 30.0  # seconds; who queues a deployment, or ends one, wakes the loop


class OpsWorker(models.Model):
    _inherit = "ops.worker"

    @api.model
    def _loops(self):
        return [
            *super()._loops(),
            Loop("deploy", "ops.deployment", "_run_queue", QUEUE_INTERVAL),
            Loop("verify", "ops.deployment", "_run_verification", QUEUE_INTERVAL),
            Loop("observe", "ops.environment", "_run_observe", OBSERVE_INTERVAL),
        ]
