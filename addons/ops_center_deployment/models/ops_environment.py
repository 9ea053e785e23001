from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from .. import snapshot, states

#: While one release replaces another, workers of both may look at the environment in turns.
RELEASE_OVERLAP = relativedelta(minutes=5)


class OpsEnvironment(models.Model):
    _inherit = "ops.environment"

    deployment_ids = fields.One2many("ops.deployment", "environment_id")
    deployment_count = fields.Integer(compute="_compute_deployment_count")
    live_deployment_id = fields.Many2one(
        "ops.deployment",
        compute="_compute_live_deployment_id",
        store=True,
        index="btree_not_null",
    )
    live_revision = fields.Char(related="live_deployment_id.revision_short")
    live_version = fields.Char(related="live_deployment_id.version")
    live_summary = fields.Char(related="live_deployment_id.summary")
    live_since = fields.Datetime(related="live_deployment_id.live_at")

    # === COMPUTE METHODS === #

    @api.depends("deployment_ids")
    def _compute_deployment_count(self):
        counts = dict(
            self.env["ops.deployment"]._read_group(
                [("environment_id", "in", self.ids)], ["environment_id"], ["__count"]
            )
        )
        for environment in self:
            environment.deployment_count = counts.get(environment, 0)

    @api.depends("deployment_ids.state")
    def _compute_live_deployment_id(self):
        live = dict(
            self.env["ops.deployment"]._read_group(
                [("environment_id", "in", self.ids), ("state", "=", states.LIVE)],
                ["environment_id"],
                ["id:recordset"],
            )
        )
        for environment in self:
            environment.live_deployment_id = live.get(environment)

    # === ACTION METHODS === #

    def action_view_deployments(self):
        return self._action_view_records("ops_center_deployment.ops_deployment_action")

    def action_record_deployment(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Deployment"),
            "res_model": "ops.deployment",
            "views": [(False, "form")],
            "context": {"default_environment_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _register_hook(self):
        super()._register_hook()
        if self.pool.ready or not self.pool.updated_modules:
            return
        environment = self.search([("is_self", "=", True)])
        if environment.deployment_ids:
            self.env["ops.worker"]._notify("observe")
        else:
            # So that the first screen after the installation has a history.
            environment._observe()

    @api.model
    def _run_observe(self):
        """Loop of the worker: see whether somebody changed the Odoo that Ops Center lives in."""
        run_in_new_transaction(
            self.env,
            lambda env: env["ops.environment"].search([("is_self", "=", True)])._observe(),
        )

    def _look(self):
        """Look at what runs in this environment.

        :return: a `snapshot.Snapshot`, or None while nothing can be said: modules half installed
        """
        half_way = [("state", "in", ("to install", "to upgrade", "to remove"))]
        if self.env["ir.module.module"].search_count(half_way, limit=1):
            return None
        instance = self.env["ops.instance"]
        return {"release": instance._release(), "modules": instance._installed_versions()}

    def _observe(self):
        """Record what changed here since the last look as one deployment.

        :return: the deployment that brought the change, none if nothing changed
        """
        deployments = self.env["ops.deployment"].with_company(self.company_id)
        last = deployments.search(
            [("environment_id", "in", self.ids), ("snapshot", "!=", False)],
            order="live_at desc, id desc",
            limit=1,
        )
        seen = self._look()
        if not self or not seen or seen == last.snapshot or self._is_overlap(last, seen):
            return deployments
        # Two workers see the same change. Going live changes `live_deployment_id`, so that the
        # second one fails here, and finds nothing new when its transaction is repeated.
        self.lock_for_update(allow_referencing=True)
        changes = snapshot.difference(last.snapshot, seen) if last else False
        deployment = self._find_declared(last, seen) or deployments.create(
            {
                "environment_id": self.id,
                "kind": "observed",
                "source": "observed",
                "revision": seen["release"],
                "summary": self._describe_changes(changes, seen),
                "user_id": False,
            }
        )
        deployment.write({"snapshot": seen, "module_changes": changes})
        if deployment.state in states.ACTIVE or deployment.state == states.QUEUED:
            deployment._transition(states.VERIFYING)
        # What was asked for has to prove itself first.
        if not deployment.operation_id:
            deployment._transition(states.LIVE)
        self.release = seen["release"]
        return deployment

    @api.model
    def _is_overlap(self, last, seen):
        """Say whether a worker of the release that was just replaced took this look."""
        replaced = last.previous_id.snapshot
        return bool(
            replaced
            and replaced["release"] == seen["release"] != last.snapshot["release"]
            and last.live_at > fields.Datetime.now() - RELEASE_OVERLAP
        )

    def _find_declared(self, last, seen):
        """Return the deployment that somebody declared and that brought what is seen now."""
        candidates = [states.QUEUED, *states.ACTIVE]
        if not last or last.snapshot["release"] != seen["release"]:
            # It may be declared live before the worker looks; but what comes later, with the
            # release unchanged, is somebody else's work.
            candidates.append(states.LIVE)
        declared = self.env["ops.deployment"].search(
            [
                ("environment_id", "=", self.id),
                ("state", "in", candidates),
                ("snapshot", "=", False),
            ]
        )
        return declared.filtered(
            lambda deployment: snapshot.same_revision(deployment.revision, seen["release"])
        )[:1]

    @api.model
    def _describe_changes(self, changes, seen):
        """Say in one sentence what was observed.

        :param changes: a `snapshot.Changes`, or False at the first look
        :param seen: the `snapshot.Snapshot` that was taken
        """
        if not changes:
            return self.env._(
                "First seen: %(count)s modules, release %(release)s",
                count=len(seen["modules"]),
                release=snapshot.shorten(seen["release"]),
            )
        parts = []
        if "release" in changes:
            old, new = map(snapshot.shorten, changes["release"])
            parts.append(self.env._("release %(old)s → %(new)s", old=old, new=new))
        updated, added, removed = changes["updated"], changes["added"], changes["removed"]
        if len(updated) == 1:
            [(module, [old, new])] = updated.items()
            parts.append(
                self.env._("%(module)s %(old)s → %(new)s", module=module, old=old, new=new)
            )
        elif updated:
            parts.append(self.env._("%s modules updated", len(updated)))
        if len(added) == 1:
            [(module, version)] = added.items()
            parts.append(
                self.env._("%(module)s %(version)s installed", module=module, version=version)
            )
        elif added:
            parts.append(self.env._("%s modules installed", len(added)))
        if len(removed) == 1:
            [module] = removed
            parts.append(self.env._("%s uninstalled", module))
        elif removed:
            parts.append(self.env._("%s modules uninstalled", len(removed)))
        return ", ".join(parts)
