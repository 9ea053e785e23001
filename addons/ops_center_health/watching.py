"""Looking at the checks that are due: claim, look in no transaction, store, react."""

import logging
import math
import os
import socket
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from odoo.exceptions import UserError

from odoo.addons.ops_center_base.loop import stopping
from odoo.addons.ops_center_base.pause import Paused
from odoo.addons.ops_center_base.transaction import (
    LOST_DATABASE,
    crash_point,
    run_in_new_transaction,
)

from .heartbeat import Rhythm
from .news import News
from .odoo_facts import Expectation, Facts, clean
from .outcome import Outcome
from .own_network import LATE, OWN_NETWORK, Canaries
from .probes import Prober, Target
from .schedule import RETRY_DELAY, seconds_to_next
from .standing import Standing
from .storage import facts, failures, intervals, pings, states

_logger = logging.getLogger(__name__)

MAX_UNDER_WAY = 5000  # checks
GATHERING_AWAITED = 0.1  # seconds, while somebody waits for a result or for what follows of it
BUSY_FROM = 50  # checks under way
MOST_REACTING = 0.25  # seconds a pass, for others are due meanwhile
LONGEST_PASS = 5.0  # seconds in which nobody asks what else the process is to do
LONGEST_LOOK = 1.0  # seconds to wait for results while nothing else is due
LONGEST_WAIT = 5.0  # seconds; who changes a check wakes the worker
LAST_WAIT = 20.0  # seconds for what is under way when no pass follows
FORGET_AFTER = timedelta(minutes=1)  # results that could not be stored; others looked meanwhile
CLOCK_PAUSE = 30.0  # seconds until somebody sees whether the clock was set back
NEWS_PAUSE = 30.0  # seconds
FAILURES = ("degraded", "down")
FACTS = "facts"  # error of what an agent reported, or was fetched
# Seconds between two fetches of facts: every five minutes, though a look may be a bit early.
PULL_PAUSE = 290


class Pace(NamedTuple):
    """How much is done together.

    :param ahead: seconds by which checks are claimed before their time, so that they start at it
        although results are gathered meanwhile: until there is one, and then for more
    :param gathering: seconds to wait for more results, so that they are stored together
    """

    ahead: float
    gathering: float


CALM = Pace(ahead=0.5, gathering=0.25)
# A transaction costs as much as ten results.
BUSY = Pace(ahead=2.5, gathering=1.0)

_news = defaultdict(lambda: News(NEWS_PAUSE))  # by database
_watchers = {}  # by database


@dataclass(frozen=True)
class Watch:
    """How to look at a check without a database; the same until somebody changes the check."""

    check_id: int
    failure_threshold: int
    failure_window: int
    success_threshold: int
    interval: float
    target: Target | None = None
    self_check: str = ""
    rhythm: Rhythm | None = None
    facts: Expectation | None = None  # of what an agent reports, or is fetched
    canaries: Canaries | None = None  # of which one answers as long as our own network is there
    problem: str = ""  # why it can't be looked at, a sentence

    @property
    def access(self):
        """As whom to ask for facts, None for not to."""
        return self.target and self.target.odoo.access

    def without_access(self):
        """The same, without asking for facts."""
        odoo = replace(self.target.odoo, access=None)
        return replace(self, target=replace(self.target, odoo=odoo))


@dataclass(frozen=True)
class Claim:
    """A check that this process leased."""

    watch: Watch
    fence: int
    standing: Standing
    since_last: float  # seconds since the last look
    due_in: float  # seconds
    due_at: float  # seconds since 1970 by the clock of this process
    unseen_since: datetime | None  # nobody looked, though it was time to

    @property
    def window(self):
        """Seconds to look back upon: the whole interval also after a quick repetition."""
        return max(self.since_last, self.watch.interval)

    @property
    def is_awaited(self):
        """Whether it is out of turn, because somebody wants to know."""
        return self.since_last + self.due_in < self.watch.interval / 2

    def lateness(self, outcome):
        """Seconds from the time of the check until it was looked at."""
        return max(outcome.at.replace(tzinfo=UTC).timestamp() - self.due_at, 0.0)


def of_process(env):
    """The watcher that goes on from pass to pass of this process."""
    dbname = env.cr.dbname
    if dbname not in _watchers:
        _watchers[dbname] = Watcher()
    return _watchers[dbname]


class Watcher:
    """Looks at checks; what is under way goes on between the calls."""

    def __init__(self):
        self._prober = None
        self._clock_due_at = 0.0  # when to see whether the clock was set back, monotonic
        self._under_way = {}  # claims by check and fence
        self._seen = []  # claims and outcomes that are not stored yet
        self._changes = {}  # new standings and their outcomes by check, not reacted to yet
        self._registry = None
        self._watches = {}  # by check: the edition of it, and how to look at it

    def begin_due(self, env, seconds=LONGEST_PASS):
        """Begin to look at the checks that are due, and store what was seen so far.

        :param env: an environment of the superuser, for the watcher serves all companies
        :param seconds: how long to go on with what comes due or is under way; 0 means once
        :return: seconds until it should be called again
        """
        end = time.monotonic() + seconds
        while not (wait := self._go_on(env)) and time.monotonic() < end:
            if stopping.is_set():
                break
        return wait

    def _go_on(self, env):
        """Take in what was seen, begin what is due: seconds until there is more to do."""
        if (now := time.monotonic()) >= self._clock_due_at:
            self._clock_due_at = now + CLOCK_PAUSE
            run_in_new_transaction(env, lambda env: states.follow_clock(env.cr))
        pace = BUSY if len(self._under_way) >= BUSY_FROM else CALM
        claims, wait = run_in_new_transaction(env, self._claim_due, pace.ahead)
        if claims:
            crash_point("claimed")
            self._probe(claims)
            self._seen += _measure(env, claims)
            wait = 0.0
        if self._under_way:
            timeout = pace.gathering if claims else min(wait, LONGEST_LOOK)
            self._collect(timeout, GATHERING_AWAITED if self._is_awaited() else pace.gathering)
        self._keep(env)
        self._react(env, MOST_REACTING)
        return 0.0 if self._under_way or self._changes else min(wait, LONGEST_WAIT)

    def finish_begun(self, env):
        """Wait for what is under way, store it, and give back what doesn't come in time."""
        end = time.monotonic() + LAST_WAIT
        while self._under_way and (left := end - time.monotonic()) > 0:
            self._collect(left, GATHERING_AWAITED)
        self._keep(env)
        self._react(env, math.inf)
        if self._prober:
            self._prober.close()
            self._prober = None
        if self._under_way:
            leases = list(self._under_way)
            self._under_way.clear()
            run_in_new_transaction(env, lambda env: states.release(env.cr, leases))

    # === CLAIM === #

    def _claim_due(self, env, ahead):
        """Lease what is due: the claims, and the seconds until more is due if there are none.

        :param ahead: of a `Pace`
        """
        owner = f"{socket.gethostname()}:{os.getpid()}"
        now = time.time()
        leases = states.claim_due(env.cr, owner, MAX_UNDER_WAY - len(self._under_way), ahead)
        if not leases:
            wait = states.seconds_to_due(env.cr, ahead)
            return [], LONGEST_WAIT if wait is None else max(wait, 0.0)
        self._learn(env, leases)
        claims = [self._claim(lease, now) for lease in leases]
        return _without_needless_pulls(env, claims), 0.0

    def _learn(self, env, leases):
        """Read the checks that were changed since they were last looked at."""
        if self._registry is not env.registry:
            self._registry = env.registry
            self._watches.clear()
        # Another company has other networks that its checks may reach.
        unknown = {
            lease["check_id"]: edition
            for lease in leases
            if self._watches.get(lease["check_id"], (None,))[0]
            != (edition := (lease["revision"], lease["company_id"]))
        }
        for check in env["ops.health.check"].browse(unknown):
            self._watches[check.id] = (unknown[check.id], _watch(check))

    def _claim(self, lease, now):
        check_id = lease["check_id"]
        _edition, watch = self._watches[check_id]
        # Where this Odoo answers is found out each time.
        if watch.self_check or watch.problem:
            del self._watches[check_id]
        return Claim(
            watch=watch,
            fence=lease["fence"],
            standing=Standing(lease["state"], lease["recent"], bool(lease["is_flapping"])),
            since_last=lease["since_last"] or 0.0,
            due_in=lease["due_in"],
            due_at=now + lease["due_in"],
            unseen_since=lease["unseen_since"],
        )

    # === LOOK === #

    def _probe(self, claims):
        """Hand over what is reached over the network."""
        probed = [claim for claim in claims if claim.watch.target]
        if not probed:
            return
        self._prober = self._prober or Prober()
        # A check may be claimed anew while it is looked at, and then only the newer look counts.
        self._under_way |= {(claim.watch.check_id, claim.fence): claim for claim in probed}
        self._prober.add(
            ((claim.watch.check_id, claim.fence), claim.watch.target, claim.due_in)
            for claim in probed
        )

    def _is_awaited(self):
        """Whether somebody waits for a result, or for what follows of one."""
        return self._changes or any(claim.is_awaited for claim in self._under_way.values())

    def _collect(self, timeout, gathering):
        """Take in what was seen over the network."""
        try:
            results = self._prober.take(timeout, gathering)
        except Exception:
            # Others take over when the leases end; this process goes on with another prober.
            self._under_way.clear()
            self._prober = None
            raise
        for result in results:
            claim = self._under_way.pop(result.key)
            outcome = Outcome.from_result(result, claim.watch.target)
            if result.facts:
                outcome = replace(outcome, facts=clean(result.facts))
            self._seen.append((claim, outcome))

    # === STORE === #

    def _keep(self, env):
        """Store what was seen."""
        forgotten = datetime.now(UTC).replace(tzinfo=None) - FORGET_AFTER
        self._seen = [(claim, outcome) for claim, outcome in self._seen if outcome.at > forgotten]
        if not self._seen:
            return
        self._seen = [(claim, _acquit(claim.watch, outcome)) for claim, outcome in self._seen]
        self._changes |= run_in_new_transaction(env, _store, self._seen)
        self._seen = []
        crash_point("stored")

    # === REACT === #

    def _react(self, env, seconds):
        """Do what follows from changes, as many as the time permits.

        What a process forgets when it dies is found out again by the next look.
        """
        end = time.monotonic() + seconds
        while self._changes and time.monotonic() < end:
            check_id = next(iter(self._changes))
            try:
                run_in_new_transaction(env, _react, check_id, *self._changes[check_id])
            except (Paused, *LOST_DATABASE):
                raise
            except Exception:
                # It must not keep the others from theirs; the next look finds the change again.
                _logger.exception("Reacting to the new state of check %s failed", check_id)
            del self._changes[check_id]


def _without_needless_pulls(env, claims):
    """The claims, without asking for facts that an agent reports or that were fetched just now."""
    pulling = [claim.watch.check_id for claim in claims if claim.watch.access]
    if not pulling:
        return claims
    known = facts.known(env.cr, pulling, PULL_PAUSE)

    def is_needless(claim):
        check_id = claim.watch.check_id
        # A failure that isn't believed yet is looked at again, as others are.
        is_doubted = known.get(check_id) and claim.standing.state in {"up", "unknown"}
        return check_id in known and not is_doubted

    return [
        replace(claim, watch=claim.watch.without_access()) if is_needless(claim) else claim
        for claim in claims
    ]


def _watch(check):
    try:
        return check._watch()
    except (UserError, ValueError) as error:
        # One check that can't be looked at must not keep the others from being so.
        return Watch(
            check_id=check.id,
            failure_threshold=check.failure_threshold,
            failure_window=check.failure_window,
            success_threshold=check.success_threshold,
            interval=check.interval,
            problem=str(error),
        )


def _measure(env, claims):
    """Judge what is known without the network, each measurement in a transaction of its own."""
    self_checks = env["ops.health.self"]
    seen = []
    silent = []
    for claim in claims:
        watch = claim.watch
        if watch.problem:
            seen.append((claim, Outcome.from_problem(watch.problem)))
        elif watch.rhythm:
            silent.append(claim)
        elif not watch.target:
            seen.append((claim, self_checks._measure(watch.self_check, claim.window)))
    return seen + run_in_new_transaction(env, _listen, silent) if silent else seen


def _listen(env, claims):
    """Judge heartbeats by the pings that came in."""
    now, said = pings.latest(env.cr, [claim.watch.check_id for claim in claims])
    seconds = now.replace(tzinfo=UTC).timestamp()
    seen = []
    for claim in claims:
        pinged = said[claim.watch.check_id]
        measure = claim.watch.rhythm.judge(pinged, now)
        error = "heartbeat" if pinged.failed else LATE
        seen.append((claim, Outcome.from_measure(measure, error, seconds)))
    return seen


def _acquit(watch, outcome):
    """Blame nobody for what our own network lost. Looks at the canaries, in no transaction."""
    is_remote = watch.target and not watch.self_check
    if (
        outcome.verdict == "down"
        and watch.canaries
        and (is_remote or outcome.error == LATE)
        and (silence := watch.canaries.silence())
    ):
        return outcome.acquitted(silence)
    return outcome


def _store(env, seen):
    """Store outcomes and return the new standings, with the outcomes, of checks that changed."""
    seen = _join_facts(env, seen)
    rows, changes = [], {}
    # By the clock that the checks come due by.
    now = env.cr.now().replace(tzinfo=UTC).timestamp()
    for claim, outcome in seen:
        watch = claim.watch
        standing = _standing(claim, outcome)
        delay = outcome.due_in or seconds_to_next(now, watch.interval, watch.check_id)
        # What isn't believed yet is looked at again soon; in maintenance nothing is.
        if standing.state != "maintenance" and not standing.expects(outcome.verdict):
            delay = min(delay, RETRY_DELAY)
        rows.append(
            {
                **vars(outcome),
                "check_id": watch.check_id,
                "fence": claim.fence,
                "delay": delay,
                "recent": standing.recent,
                "lateness": claim.lateness(outcome),
            }
        )
        if standing.differs(claim.standing):
            changes[watch.check_id, claim.fence] = (standing, outcome)
    held = states.store_results(env.cr, rows)
    rows = [row for row in rows if (row["check_id"], row["fence"]) in held]
    if shown := {row["check_id"]: row["certificate"] for row in rows if row["certificate"]}:
        env["ops.health.check"]._keep_certificates(shown)
    if told := {row["check_id"]: row["odoo"] for row in rows if row["odoo"]}:
        env["ops.health.check"]._keep_installations(told)
    if failed := [row for row in rows if row["verdict"] in FAILURES]:
        failures.keep(env.cr, failed)
    if pulled := {row["check_id"]: row["facts"] for row in rows if row["facts"]}:
        former = facts.modules(env.cr, pulled)
        stored = facts.keep_pulled(env.cr, pulled)
        env["ops.health.check"]._record_module_changes(former, stored)
    intervals.add_unseen(
        env.cr,
        [
            (claim.watch.check_id, claim.unseen_since, outcome.at)
            for claim, outcome in seen
            if claim.unseen_since and (claim.watch.check_id, claim.fence) in held
        ],
    )
    awaited = any(claim.is_awaited for claim, _outcome in seen)
    if news := _news[env.cr.dbname].add(
        {row["check_id"] for row in rows}, awaited, time.monotonic()
    ):
        env["ops.event"]._broadcast("ops.health.check", sorted(news))
    return {lease[0]: change for lease, change in changes.items() if lease in held}


def _join_facts(env, seen):
    """Have what agents reported count as well, where there are agents."""
    expected = {
        claim.watch.check_id: claim.watch.facts for claim, _outcome in seen if claim.watch.facts
    }
    if not expected:
        return seen
    if unseen := [
        claim.watch.check_id
        for claim, _outcome in seen
        if claim.unseen_since and claim.watch.check_id in expected
    ]:
        facts.await_anew(env.cr, unseen)
    now, reported = facts.latest(env.cr, expected)
    fetched = {
        claim.watch.check_id: Facts(outcome.facts, now, is_pulled=True)
        for claim, outcome in seen
        if outcome.facts
    }
    reported |= {
        check_id: report
        for check_id, report in fetched.items()
        if check_id not in reported or reported[check_id].is_pulled
    }
    judged = {
        check_id: expected[check_id].judge(report, now) for check_id, report in reported.items()
    }
    return [
        (claim, outcome.joined(judged[check_id], FACTS) if check_id in judged else outcome)
        for claim, outcome in seen
        for check_id in [claim.watch.check_id]
    ]


def _standing(claim, outcome):
    """What is held to be true of a check after a look at it."""
    if claim.standing.state == "maintenance":
        return Standing("maintenance")
    if outcome.error == OWN_NETWORK:
        return Standing("unknown", is_flapping=claim.standing.is_flapping)
    watch = claim.watch
    return claim.standing.after(
        outcome.verdict, watch.failure_threshold, watch.failure_window, watch.success_threshold
    )


def _react(env, check_id, standing, outcome):
    env["ops.health.check"].browse(check_id)._follow(standing, outcome)
