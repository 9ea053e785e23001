import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..badge import svg
from ..public import LEVELS, public_state
from ..storage import intervals

PERIODS = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
GOOD, FAIR = 0.999, 0.99  # uptimes from which on a badge is green, or orange


class OpsHealthCheck(models.Model):
    """The badge of a check, a picture for whoever knows its address."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    badge_token = fields.Char(
        readonly=True, copy=False, exportable=False, groups="ops_center_base.group_manager"
    )
    badge_markdown = fields.Char(
        string="Badge",
        compute="_compute_badge_markdown",
        groups="ops_center_base.group_manager",
        help="Paste it into a README. Append ?period=24h, 7d or 90d to the address for another"
        " period, or ?show=state for the state.",
    )

    _badge_token_uniq = models.UniqueIndex(
        "(badge_token)", "Another check has this badge already. Let Ops Center choose its address."
    )

    # === COMPUTE METHODS === #

    @api.depends("badge_token")
    def _compute_badge_markdown(self):
        for check in self:
            token = check.badge_token
            check.badge_markdown = (
                token and f"![{self.env._('Uptime')}]({check.get_base_url()}/ops/badge/{token}.svg)"
            )

    # === ACTIONS === #

    def action_make_badge(self):
        """Give the checks a badge, or another address to those that have one."""
        self._check_may_publish()
        for check in self:
            check.badge_token = secrets.token_urlsafe(16)

    def action_remove_badge(self):
        """Have the addresses of the badges answer nothing any more."""
        self._check_may_publish()
        self.badge_token = False

    def _check_may_publish(self):
        self.check_access("write")
        if not self.env.user.has_group("ops_center_base.group_manager"):
            raise AccessError(
                self.env._("Only managers decide what people outside see. Ask one of them.")
            )

    # === BUSINESS METHODS === #

    @api.model
    def _badge(self, token, show, period):
        """What is answered to who asks for a badge, None if there is none.

        :param str show: ``uptime`` or ``state``
        :param str period: one of `PERIODS`
        :return: the picture, and that caches of others may have it
        """
        check = self.search([("badge_token", "=", token)])
        if not check or show not in {"uptime", "state"} or period not in PERIODS:
            return None
        if show == "state":
            return check._state_badge(), True
        return check._uptime_badge(period), True

    def _state_badge(self):
        unseen = intervals.unseen_since(self.env.cr, self.ids)
        state = public_state(self.state, self.id in unseen)
        word = self.env["ops.status.service"]._word(state)
        return svg(self.env._("status"), word, LEVELS[state])

    def _uptime_badge(self, period):
        label = self.env._("uptime %s", period)
        share = intervals.uptime(self.env.cr, self.ids, PERIODS[period]).get(self.id)
        if share is None:
            return svg(label, self.env._("unknown"), "none")
        level = "good" if share >= GOOD else "fair" if share >= FAIR else "bad"
        return svg(label, self.env["ops.status.service"]._percent(share), level)
