"""What runs in an environment, as far as it can be seen, and how two looks at it differ.

A snapshot is ``{"release": revision, "modules": {name: version}}``.
Both snapshots and differences are plain JSON values, so that they can be stored as they are.
"""

import re
from typing import NotRequired, TypedDict

#: A commit SHA (Git: 40 or 64 digits), perhaps abbreviated.
COMMIT = re.compile(r"[0-9a-f]{7,64}")
SHORT_COMMIT = 8  # digits


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


def shorten(revision: str) -> str:
    """Abbreviate a revision for the eye, if it is a commit SHA.

    :param revision: a commit SHA, or whatever else a release calls itself
    """
    return revision[:SHORT_COMMIT] if COMMIT.fullmatch(revision) else revision


def same_revision(one: str, other: str) -> bool:
    """Say whether two names mean the same revision: one may be the other, shortened.

    :param one: a revision, such as a full commit SHA
    :param other: a revision, such as the first characters of a commit SHA
    """
    return bool(one and other) and (one.startswith(other) or other.startswith(one))
