"""Which of the results of a scan are problems that are known already.

The ladder, from sure to likely; every rung pairs one to one and only what the rungs above left:

1. the id that the source guarantees,
2. the tool's fingerprint, unless it is a placeholder,
3. our own identity,
4. the same rule in the same file within 30 lines, then the same rule and code elsewhere.

The first three also find problems that were resolved; the fourth guesses, so it only takes open
ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from .identity import identity, snippet_digest
from .observation import Observation

NEAR_LINES = 30
SHORTEST_FINGERPRINT = 8
NEIGHBOURS = 8  # bounds the work on thousands of results in one place


class Key(NamedTuple):
    """All that the ladder looks at."""

    source_id: str
    fingerprint: str
    identity: str
    rule: str
    path: str
    line: int
    snippet: str
    closed: bool = False


def key(observation: Observation) -> Key:
    """Return what the ladder looks at in an observation."""
    return Key(
        source_id=observation.source_id,
        fingerprint=observation.fingerprint,
        identity=identity(observation),
        rule=observation.rule,
        path=observation.path,
        line=observation.line,
        snippet=snippet_digest(observation),
    )


class Match(NamedTuple):
    """A pair: positions in the two sequences; `likely` when the fourth rung made it."""

    observed: int
    known: int
    likely: bool


def placeholders(observed: Iterable[Key]) -> set[str]:
    """Return the fingerprints that cannot be what they claim: too short to tell problems apart,
    prose such as "requires login", or the same for different rules or files.
    """
    places: dict[str, tuple[str, str]] = {}
    found = set()
    for key in observed:
        place = (key.rule, key.path)
        text = key.fingerprint
        if (
            len(text) < SHORTEST_FINGERPRINT
            or " " in text
            or places.setdefault(text, place) != place
        ):
            found.add(text)
    return found


def match(observed: Sequence[Key], known: Sequence[Key]) -> list[Match]:
    """Pair what was observed with what is known, each at most once."""
    untrusted = placeholders(observed) | placeholders(known)
    rungs: tuple[Callable[[Key], Hashable], ...] = (
        lambda key: key.source_id,
        lambda key: key.fingerprint if key.fingerprint not in untrusted else "",
        lambda key: key.identity,
    )
    free, left = list(range(len(observed))), list(range(len(known)))
    matches: list[Match] = []

    def take(pairs: list[tuple[int, int]], likely: bool) -> None:
        nonlocal free, left
        matches.extend(Match(mine, theirs, likely) for mine, theirs in pairs)
        taken_mine = {mine for mine, _theirs in pairs}
        taken_theirs = {theirs for _mine, theirs in pairs}
        free = [index for index in free if index not in taken_mine]
        left = [index for index in left if index not in taken_theirs]

    for rung in rungs:
        pairs = []
        for mine, theirs in _groups(observed, free, known, left, rung):
            pairs += _in_order(observed, mine, known, theirs)
        take(pairs, likely=False)

    left = [index for index in left if not known[index].closed]
    pairs = []
    for mine, theirs in _groups(observed, free, known, left, lambda key: (key.rule, key.path)):
        pairs += _nearest(observed, mine, known, theirs)
    take(pairs, likely=True)
    pairs = []
    for mine, theirs in _groups(
        observed, free, known, left, lambda key: key.snippet and (key.rule, key.snippet)
    ):
        pairs += _in_order(observed, mine, known, theirs)
    take(pairs, likely=True)
    return matches


def _groups(
    observed: Sequence[Key],
    free: list[int],
    known: Sequence[Key],
    left: list[int],
    rung: Callable[[Key], Hashable],
) -> Iterable[tuple[list[int], list[int]]]:
    """Yield the positions on both sides that share a value of the rung."""
    theirs = defaultdict(list)
    for index in left:
        if value := rung(known[index]):
            theirs[value].append(index)
    mine = defaultdict(list)
    for index in free:
        value = rung(observed[index])
        if value in theirs:
            mine[value].append(index)
    return ((mine[value], theirs[value]) for value in mine)


def _in_order(
    observed: Sequence[Key], mine: list[int], known: Sequence[Key], theirs: list[int]
) -> list[tuple[int, int]]:
    """Pair equals, open ones first: those on the same line, then from top to bottom."""
    pairs = []
    mine = sorted(mine, key=lambda index: observed[index].line)
    for closed in (False, True):
        candidates = sorted(
            (index for index in theirs if known[index].closed is closed),
            key=lambda index: known[index].line,
        )
        by_line = defaultdict(deque)
        for index in candidates:
            by_line[known[index].path, known[index].line].append(index)
        moved, taken = [], set()
        for index in mine:
            same_line = by_line.get((observed[index].path, observed[index].line))
            if same_line:
                other = same_line.popleft()
                taken.add(other)
                pairs.append((index, other))
            else:
                moved.append(index)
        others = [index for index in candidates if index not in taken]
        pairs += zip(moved, others, strict=False)
        mine = moved[len(others) :]
    return pairs


def _nearest(
    observed: Sequence[Key], mine: list[int], known: Sequence[Key], theirs: list[int]
) -> list[tuple[int, int]]:
    """Pair the closest lines of one file first, none further apart than `NEAR_LINES`."""
    theirs = sorted(theirs, key=lambda index: known[index].line)
    lines = [known[index].line for index in theirs]
    candidates = []
    for index in mine:
        line = observed[index].line
        position = bisect_left(lines, line)
        for neighbour in range(
            max(0, position - NEIGHBOURS), min(len(lines), position + NEIGHBOURS)
        ):
            distance = abs(lines[neighbour] - line)
            if distance <= NEAR_LINES:
                candidates.append((distance, index, theirs[neighbour]))
    pairs, used = [], set()
    for _distance, index, other in sorted(candidates):
        if (0, index) not in used and (1, other) not in used:
            used |= {(0, index), (1, other)}
            pairs.append((index, other))
    return pairs
