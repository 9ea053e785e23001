from odoo import models


class OpsChangeMixin(models.AbstractModel):
    """Settings whose changes stand on the timeline, for trouble may follow from them.

    Only which ones were changed is told, never to what.
    """

    _name = "ops.change.mixin"
    _description = "Recorded Changes"

    # === CRUD METHODS === #

    def write(self, vals):
        names = vals.keys() & self._recorded_fields()
        before = {record: record._stored_values(names) for record in self} if names else {}
        result = super().write(vals)
        alike = {}  # records by what was changed of them
        for record, old in before.items():
            new = record._stored_values(names)
            if changed := frozenset(name for name in names if new[name] != old[name]):
                alike[changed] = alike.get(changed, self.browse()) | record
        for changed, records in alike.items():
            records._record_change(changed)
        return result

    # === BUSINESS METHODS === #

    def _recorded_fields(self):
        """Return the names of the fields whose changes are recorded. To override."""
        return set()

    def _record_change(self, names):
        """Put the change of these fields, the same of all records, on the timeline. To override."""

    def _stored_values(self, names):
        # Secrets are compared as they are stored, which nobody else may read.
        record = self.sudo()
        return {name: record[name] for name in names}

    def _labels(self, names):
        """Return the fields as users know them; what keeps a secret goes by the secret's name."""
        # Which fields there are is no secret, whoever may see their values.
        shown = {name.removesuffix("_cipher") for name in names}
        labels = self.sudo().fields_get(list(shown), ["string"])
        return ", ".join(sorted(label["string"] for label in labels.values()))
