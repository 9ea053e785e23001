from odoo import models


class OpsHealthCheck(models.Model):
    # Each theme has a file of its own.
    _name = "ops.health.check"
    _inherit = ["ops.health.check", "ops.change.mixin"]

    # === BUSINESS METHODS === #

    def _recorded_fields(self):
        return super()._recorded_fields() | self._probe_fields()

    def _record_change(self, names):
        self.env["ops.event"]._record(
            "check.changed",
            self.env._(
                "%(check)s was changed: %(fields)s", check=self.name, fields=self._labels(names)
            ),
            environment=self.environment_id,
            record=self,
        )
        return super()._record_change(names)
