from odoo import models


class OpsHealthCheck(models.Model):
    # Each theme has a file of its own.
    _name = "ops.health.check"
    _inherit = ["ops.health.check", "ops.change.mixin"]

    # === BUSINESS METHODS === #

    def _recorded_fields(self):
        return super()._recorded_fields() | self._probe_fields()

    def _record_change(self, names):
        labels = self._labels(names)
        for environment, checks in self.grouped("environment_id").items():
            if len(checks) == 1:
                title = self.env._(
                    "%(check)s was changed: %(fields)s", check=checks.name, fields=labels
                )
            else:
                title = self.env._(
                    "%(count)s checks were changed: %(fields)s", count=len(checks), fields=labels
                )
            self.env["ops.event"]._record(
                "check.changed",
                title,
                environment=environment,
                record=checks if len(checks) == 1 else None,
                detail=", ".join(checks.mapped("name")) if len(checks) > 1 else None,
            )
        return super()._record_change(names)
