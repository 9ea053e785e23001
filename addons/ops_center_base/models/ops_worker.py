from odoo import fields, models


class OpsWorker(models.Model):
    _name = "ops.worker"
    _description = "Worker"

    name = fields.Char(required=True, readonly=True)
