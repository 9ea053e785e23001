from odoo import api, fields, models

from .. import states

#: Where a deployment is before anything was begun.
BEFORE = (states.DRAFT, states.SCHEDULED, states.WAITING, states.QUEUED)


class OpsDeployment(models.Model):
    """What has to hold before a deployment begins, and who went past it."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.deployment"  # pylint: disable=consider-merging-classes-inherited

    obstacles = fields.Text(
        string="What It Waits For",
        compute="_compute_obstacles",
        help="What keeps it from beginning.",
    )
    bypassed_policies = fields.Text(
        readonly=True,
        copy=False,
        help="What would have kept it from beginning, had it been asked for here.",
    )
    broke_glass_by_id = fields.Many2one(
        "res.users", string="Glass Broken By", readonly=True, copy=False, tracking=True
    )
    broke_glass_reason = fields.Text(
        string="Why the Glass Was Broken", readonly=True, copy=False, tracking=True
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "broke_glass_by_id")
    def _compute_obstacles(self):
        for deployment in self:
            waits = deployment.state in BEFORE and not deployment.broke_glass_by_id
            deployment.obstacles = waits and "\n".join(deployment._obstacles())

    # === CRUD METHODS === #

    @api.model
    def _initial_values(self):
        return {
            **super()._initial_values(),
            "bypassed_policies": False,
            "broke_glass_by_id": False,
            "broke_glass_reason": False,
        }

    # === ACTION METHODS === #

    def action_break_glass(self):
        """Ask for the reason to go past everything that stands in the way."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Break the Glass"),
            "res_model": "ops.deployment.break.glass",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _obstacles(self):
        """Return what keeps this deployment from beginning, a sentence each. To override.

        What takes back a bad one (`rolled_back_id`) is held by little: that is for who overrides
        to say.
        """
        return []

    def _may_begin(self):
        """Say whether it may begin once nothing else is under way."""
        return bool(self.broke_glass_by_id) or not self._obstacles()

    def _break_glass(self, reason):
        """Have it begin past everything that stands in the way, and tell everybody.

        :param str reason: why that can't wait
        """
        self.check_access("write")
        self._check_executor()
        obstacles = self._obstacles()
        # Not writable by hand; who calls this has verified the role.
        self.sudo().write({"broke_glass_by_id": self.env.uid, "broke_glass_reason": reason})
        title = self.env._(
            "%(user)s broke the glass to deploy %(deployment)s",
            user=self.env.user.name,
            deployment=self.display_name,
        )
        detail = "\n".join([reason, *obstacles])
        self.env["ops.event"]._record(
            "deployment.glass_broken",
            title,
            environment=self.environment_id,
            record=self,
            level="danger",
            detail=detail,
        )
        self.env["ops.notification"]._notify(
            title,
            company=self.company_id,
            level="danger",
            body=detail,
            record=self,
            key=f"deployment-{self.id}-glass",
        )
        if self.state != states.QUEUED:
            self._transition(states.QUEUED)
        self.env["ops.worker"]._notify("deploy")

    def _prepare_move(self, state):
        values = super()._prepare_move(state)
        # What is recorded afterwards was not stopped by anything.
        if state == states.LIVE and self.source in {"observed", "api"} and not self.operation_id:
            values["bypassed_policies"] = "\n".join(self._obstacles()) or False
        return values
