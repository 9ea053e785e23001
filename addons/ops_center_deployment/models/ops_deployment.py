import re

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError

from .. import snapshot, states

IMAGE_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

#: The states worth a line on the timeline.
EVENT_LEVELS = {
    states.DEPLOYING: "info",
    states.LIVE: "success",
    states.FAILED: "danger",
    states.CANCELLED: "info",
    states.REJECTED: "warning",
    states.ROLLED_BACK: "warning",
    states.LOST: "danger",
}

#: What a deployment brings where: once it has left the drafts, changing this would be forgery.
FACTS = frozenset(
    {"environment_id", "kind", "revision", "image_digest", "version", "external_reference"}
)

#: What `record` takes, besides the state.
RECORD_REQUIRED = frozenset({"environment_id", "external_reference", "revision"})
RECORD_FIELDS = FACTS | {"summary", "author", "reason"}
RECORD_STATES = (
    states.DRAFT,
    states.BUILDING,
    states.DEPLOYING,
    states.VERIFYING,
    states.LIVE,
    states.FAILED,
    states.CANCELLED,
    states.ROLLED_BACK,
)


class OpsDeployment(models.Model):
    _name = "ops.deployment"
    _description = "Deployment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["environment_id", "revision", "version", "summary"]
    _check_company_auto = True

    environment_id = fields.Many2one(
        "ops.environment",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        tracking=True,
    )
    application_id = fields.Many2one(related="environment_id.application_id", store=True)
    company_id = fields.Many2one(related="environment_id.company_id", store=True, index=True)
    state = fields.Selection(
        [
            (states.DRAFT, "Draft"),
            (states.SCHEDULED, "Scheduled"),
            (states.WAITING, "Waiting"),
            (states.QUEUED, "Queued"),
            (states.BUILDING, "Building"),
            (states.DEPLOYING, "Deploying"),
            (states.VERIFYING, "Verifying"),
            (states.LIVE, "Live"),
            (states.SUPERSEDED, "Superseded"),
            (states.FAILED, "Failed"),
            (states.CANCELLED, "Cancelled"),
            (states.REJECTED, "Rejected"),
            (states.ROLLED_BACK, "Rolled Back"),
            (states.LOST, "Lost"),
        ],
        required=True,
        readonly=True,
        default=states.DRAFT,
        copy=False,
        index=True,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("deploy", "Deployment"),
            ("redeploy", "Redeployment"),
            ("rollback", "Rollback"),
            ("restart", "Restart"),
            ("config", "Configuration"),
            ("observed", "Observed"),
        ],
        required=True,
        default="deploy",
        help="Observed: somebody else changed the environment, and Ops Center saw it.",
    )
    source = fields.Selection(
        [("user", "User"), ("api", "API"), ("observed", "Observation")],
        required=True,
        readonly=True,
        default="user",
        copy=False,
        help="How Ops Center learned of this deployment.",
    )
    revision = fields.Char(
        required=True,
        index=True,
        tracking=True,
        help="The commit that is deployed, never a branch or tag: those move.",
    )
    revision_short = fields.Char(string="Short Revision", compute="_compute_revision_short")
    image_digest = fields.Char(
        tracking=True, help="The exact image: sha256: and 64 hexadecimal digits."
    )
    version = fields.Char(help="What people call this release, such as 2.4.1.")
    external_reference = fields.Char(
        readonly=True, copy=False, help="How the pipeline that reported this deployment calls it."
    )
    summary = fields.Char(help="What is new, in one sentence.")
    author = fields.Char(help="Who wrote the change.")
    user_id = fields.Many2one(
        "res.users",
        string="Started By",
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
        check_company=True,
    )
    reason = fields.Text(copy=False, help="Why it was deployed, cancelled or rolled back.")
    started_at = fields.Datetime(string="Started", readonly=True, copy=False)
    finished_at = fields.Datetime(string="Finished", readonly=True, copy=False)
    duration = fields.Float(
        string="Duration (s)",
        compute="_compute_duration",
        store=True,
        aggregator="avg",
        help="Seconds from start to finish.",
    )
    live_at = fields.Datetime(string="Live Since", readonly=True, copy=False)
    previous_id = fields.Many2one(
        "ops.deployment",
        string="Replaced",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="What was live before.",
    )
    snapshot = fields.Json(readonly=True, copy=False)
    module_changes = fields.Json(string="Recorded Changes", readonly=True, copy=False)
    module_changes_html = fields.Html(
        string="Module Changes", compute="_compute_module_changes_html"
    )
    step_ids = fields.One2many("ops.deployment.step", "deployment_id", string="Steps")

    _active_uniq = models.UniqueIndex(
        f"(environment_id) WHERE state IN {tuple(sorted(states.ACTIVE))}",
        "Another deployment of this environment is under way. "
        "Wait until it has ended, or cancel it, before you start this one.",
    )
    _live_uniq = models.UniqueIndex(
        "(environment_id) WHERE state = 'live'",
        "Another deployment of this environment went live at the same moment. "
        "Reload the page and see whether yours still applies.",
    )
    _external_reference_uniq = models.UniqueIndex(
        "(environment_id, external_reference) WHERE external_reference <> ''",
        "This environment already has a deployment with this external reference. "
        "Record again to update it.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "revision", "source")
    def _check_revision(self):
        for deployment in self:
            if (deployment.kind == "observed") != (deployment.source == "observed"):
                raise ValidationError(
                    self.env._(
                        "Kind: only what Ops Center saw by itself is observed. Choose another kind."
                    )
                )
            # What was seen running is called whatever it called itself, and a rollback repeats it.
            if deployment.kind not in {"observed", "rollback"} and not snapshot.COMMIT.fullmatch(
                deployment.revision
            ):
                raise ValidationError(
                    self.env._(
                        "Revision: “%s” is not a commit. Enter its SHA: 7 to 64 digits 0-9, a-f.",
                        deployment.revision,
                    )
                )

    @api.constrains("image_digest")
    def _check_image_digest(self):
        for deployment in self.filtered("image_digest"):
            if not IMAGE_DIGEST.fullmatch(deployment.image_digest):
                raise ValidationError(
                    self.env._(
                        "Image Digest: “%s” is not a digest. Enter sha256: and the 64 digits 0-9, "
                        "a-f that follow it in the registry.",
                        deployment.image_digest,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(deployment.state != states.DRAFT for deployment in self):
            raise UserError(
                self.env._("What was deployed stays in the history: only drafts can be deleted.")
            )

    # === COMPUTE METHODS === #

    @api.depends("environment_id.name")
    def _compute_display_name(self):
        for deployment in self:
            name = deployment.environment_id.name or self.env._("New")
            deployment.display_name = f"{name} #{deployment.id}" if deployment.id else name

    @api.depends("revision")
    def _compute_revision_short(self):
        for deployment in self:
            deployment.revision_short = snapshot.shorten(deployment.revision or "")

    @api.depends("started_at", "finished_at")
    def _compute_duration(self):
        for deployment in self:
            measured = deployment.started_at and deployment.finished_at
            deployment.duration = (
                (deployment.finished_at - deployment.started_at).total_seconds()
                if measured
                else 0.0
            )

    @api.depends("module_changes")
    def _compute_module_changes_html(self):
        for deployment in self:
            changes = deployment.module_changes
            deployment.module_changes_html = changes and self.env["ir.qweb"]._render(
                "ops_center_deployment.module_changes", {"changes": changes}
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            initial = {**self._initial_values(), "user_id": self.env.uid}
            for vals in vals_list:
                self._check_untouched(vals, initial.keys())
            # Said outright, because a context could smuggle other defaults in.
            vals_list = [{**vals, **initial} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_untouched(vals, {*self._initial_values(), "user_id"})
            if any(deployment.state != states.DRAFT for deployment in self):
                self._check_untouched(vals, FACTS)
        return super().write(vals)

    @api.model
    def _initial_values(self):
        """Return what a new deployment starts with and only the code changes. Addons add to it."""
        return {
            "state": states.DRAFT,
            "source": "user",
            "started_at": False,
            "finished_at": False,
            "live_at": False,
            "previous_id": False,
            "module_changes": False,
            "snapshot": False,
        }

    def _check_untouched(self, vals, names):
        """Refuse values that are not the user's to set (any more).

        :raise UserError: naming the fields
        """
        touched = sorted(
            self._fields[name]._description_string(self.env) for name in vals.keys() & names
        )
        if touched:
            raise UserError(
                self.env._(
                    "Not changeable by hand: %(fields)s. Use the buttons of the deployment, "
                    "or record a new one.",
                    fields=", ".join(touched),
                )
            )

    # === ACTION METHODS === #

    def action_start(self):
        self._transition(states.DEPLOYING)

    def action_mark_live(self):
        self._transition(states.LIVE)

    def action_mark_failed(self):
        self._transition(states.FAILED)

    def action_cancel(self):
        self._transition(states.CANCELLED)

    def action_roll_back(self):
        """Record that this deployment was undone.

        What ran before a live deployment runs again, and that is a deployment of its own.
        """
        self.ensure_one()
        previous = self.previous_id
        if self.state != states.LIVE or not previous:
            self._transition(states.ROLLED_BACK)
            return False
        rollback = self.create(
            {
                "environment_id": self.environment_id.id,
                "kind": "rollback",
                "revision": previous.revision,
                "image_digest": previous.image_digest,
                "version": previous.version,
                "summary": self.env._("Back to %s", previous.display_name),
                "reason": self.reason,
            }
        )
        rollback._transition(states.LIVE)
        return rollback._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def record(self, values):
        """Record a deployment that a pipeline or a person carries out; callable over RPC.

        Repeating the call changes nothing. Calling again with the same reference and a later
        state moves the deployment on; a report that comes too late is ignored, and the answer
        says where the deployment stands.

        :param dict values: ``environment_id`` (id), ``external_reference`` (unique in the
            environment, such as the address of the run) and ``revision`` are required;
            ``state`` (default: draft), ``kind``, ``image_digest``, ``version``, ``summary``,
            ``author`` and ``reason`` may follow
        :return: ``{"id": …, "name": …, "state": …}`` of the deployment
        :raise UserError: naming the values that are missing, unknown, wrong or contradictory
        """
        self.check_access("create")
        values = dict(values)
        state = values.pop("state", states.DRAFT)
        self._check_recorded(values, state)
        deployment = self.search(
            [
                ("environment_id", "=", values["environment_id"]),
                ("external_reference", "=", values["external_reference"]),
            ]
        )
        if deployment:
            different = sorted(
                name
                for name in FACTS & values.keys() - {"environment_id"}
                if (deployment[name] or False) != (values[name] or False)
            )
            if different:
                raise UserError(
                    self.env._(
                        "%(deployment)s was recorded with another value of: %(fields)s. "
                        "Use a new external_reference for a new deployment.",
                        deployment=deployment.display_name,
                        fields=", ".join(different),
                    )
                )
            if state in states.TRANSITIONS[deployment.state]:
                deployment._transition(state)
        else:
            deployment = self.create(values)
            # Only the code knows which way a record came in; the rights were checked above.
            deployment.sudo().source = "api"
            deployment._transition(state)
        return {
            "id": deployment.id,
            "name": deployment.display_name,
            "state": deployment.state,
        }

    @api.model
    def _check_recorded(self, values, state):
        """Check what came over RPC, before the ORM stumbles over it.

        :raise UserError: naming each wrong value
        """
        kinds = sorted(dict(self._fields["kind"].selection).keys() - {"observed"})
        environment_id = values.get("environment_id")
        problems = [
            *(
                self.env._("%s is missing", name)
                for name in sorted(RECORD_REQUIRED)
                if not values.get(name)
            ),
            *(self.env._("%s is unknown", name) for name in sorted(values.keys() - RECORD_FIELDS)),
            *(
                self.env._("%s must be text", name)
                for name in sorted(RECORD_FIELDS - {"environment_id"})
                if values.get(name) and not isinstance(values[name], str)
            ),
        ]
        if state not in RECORD_STATES:
            problems.append(self.env._("state must be one of: %s", ", ".join(RECORD_STATES)))
        if values.get("kind", "deploy") not in kinds:
            problems.append(self.env._("kind must be one of: %s", ", ".join(kinds)))
        if environment_id and not (
            type(environment_id) is int
            and self.env["ops.environment"].search_count([("id", "=", environment_id)])
        ):
            problems.append(
                self.env._("environment_id must be the id of an environment that you can see")
            )
        if problems:
            raise UserError(
                self.env._("This deployment can't be recorded: %s.", "; ".join(problems))
            )

    def _transition(self, state):
        """Move on to ``state``: the only way in which the state of a deployment changes.

        A deployment that is in this state already stays as it is, so that repeated reports do
        no harm. What goes live supersedes what was live before, in the same transaction.
        Override to act on a change of state.

        :param str state: a state of `ops_center_deployment.states`
        :return: the deployments that moved
        :raise UserError: a move that the table does not have, or another deployment is under way
        """
        self.check_access("write")
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise LockError(
                self.env._("Somebody else is changing this deployment right now. Try again.")
            ) from error
        moving = self.filtered(lambda deployment: deployment.state != state)
        for deployment in moving:
            deployment._check_move(state)
            # The right to change this deployment was checked above; its state and times are
            # not writable by users, so that there is no way around this method.
            deployment.sudo().write({**deployment._prepare_move(state), "state": state})
            deployment._record_event()
        return moving

    def _check_move(self, state):
        """Let a move pass that the table has and that leaves one deployment under way.

        :raise UserError: saying what stands in the way, and what to do
        """
        try:
            states.check(self.state, state)
        except states.TransitionError as error:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(deployment)s can't go from “%(old)s” to “%(new)s”. "
                    "Reload the page to see where it stands, or record a new deployment.",
                    deployment=self.display_name,
                    old=labels[self.state],
                    new=labels[state],
                )
            ) from error
        if state in states.ACTIVE:
            rival = self.search(
                [
                    ("id", "!=", self.id),
                    ("environment_id", "=", self.environment_id.id),
                    ("state", "in", list(states.ACTIVE)),
                ]
            )
            if rival:
                raise UserError(
                    self.env._(
                        "%(rival)s, started by %(user)s, is under way in this environment. "
                        "Wait until it has ended, or cancel it, before you start %(deployment)s.",
                        rival=rival.display_name,
                        user=rival.user_id.name or self.env._("somebody else"),
                        deployment=self.display_name,
                    )
                )

    def _prepare_move(self, state):
        """Return the times and links that come with a move, and make room for what goes live."""
        now = fields.Datetime.now()
        values = {}
        if state in states.ACTIVE and not self.started_at:
            values["started_at"] = now
        if (state == states.LIVE or state in states.ENDS) and not self.finished_at:
            values["finished_at"] = now
        if state == states.LIVE:
            values["live_at"] = now
            previous = self.search(
                [("environment_id", "=", self.environment_id.id), ("state", "=", states.LIVE)]
            )
            if previous:
                values["previous_id"] = previous.id
                previous._transition(
                    states.ROLLED_BACK if self._takes_back(previous) else states.SUPERSEDED
                )
                # The unique index must not see two live deployments, in whatever order they
                # would be saved.
                previous.flush_recordset()
        return values

    def _takes_back(self, deployment):
        """Say whether going live undoes a deployment instead of following it. To override."""
        return self.kind == "rollback"

    def _record_event(self):
        """Put the new state on the timeline, and on the screens that show this deployment."""
        if self.state not in EVENT_LEVELS:
            self.env["ops.event"]._broadcast(self._name, self.ids)
            return
        labels = dict(self._fields["state"]._description_selection(self.env))
        title = self.env._(
            "%(deployment)s: %(state)s", deployment=self.display_name, state=labels[self.state]
        )
        self.env["ops.event"]._record(
            f"deployment.{self.state}",
            f"{self.summary} ({title})" if self.summary else title,
            environment=self.environment_id,
            record=self,
            level=EVENT_LEVELS[self.state],
            detail=self.reason,
        )
