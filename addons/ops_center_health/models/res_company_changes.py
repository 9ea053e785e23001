from odoo import models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "ops.change.mixin"]

    # === BUSINESS METHODS === #

    def _recorded_fields(self):
        ours = {
            name
            for name, field in self._fields.items()
            if name.startswith("ops_") and field.store and not name.endswith("_hint")
        }
        return super()._recorded_fields() | ours

    def _record_change(self, names):
        for company in self:
            self.env["ops.event"]._record(
                "settings.changed",
                self.env._("Settings were changed: %s", self._labels(names)),
                company=company,
            )
        return super()._record_change(names)
