from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import crash_point


class OpsTestNaive(models.Model):
    """The control: what an outbox is compared with, to know that the crash test bites."""

    _name = "ops.test.naive"
    _description = "Operation that is sent and then stored"

    marker = fields.Char(required=True)
    done = fields.Boolean()

    @api.model
    def _run(self):
        for operation in self.search([("done", "=", False)], limit=10):
            self.env["ops.operation"]._create_object(operation.marker)
            crash_point("called")
            operation.done = True
        self.env.cr.commit()  # pylint: disable=invalid-commit
