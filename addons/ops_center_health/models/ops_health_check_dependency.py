from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..schedule import RETRY_DELAY
from ..storage import samples, states

# How long a failure may wait for what it may be due to, however that goes.
PATIENCE = timedelta(minutes=2)


class OpsHealthCheck(models.Model):
    """Checks that depend on others: what fails because those are down is said only once."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    depends_on_ids = fields.Many2many(
        "ops.health.check",
        "ops_health_check_dependency",
        "check_id",
        "parent_id",
        check_company=True,
        help="As long as one of these checks is down, this one is suppressed when it fails: no"
        " incident opens and nobody is told, but the incident of the other lists it.",
    )
    dependent_ids = fields.Many2many(
        "ops.health.check",
        "ops_health_check_dependency",
        "parent_id",
        "check_id",
        string="Needed By",
        readonly=True,
        copy=False,
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("depends_on_ids")
    def _check_depends_on(self):
        for check in self:
            if check._has_cycle("depends_on_ids"):
                raise ValidationError(
                    self.env._(
                        "“Depends On” of %(name)s leads back to itself. Take out the check that"
                        " depends on it in turn.",
                        name=check.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        blocking = self._blocking() if {"state", "active"} & vals.keys() else self.browse()
        result = super().write(vals)
        released = (blocking - blocking._blocking()).dependent_ids
        if "depends_on_ids" in vals:
            released |= self
        released._look_anew()
        return result

    def unlink(self):
        dependents = self.dependent_ids - self
        result = super().unlink()
        dependents._look_anew()
        return result

    # === ACTIONS === #

    def action_view_cause(self):
        """Show the incident that a suppressed check is listed in."""
        self.ensure_one()
        incidents = self.depends_on_ids._blocking()._root_incidents()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ops_center_health.ops_health_incident_action"
            ),
            "domain": [("id", "in", incidents.ids)],
            "context": {},
        }

    # === BUSINESS METHODS === #

    def _blocking(self):
        """Those of the checks that what depends on them can't be expected to work with."""
        return self.filtered(
            lambda check: (
                check.active
                and check.environment_id.active
                and check.state in {"down", "suppressed"}
            )
        )

    def _look_anew(self):
        """Look at once at those that are suppressed no longer, with the patience for a new start.

        Those that this can't reach are looked at in their turn, see `states.HELD_STATE`.
        """
        free = self.filtered(
            lambda check: check.state == "suppressed" and not check.depends_on_ids._blocking()
        )
        if free:
            states.start_over(self.env.cr, free.ids)
            self.env["ops.worker"]._notify("probe")

    def _change_state(self, state, outcome):
        if state == "down" and self.depends_on_ids:
            if self.depends_on_ids._blocking():
                state = "suppressed"
            elif self._await_parents(outcome):
                return None
        result = super()._change_state(state, outcome)
        if self.state == "suppressed":
            self.depends_on_ids._blocking()._root_incidents()._add_affected(self)
        elif self.state == "down" and (dependents := self._suppressed_dependents()):
            self._open_incident()._add_affected(dependents)
        return result

    def _root_incidents(self):
        """The incidents of these checks, or of those that they are suppressed for in turn."""
        down = self.filtered(lambda check: check.state == "down")
        incidents = down._open_incident()
        if suppressed := self - down:
            incidents |= suppressed.depends_on_ids._blocking()._root_incidents()
        return incidents

    def _suppressed_dependents(self):
        """What is suppressed for these checks, directly or not."""
        suppressed = self.dependent_ids.filtered(lambda check: check.state == "suppressed")
        return suppressed | suppressed._suppressed_dependents() if suppressed else suppressed

    def _await_parents(self, outcome):
        """Have the checks looked at first that may explain why this one fails.

        :return: whether it has to wait, and was put off by a short time
        """
        cr = self.env.cr
        beats = samples.heartbeats(cr, self.ids, self.failure_window).get(self.id, [])
        failed_at = min(
            (beat["at"] for beat in beats if beat["verdict"] != "up"), default=outcome.at
        )
        # A group is looked at by its members.
        parents = self.depends_on_ids._without_groups().filtered(
            lambda check: (
                check.environment_id.active and check.state in {"up", "degraded", "unknown"}
            )
        )
        if outcome.at - failed_at > PATIENCE or states.are_sound(cr, parents.ids, failed_at):
            return False
        states.hasten(cr, parents.ids, failed_at)
        states.schedule_within(cr, self.ids, RETRY_DELAY)
        self.env["ops.worker"]._notify("probe")
        return True
