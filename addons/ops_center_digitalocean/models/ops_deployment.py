from odoo import api, models

from odoo.addons.ops_center_base.transport import mask
from odoo.addons.ops_center_deployment import states
from odoo.addons.ops_center_deployment.models.ops_deployment import IMAGE_DIGEST
from odoo.addons.ops_center_deployment.snapshot import same_revision

from ..app_platform import read_digests, read_marker, read_release
from ..report import read_report
from .ops_digitalocean_account import LOOP


class OpsDeployment(models.Model):
    _inherit = "ops.deployment"

    # === BUSINESS METHODS === #

    def _on_requested(self, operation):
        if operation.state == "done":
            # How it goes is told to nobody who doesn't ask.
            self.env["ops.worker"]._notify(LOOP)
        return super()._on_requested(operation)

    @api.model
    def _take_from_app_platform(self, environment, told):
        """Take down how a deployment goes that App Platform told of.

        :param environment: the `ops.environment` that its app is
        :param Deployment told: as `app_platform` reads it
        :return: whether there is no need to look at it anew before it changes
        """
        deployment = self.search(
            [("environment_id", "=", environment.id), ("provider_reference", "=", told.id)], limit=1
        )
        if deployment:
            deployment._follow(told)
            return True
        if told.phase != "ACTIVE":
            return True
        if self._may_be_ours(environment, told):
            # The outbox asks for it by itself.
            return False
        self._adopt(environment, told)
        return True

    @api.model
    def _may_be_ours(self, environment, told):
        """Say whether a deployment whose name we don't know may be one that we asked for."""
        operations = self.env["ops.operation"].search(
            [("environment_id", "=", environment.id), ("kind", "=", "deploy")]
        )
        if operations.filtered(lambda each: each.state in {"pending", "sending", "retry"}):
            return True
        marker = read_marker(told.spec)
        # Marked by us, and we know nothing of it: this database is older than that.
        return bool(
            marker
            and marker not in operations.mapped("uuid")
            and self.search_count(
                [("environment_id", "=", environment.id), ("state", "=", states.QUEUED)], limit=1
            )
        )

    def _follow(self, told):
        """Go where App Platform says that the deployment is."""
        if self.state not in states.ACTIVE:
            return
        report = read_report(told, self.operation_id.uuid)
        if not report:
            return
        commit = self._built_instead(told)
        if (
            commit
            and report.state in {states.BUILDING, states.DEPLOYING}
            and not self.is_cancelling
        ):
            self._ask_to_cancel()
        self._apply_report(report)
        if not commit:
            return
        problem = self.env._(
            "App Platform builds the head of the branch that its spec names, which is %(built)s and"
            " not %(wanted)s. Push that commit there, then redeploy.",
            built=commit[:8],
            wanted=self.revision_short,
        )
        if self.state == states.VERIFYING:
            self._reject(problem)
        elif self.state in states.ENDS:
            self.problem = problem

    def _built_instead(self, told):
        """Return the commit that App Platform builds instead of the one that was asked for."""
        if self.image_digest or self.kind == "rollback":
            return None
        return next(
            (
                commit
                for commit in told.commits.values()
                if not same_revision(commit, self.revision)
            ),
            None,
        )

    @api.model
    def _adopt(self, environment, told):
        """Record what somebody else has deployed."""
        proving = self.search(
            [("environment_id", "=", environment.id), ("state", "=", states.VERIFYING)]
        )
        # It ran there already, and something else does now.
        proving._end(states.FAILED, self.env._("Something else was deployed there meanwhile."))
        commits = set(told.commits.values())
        digests = set(filter(IMAGE_DIGEST.fullmatch, read_digests(told.spec)))
        adopted = self.with_company(environment.company_id).create(
            {
                "environment_id": environment.id,
                "kind": "observed",
                "source": "observed",
                "revision": min(commits or {read_release(told.spec) or told.id}),
                "image_digest": digests.pop() if len(digests) == 1 else False,
                "summary": mask(told.cause),
                "provider_reference": told.id,
                "user_id": False,
            }
        )
        adopted._transition(states.LIVE)
