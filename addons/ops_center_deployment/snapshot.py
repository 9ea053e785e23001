"""What runs in an environment, as far as it can be seen, and how two looks at it differ.

A snapshot is ``{"release": revision, "modules": {name: version}}``.
Both snapshots and differences are plain JSON values, so that they can be stored as they are.
"""

from typing import NotRequired, TypedDict


class Snapshot(TypedDict):
    """One look at an environment."""

    release: str
    modules: dict[str, str]


class Changes(TypedDict):
    """What differs between two looks; from and to are in this order."""

    added: dict[str, str]
    updated: dict[str, list[str]]
    removed: dict[str, str]
    release: NotRequired[list[str]]


def difference(before: Snapshot, after: Snapshot) -> Changes:
    """Say what changed between two looks at the same environment.

    :param before: the earlier look
    :param after: the later look
    :return: modules added, removed (name: version) and updated (name: [from, to]);
        ``release`` ([from, to]) only when it changed
    """
    old, new = before["modules"], after["modules"]
    changes: Changes = {
        "added": {name: new[name] for name in sorted(new.keys() - old.keys())},
        "updated": {
            name: [old[name], new[name]]
            for name in sorted(old.keys() & new.keys())
            if old[name] != new[name]
        },
        "removed": {name: old[name] for name in sorted(old.keys() - new.keys())},
    }
    if before["release"] != after["release"]:
        changes["release"] = [before["release"], after["release"]]
    return changes


def same_revision(one: str, other: str) -> bool:
    """Say whether two names mean the same revision: one may be the other, shortened.

    :param one: a revision, such as a full commit SHA
    :param other: a revision, such as the first characters of a commit SHA
    """
    return bool(one and other) and (one.startswith(other) or other.startswith(one))
