from odoo import api, models

from odoo.addons.ops_center_base.loop import Loop


class OpsWorker(models.Model):
    _inherit = "ops.worker"

    # === BUSINESS METHODS === #

    @api.model
    def _loops(self):
        return [
            *super()._loops(),
            Loop("audit_instance", "ops.scan", "_run_audit_instance", 3600),
            Loop("acceptances", "ops.finding", "_run_expire_acceptances", 3600),
        ]
