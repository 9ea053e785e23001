"""What the members of a group say about it. Free of Odoo."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .self_checks import Measure

# Whoever is in one of these is left out on purpose and says nothing about the group.
LEFT_OUT = ("paused", "maintenance")


@dataclass(frozen=True)
class Member:
    """A check of a group.

    :param name: for humans
    :param state: of the check; what is neither ``up``, ``degraded``, ``down``, ``suppressed`` nor
        left out on purpose counts as unknown
    :param message: what the check said last
    """

    name: str
    state: str
    message: str


def judge(members: Sequence[Member], minimum: int | None = None, share: int = 100) -> Measure:
    """The verdict on a group.

    Members that are paused or in maintenance don't count. What nobody knows of a member never
    makes the group up, nor down.

    :param minimum: so many members have to be up, or all if there are fewer
    :param share: without a minimum, so many percent of the members have to be up
    """
    counted = [member for member in members if member.state not in LEFT_OUT]
    if not counted:
        return Measure("unknown", "No member is watched at the moment.")
    if minimum is None:
        minimum = math.ceil(len(counted) * share / 100)
    # Whatever the cause may be, a suppressed one does not answer.
    up, degraded, down = (
        [member for member in counted if member.state in states]
        for states in ({"up"}, {"degraded"}, {"down", "suppressed"})
    )
    needed = min(minimum, len(counted))
    if len(up) >= needed:
        verdict = "up"
    elif len(up) + len(degraded) >= needed:
        verdict = "degraded"
    elif len(counted) - len(down) >= needed:
        verdict = "unknown"
    else:
        verdict = "down"
    message = f"{len(up)} of {len(counted)} members are up, {needed} must be."
    for title, those in (("Down", down), ("Degraded", degraded)):
        if those:
            message += f" {title}: {', '.join(member.name for member in those)}."
    evidence = "\n".join(
        f"{member.name} ({member.state}): {member.message}" for member in down + degraded
    )
    return Measure(verdict, message, evidence=evidence)
