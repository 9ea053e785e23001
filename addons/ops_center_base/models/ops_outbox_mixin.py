from odoo import models


class OpsOutboxMixin(models.AbstractModel):
    _name = "ops.outbox.mixin"
    _description = "Outbox"
