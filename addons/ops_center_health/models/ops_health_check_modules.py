from odoo import api, models

from ..module_changes import changes

MAX_TOLD = 50


class OpsHealthCheck(models.Model):
    """Changes of the modules that an Odoo elsewhere has."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    @api.model
    def _record_module_changes(self, former, documents):
        """Put on the timeline which modules were installed, updated or removed.

        :param dict[int, dict] former: versions by name that were known before, by check
        :param dict[int, dict] documents: what was told now, by check
        """
        for check_id in former.keys() & documents.keys():
            modules = documents[check_id].get("modules")
            if not (modules and former[check_id]):
                continue
            if changed := changes(former[check_id], modules):
                self.browse(check_id)._record_modules_changed(changed)

    def _record_modules_changed(self, changed):
        left_out = len(changed) - MAX_TOLD
        if left_out > 0:
            changed = [*changed[:MAX_TOLD], self.env._("and %s more", left_out)]
        self.env["ops.event"]._record(
            "odoo.modules_changed",
            self.env._("%s: other modules", self.name),
            environment=self.environment_id,
            record=self,
            detail="\n".join(changed),
        )
