import json
import os

from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import crash_point
from odoo.addons.ops_center_base.transport import HttpClient
from odoo.addons.ops_center_digitalocean.app_platform import AppPlatform, with_revision


class OpsTestNaive(models.Model):
    """The control: what an outbox is compared with, to know that the crash test bites."""

    _name = "ops.test.naive"
    _description = "Operation that is sent and then stored"

    marker = fields.Char(required=True)
    done = fields.Boolean()

    @api.model
    def _run(self):
        for operation in self.search([("done", "=", False)], limit=10):
            if cloud := os.environ.get("OPS_TEST_CLOUD"):
                self._deploy(cloud, operation.marker)
            else:
                self.env["ops.operation"]._create_object(operation.marker)
            crash_point("called")
            operation.done = True
        self.env.cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _deploy(self, cloud, marker):
        """Deploy to the only app of App Platform, as a script would."""
        platform = AppPlatform(HttpClient(), **json.loads(cloud))
        [app] = platform.apps()
        spec = with_revision(app.spec, marker, marker, f"sha256:{marker}{marker}")
        platform.update(app.id, spec)
