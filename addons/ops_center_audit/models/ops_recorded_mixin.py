from odoo import api, models
from odoo.exceptions import AccessError


class OpsRecordedMixin(models.AbstractModel):
    """Records that state facts: their read-only fields are written by our code alone.

    Core hides read-only fields from forms only; here RPC and import are held to it too.
    """

    _name = "ops.recorded.mixin"
    _description = "Recorded Facts"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_recorded(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_recorded(vals)
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_recorded(self, vals):
        if self.env.su:
            return
        for name in vals:
            field = self._fields.get(name)
            if field and field.readonly:
                raise AccessError(
                    self.env._(
                        "“%(field)s” of %(model)s records what happened and can't be edited. "
                        "Use the buttons of the form instead.",
                        field=field.string,
                        model=self._description,
                    )
                )
