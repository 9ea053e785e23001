from odoo import models

from .. import states

# What people are told of, and how loud.
LEVELS = {
    states.LIVE: "info",
    states.FAILED: "danger",
    states.ROLLED_BACK: "warning",
    states.LOST: "danger",
}


class OpsDeployment(models.Model):
    """What the channels are told of deployments, with the facts that readers ask for first."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    # === BUSINESS METHODS === #

    def _record_event(self):
        result = super()._record_event()
        if self.state in LEVELS and self.kind != "observed":
            self._tell()
        return result

    def _tell(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        release = f"{self.version} ({self.revision_short})" if self.version else self.revision_short
        facts = (
            (None, self.summary),
            (None, self.problem),
            (self.env._("Author"), self.author),
            (self.env._("Started by"), self.user_id.name),
            (self.env._("Approved by"), self.approved_by_id.name),
            (self.env._("Reason"), self.reason),
        )
        self.env["ops.notification"]._notify(
            self.env._(
                "%(environment)s: %(release)s %(state)s",
                environment=self.environment_id.display_name,
                release=release,
                state=labels[self.state],
            ),
            company=self.company_id,
            level=LEVELS[self.state],
            body="\n".join(f"{name}: {fact}" if name else fact for name, fact in facts if fact),
            record=self,
            key=f"deployment-{self.id}-{self.state}",
        )
