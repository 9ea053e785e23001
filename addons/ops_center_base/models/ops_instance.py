from odoo import models


class OpsInstance(models.AbstractModel):
    _name = "ops.instance"
    _description = "Running Instance"
