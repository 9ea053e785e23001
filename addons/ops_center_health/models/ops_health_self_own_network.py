import time

from odoo import api, models

from odoo.addons.ops_center_base.transaction import run_in_new_transaction

from ..outcome import Outcome
from ..own_network import FRESH, explain
from ..self_checks import Measure
from .ops_health_check_own_network import SELF_CHECK, companies_with_canaries


class OpsHealthSelf(models.AbstractModel):
    """The look at our own network, in no transaction: canaries may take their time."""

    # What reaches out has a file of its own.
    _inherit = "ops.health.self"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _measure(self, code, window):
        if code != SELF_CHECK:
            return super()._measure(code, window)
        started_at = time.time()
        measure = Measure("up", "Our own network is there.")
        for canaries in run_in_new_transaction(self.env, _all_canaries):
            if silence := canaries.silence():
                measure = Measure(
                    "down", explain(silence), evidence="\n".join(silence), due_in=FRESH
                )
        return Outcome.from_measure(measure, code, started_at)


def _all_canaries(env):
    return [company._ops_canaries() for company in companies_with_canaries(env)]
