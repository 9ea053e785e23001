from odoo import api, models

from odoo.addons.ops_center_base.loop import Loop

from .ops_digitalocean_account import IDLE, LOOP


class OpsWorker(models.Model):
    _inherit = "ops.worker"

    @api.model
    def _loops(self):
        return [
            *super()._loops(),
            Loop(LOOP, "ops.digitalocean.account", "_run_poll", IDLE),
        ]
