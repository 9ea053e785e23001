"""The life of a deployment: its states and the moves between them.

A deployment only moves forward. Moves may skip states, because whoever reports them (a provider
that is polled, a pipeline, a person) may not have seen each one; but no move skips the gates:
nothing that waits is built, and what is built by a provider is verified before it is live.
"""

from collections.abc import Mapping

DRAFT = "draft"
WAITING = "waiting"
SCHEDULED = "scheduled"
QUEUED = "queued"
BUILDING = "building"
DEPLOYING = "deploying"
VERIFYING = "verifying"
LIVE = "live"
SUPERSEDED = "superseded"
FAILED = "failed"
CANCELLED = "cancelled"
REJECTED = "rejected"
ROLLED_BACK = "rolled_back"
LOST = "lost"

#: Something changes in the environment: at most one deployment of an environment is here.
ACTIVE = frozenset({BUILDING, DEPLOYING, VERIFYING})

#: Every move there is. A state without moves is an end.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    # Live and failed at once: a deployment that is recorded after the fact.
    DRAFT: frozenset({SCHEDULED, WAITING, QUEUED, BUILDING, DEPLOYING, LIVE, FAILED, CANCELLED}),
    WAITING: frozenset({SCHEDULED, QUEUED, CANCELLED, REJECTED}),
    # Approved already: nobody has to be awake when its time comes.
    SCHEDULED: frozenset({QUEUED, CANCELLED}),
    QUEUED: frozenset({BUILDING, DEPLOYING, VERIFYING, FAILED, CANCELLED, LOST}),
    BUILDING: frozenset({DEPLOYING, VERIFYING, FAILED, CANCELLED, LOST}),
    # Live without verifying: a person vouches for it, nobody probes.
    DEPLOYING: frozenset({VERIFYING, LIVE, FAILED, CANCELLED, ROLLED_BACK, LOST}),
    VERIFYING: frozenset({LIVE, FAILED, CANCELLED, ROLLED_BACK, LOST}),
    LIVE: frozenset({SUPERSEDED, ROLLED_BACK}),
    SUPERSEDED: frozenset(),
    FAILED: frozenset(),
    CANCELLED: frozenset(),
    REJECTED: frozenset(),
    ROLLED_BACK: frozenset(),
    LOST: frozenset(),
}

#: Nothing moves a deployment out of these.
ENDS = frozenset(state for state, moves in TRANSITIONS.items() if not moves)


class TransitionError(ValueError):
    """A move that the table does not have."""

    def __init__(self, source: str, target: str):
        super().__init__(f"{source} -> {target}")
        self.source = source
        self.target = target


def check(source: str, target: str) -> None:
    """Let a move pass that the table has.

    :param source: the state a deployment is in
    :param target: the state it shall go to
    :raise TransitionError: the table does not have this move, or does not know the states
    """
    if target not in TRANSITIONS.get(source, frozenset()):
        raise TransitionError(source, target)
