"""What the results of a scan mean for the findings that are known already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .identity import content_digest
from .matching import Key, key, match
from .observation import Observation
from .states import MENDABLE_STATES, state_after

# So many findings, and half of those that can be resolved, don't get mended from one scan to the
# next: more likely the scanner looked elsewhere.
SUSPICIOUS_DROP = 20


class KnownFinding(NamedTuple):
    """What a comparison has to know of a finding, without its record."""

    id: int
    state: str
    digest: str
    gone: bool  # the last complete scan did not see it
    accepted: bool  # until a day that has not passed
    ordinal: int  # tells findings with the same identity apart
    reopened_count: int
    key: Key


class Sighting(NamedTuple):
    """A result that is new, or that changes its finding."""

    observation: Observation
    key: Key
    digest: str
    state: str  # of the finding from now on
    ordinal: int
    before: KnownFinding | None
    likely: bool  # it was matched by a guess

    @property
    def reopens(self) -> bool:
        """Whether the problem was resolved and is back."""
        return self.before is not None and self.before.state == "resolved"

    def history(self) -> Iterator[tuple[str, str | None]]:
        """Yield what the history of the finding tells about it: (kind, detail)."""
        if self.before is None:
            return
        if self.reopens:
            yield "reopened", None
        elif self.state == "suppressed_in_source" != self.before.state:
            yield "suppressed", self.observation.suppressed
        if self.likely:
            yield "moved", f"{self.before.key.path}:{self.before.key.line}"


class Comparison:
    """The results of a scan beside all findings of its scope.

    Only what is needed to match them is kept of the results, a report can be large.

    :param observations: the results
    :param known: the findings
    :param complete: whether absence proves that a problem is gone
    """

    def __init__(
        self, observations: Iterable[Observation], known: Sequence[KnownFinding], complete: bool
    ) -> None:
        self.known = known
        self.keys: list[Key] = []
        self.suppressed_count = 0
        self._digests: list[str] = []
        for observation in observations:
            self.keys.append(key(observation))
            self._digests.append(content_digest(observation))
            self.suppressed_count += bool(observation.suppressed)
        matches = match(self.keys, [finding.key for finding in known])
        self._matches = {pair.observed: pair for pair in matches}
        seen = {pair.known for pair in matches}
        self.missing = [
            finding
            for position, finding in enumerate(known)
            if complete and position not in seen and not finding.gone
        ]
        self.mended = [finding for finding in self.missing if finding.state in MENDABLE_STATES]
        self.mendable_count = sum(finding.state in MENDABLE_STATES for finding in known)

    @property
    def is_suspicious(self) -> bool:
        """Whether more is missing than people mend."""
        mended = len(self.mended)
        return mended > SUSPICIOUS_DROP and 2 * mended > self.mendable_count

    def sightings(self, observations: Iterable[Observation]) -> Iterator[Sighting]:
        """Yield the results that are new or change their finding, and none of the others.

        :param observations: the same results in the same order
        """
        free = defaultdict(int)  # the next ordinal of each identity
        for finding in self.known:
            free[finding.key.identity] = max(free[finding.key.identity], finding.ordinal + 1)
        for position, observation in enumerate(observations):
            pair = self._matches.get(position)
            before = self.known[pair.known] if pair else None
            digest = self._digests[position]
            state = state_after(
                before.state if before else "",
                accepted=bool(before and before.accepted),
                suppressed=bool(observation.suppressed),
            )
            if before and not before.gone and (before.digest, before.state) == (digest, state):
                continue
            identity = self.keys[position].identity
            if before and before.key.identity == identity:
                ordinal = before.ordinal
            else:
                ordinal = free[identity]
                free[identity] += 1
            yield Sighting(
                observation=observation,
                key=self.keys[position],
                digest=digest,
                state=state,
                ordinal=ordinal,
                before=before,
                likely=bool(pair and pair.likely),
            )
