from odoo import models


class OpsSecretMixin(models.AbstractModel):
    _name = "ops.secret.mixin"
    _description = "Write-only Secrets"
