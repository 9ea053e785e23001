from odoo import models
from odoo.fields import Domain


class OpsHealthCheck(models.Model):
    _inherit = "ops.health.check"

    # === BUSINESS METHODS === #

    def _change_domain(self):
        deployed = ("deployment.live", "deployment.rolled_back", "deployment.failed")
        return super()._change_domain() | Domain("kind", "in", deployed)
