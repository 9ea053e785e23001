import time

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..group import Member, judge
from ..outcome import Outcome

GROUP_FIELDS = {"member_ids", "group_rule", "group_minimum", "group_share"}
# What decides whether a group speaks for its members.
MUTING_FIELDS = {"member_ids", "mute_members", "active", "state"}


class OpsHealthCheck(models.Model):
    """The kind of check that is made of others: it follows from their states, and never looks."""

    # Each kind has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("group", "Group"), ("self",)], ondelete={"group": "cascade"}
    )
    member_ids = fields.Many2many(
        "ops.health.check",
        "ops_health_check_member_rel",
        "group_id",
        "member_id",
        string="Members",
        check_company=True,
        help="The checks that the group is made of. Those that are paused don't count.",
    )
    group_ids = fields.Many2many(
        "ops.health.check",
        "ops_health_check_member_rel",
        "member_id",
        "group_id",
        string="Groups",
        readonly=True,
        copy=False,
    )
    group_rule = fields.Selection(
        [
            ("all", "All members are up"),
            ("minimum", "Enough members are up"),
            ("share", "A share of the members is up"),
        ],
        string="Up When",
        required=True,
        default="all",
    )
    group_minimum = fields.Integer(string="At Least", required=True, default=1)
    group_share = fields.Integer(string="Share", required=True, default=50)
    mute_members = fields.Boolean(
        string="One Incident for All",
        help="A member that fails opens no incident of its own any more; the group opens one, when"
        " too few of its members are up.",
    )

    _group_minimum_min = models.Constraint(
        "CHECK(group_minimum >= 1)", "“At Least” counts members: enter 1 or more."
    )
    _group_share_range = models.Constraint(
        "CHECK(group_share BETWEEN 1 AND 100)",
        "“Share” is a percentage of the members: enter 1 to 100.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", "member_ids", "group_rule", "group_minimum")
    def _check_members(self):
        for check in self.with_context(active_test=False):
            members = len(check.member_ids)
            if (check.kind == "group") != bool(members):
                raise ValidationError(
                    self.env._(
                        "“Members” of %(name)s: a group needs at least one, and other kinds have"
                        " none.",
                        name=check.name,
                    )
                )
            if check.group_rule == "minimum" and members < check.group_minimum:
                raise ValidationError(
                    self.env._(
                        "“At Least” of %(name)s is more than the %(members)s members it has.",
                        name=check.name,
                        members=members,
                    )
                )
        if self._has_cycle("member_ids"):
            raise ValidationError(
                self.env._(
                    "“Members”: a group can't be a member of itself, nor of a group that it is"
                    " made of."
                )
            )

    @api.constrains("kind", "depends_on_ids")
    def _check_group_depends_on_nothing(self):
        for check in self:
            if check.kind == "group" and check.depends_on_ids:
                raise ValidationError(
                    self.env._(
                        "“Depends On” of %(name)s: a group follows from its members alone. Have"
                        " the members depend on other checks instead.",
                        name=check.name,
                    )
                )

    # === COMPUTE METHODS === #

    def _compute_last(self):
        result = super()._compute_last()
        for group in self.filtered(lambda check: check.kind == "group"):
            outcome = group._judge_members()
            group.last_verdict = outcome.verdict
            group.last_error = outcome.error
            group.last_message = outcome.message
        return result

    # === CRUD METHODS === #

    def write(self, vals):
        becomes_group = vals.get("kind") == "group"
        if "kind" in vals and any((check.kind == "group") != becomes_group for check in self):
            raise UserError(
                self.env._(
                    "A group can't become another kind of check, nor the other way round. Add a"
                    " new check instead."
                )
            )
        muted = self._muted_members() if MUTING_FIELDS & vals.keys() else self.browse()
        result = super().write(vals)
        if {"state", "active"} & vals.keys():
            self.group_ids._judge()
        muted._report_unmuted()
        return result

    def unlink(self):
        muted = self._muted_members() - self
        groups = self.with_context(active_test=False).group_ids - self
        result = super().unlink()
        groups.invalidate_recordset(["member_ids"])
        groups._judge()
        muted._report_unmuted()
        return result

    # === ACTIONS === #

    def action_run_now(self):
        """Run the members of a group, for itself it never looks."""
        return super(OpsHealthCheck, self._without_groups()).action_run_now()

    def _without_groups(self):
        """These checks, with the members that are watched in the place of the groups."""
        groups = self.filtered(lambda check: check.kind == "group" and check.state != "paused")
        if not groups:
            return self
        members = groups.member_ids.filtered(lambda member: member.state != "paused")
        return (self - groups) | members._without_groups()

    # === BUSINESS METHODS === #

    def _probe_fields(self):
        return super()._probe_fields() | GROUP_FIELDS

    def _target(self):
        return None if self.kind == "group" else super()._target()

    def _schedule_now(self):
        groups = self.filtered(lambda check: check.kind == "group")
        result = super(OpsHealthCheck, self - groups)._schedule_now()
        groups._judge()
        return result

    def _judge(self):
        """Have these groups be in the state that follows from their members."""
        # It follows for everybody, whoever may change the groups themselves.
        groups = self.sudo().filtered("active")
        if not groups:
            return
        groups.flush_recordset()
        # Whoever changed another member meanwhile has to begin anew, and see this one's change.
        self.env.cr.execute(
            "UPDATE ops_health_check SET state = state WHERE id = ANY(%s)",
            [groups.ids],
            log_exceptions=False,
        )
        for group in groups:
            outcome = group._judge_members()
            group._change_state(outcome.verdict, outcome)
            self.env["ops.health.incident"].sudo()._follow_group(group, outcome)

    def _judge_members(self):
        """What the members say at the moment: an `Outcome`."""
        self.ensure_one()
        limits = {}
        if self.group_rule == "minimum":
            limits["minimum"] = self.group_minimum
        elif self.group_rule == "share":
            limits["share"] = self.group_share
        members = [
            Member(member.name or "", member.state, member.last_message or "")
            for member in self.member_ids
        ]
        return Outcome.from_measure(judge(members, **limits), "group", time.time())

    def _is_muted(self):
        """Whether a group opens the incidents in the place of this check."""
        self.ensure_one()
        # Whether a check alarms doesn't depend on who asks.
        return any(
            group.mute_members and group.state != "paused" for group in self.sudo().group_ids
        )

    def _muted_members(self):
        """The members that these groups speak for."""
        return self.sudo().filtered(lambda check: check.mute_members).member_ids

    def _report_unmuted(self):
        """Open the incidents of these checks that a group kept back, if it no longer does."""
        # A change of the group decides, whoever made it.
        for check in self.sudo().filtered(lambda check: check.state in {"down", "degraded"}):
            outcome = Outcome(
                verdict=check.state,
                message=check.last_message or "",
                error=check.last_error or "",
                at=fields.Datetime.now(),
            )
            self.env["ops.health.incident"].sudo()._report(check, outcome)
