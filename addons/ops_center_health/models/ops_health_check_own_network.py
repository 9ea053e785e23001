from dataclasses import replace

from odoo import api, fields, models

from ..own_network import OWN_NETWORK
from ..storage import states

SELF_CHECK = "network"


class OpsHealthCheck(models.Model):
    """Checks that tell nothing while our own network is gone, and the one that tells of it."""

    # Each theme of this model has a file of its own.
    _inherit = "ops.health.check"  # pylint: disable=consider-merging-classes-inherited

    self_check = fields.Selection(
        selection_add=[(SELF_CHECK, "Own Network")], ondelete={SELF_CHECK: "cascade"}
    )

    # === BUSINESS METHODS === #

    def _watch(self):
        return replace(super()._watch(), canaries=self.company_id._ops_canaries())

    def _change_state(self, state, outcome):
        before = self.state
        result = super()._change_state(state, outcome)
        if outcome.error == OWN_NETWORK:
            # The one incident opens at once.
            check = self._own_network_check()
            check.filtered(lambda check: check.state in {"up", "unknown"})._schedule_now()
        elif self.self_check == SELF_CHECK and before != self.state == "up":
            self.browse(states.last_seen_with(self.env.cr, OWN_NETWORK))._schedule_now()
        return result

    @api.model
    def _own_network_check(self):
        """The check that tells of our own network, archived or not, if there is one."""
        # It is the one of the installation, whoever may see it.
        checks = self.sudo().with_context(active_test=False)
        return checks.search([("self_check", "=", SELF_CHECK)])

    @api.model
    def _watch_own_network(self):
        """Have a check of our own network if canaries tell about it, and none if not."""
        wanted = bool(companies_with_canaries(self.env))
        if check := self._own_network_check():
            if check.active != wanted:
                check.active = wanted
        elif wanted:
            check.create(
                {
                    "name": self.env._("Own network"),
                    "sequence": 11,
                    "environment_id": self.env.ref("ops_center_base.environment_self").id,
                    "kind": "self",
                    "self_check": SELF_CHECK,
                    # Several canaries are silent: a repetition would tell nothing more.
                    "failure_threshold": 1,
                    "success_threshold": 1,
                }
            )


def companies_with_canaries(env):
    """The companies that told which addresses always answer."""
    # Our network is that of all companies.
    return env["res.company"].sudo().search([("ops_canaries", "!=", False)])
