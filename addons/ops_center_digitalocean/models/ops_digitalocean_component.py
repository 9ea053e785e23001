from odoo import fields, models


class OpsDigitaloceanComponent(models.Model):
    _name = "ops.digitalocean.component"
    _description = "DigitalOcean Component"
    _order = "app_id, sequence, id"

    app_id = fields.Many2one("ops.digitalocean.app", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="app_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("services", "Service"),
            ("workers", "Worker"),
            ("jobs", "Job"),
            ("static_sites", "Static Site"),
            ("functions", "Functions"),
            ("databases", "Database"),
        ],
        required=True,
        readonly=True,
    )
    size = fields.Char(readonly=True, help="How App Platform calls the size of an instance.")
    instance_count = fields.Integer(string="Instances", readonly=True)
    source = fields.Char(readonly=True, help="The image or the branch that it is made of.")
    deploys_on_push = fields.Boolean(
        string="On Push",
        readonly=True,
        help="App Platform deploys by itself when its source changes.",
    )
