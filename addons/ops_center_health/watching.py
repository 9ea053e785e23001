"""One pass over the checks that are due: claim, probe in no transaction, store, react."""

import os
import socket
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC

from odoo.addons.ops_center_base.transaction import crash_point, run_in_new_transaction

from .batches import batches
from .heartbeat import Rhythm
from .news import News
from .outcome import Outcome
from .probes import Target
from .probes import run as run_probes
from .schedule import RETRY_DELAY, seconds_to_next
from .standing import Standing
from .storage import pings, states

MAX_CLAIMS = 500  # checks a pass
PASS_DEADLINE = 20.0  # seconds
LONGEST_WAIT = 5.0  # seconds; who changes a check wakes the worker
NEWS_PAUSE = 20.0  # seconds

_news = defaultdict(lambda: News(NEWS_PAUSE))  # by database


@dataclass(frozen=True)
class Claim:
    """A check that this process leased, with all that is needed to probe it without a database."""

    check_id: int
    fence: int
    standing: Standing
    failure_threshold: int
    success_threshold: int
    interval: float
    window: float  # seconds since the last look
    awaited: bool  # out of turn: somebody wants to know
    target: Target | None
    self_check: str
    rhythm: Rhythm | None = None


def run_due(env):
    """Probe the checks that are due and store what was seen.

    :param env: an environment of the superuser, for the prober serves all companies
    :return: seconds until it should be called again
    """
    claims, wait = run_in_new_transaction(env, _claim_due)
    if not claims:
        return LONGEST_WAIT if wait is None else min(max(wait, 0.0), LONGEST_WAIT)
    crash_point("claimed")
    _keep(env, _measure(env, claims))
    # Storing must not stop the clocks of the probes that are still running.
    for results in batches(_probe(claims)):
        _keep(env, results)
    return 0.0


def _claim_due(env):
    """Lease what is due: the claims, and the seconds until more is due if there are none."""
    cr = env.cr
    leases = states.claim_due(cr, f"{socket.gethostname()}:{os.getpid()}", MAX_CLAIMS)
    if not leases:
        return [], states.seconds_to_due(cr)
    checks = env["ops.health.check"].browse(lease["check_id"] for lease in leases)
    return [check._claim(lease) for check, lease in zip(checks, leases, strict=True)], None


def _measure(env, claims):
    """Measure what is measured here, each in a transaction of its own."""
    self_checks = env["ops.health.self"]
    measured = [
        (claim, self_checks._measure(claim.self_check, claim.window))
        for claim in claims
        if claim.self_check and not claim.target
    ]
    heartbeats = [claim for claim in claims if claim.rhythm]
    return measured + run_in_new_transaction(env, _listen, heartbeats) if heartbeats else measured


def _listen(env, claims):
    """Judge heartbeats by the pings that came in."""
    now, said = pings.latest(env.cr, [claim.check_id for claim in claims])
    seconds = now.replace(tzinfo=UTC).timestamp()
    return [
        (
            claim,
            Outcome.from_measure(
                claim.rhythm.judge(said[claim.check_id], now), "heartbeat", seconds
            ),
        )
        for claim in claims
    ]


def _probe(claims):
    """Probe what is reached over the network and yield the claims with their outcomes."""
    probed = {claim.check_id: claim for claim in claims if claim.target}
    targets = [claim.target for claim in probed.values()]
    for result in run_probes(targets, deadline=PASS_DEADLINE):
        claim = probed[result.key]
        yield claim, Outcome.from_result(result, claim.target)


def _keep(env, results):
    """Store the outcomes of claims and do what follows from them."""
    if not results:
        return
    for check_id, state, outcome in run_in_new_transaction(env, _store, results):
        run_in_new_transaction(env, _react, check_id, state, outcome)


def _store(env, results):
    """Store outcomes and return which checks changed: id, new state, outcome."""
    rows, changes = [], []
    now = time.time()
    for claim, outcome in results:
        standing = claim.standing.after(
            outcome.verdict, claim.failure_threshold, claim.success_threshold
        )
        delay = outcome.due_in or seconds_to_next(now, claim.interval, claim.check_id)
        # What isn't believed yet is looked at again soon.
        if standing.state != outcome.verdict:
            delay = min(delay, RETRY_DELAY)
        rows.append(
            {
                **vars(outcome),
                "check_id": claim.check_id,
                "fence": claim.fence,
                "delay": delay,
                "failures": standing.failures,
                "successes": standing.successes,
            }
        )
        if standing.state != claim.standing.state:
            changes.append((claim.check_id, standing.state, outcome))
    held = states.store_results(env.cr, rows)
    awaited = any(claim.awaited for claim, _outcome in results)
    if told := _news[env.cr.dbname].add(held, awaited, time.monotonic()):
        env["ops.event"]._broadcast("ops.health.check", sorted(told))
    return [change for change in changes if change[0] in held]


def _react(env, check_id, state, outcome):
    env["ops.health.check"].browse(check_id)._change_state(state, outcome)
