"""When a series of verdicts is believed, and when it changes too often to be told each time."""

from dataclasses import dataclass
from itertools import pairwise

MAX_WINDOW = 60  # verdicts that may be asked for
MARKS = {"up": "u", "degraded": "g", "down": "d", "unknown": "x"}
MENDED = "U"  # the up that ended a trouble: what failed before it no longer counts

# As https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/flapping.html has it: what
# changed last weighs half as much again as what changed first.
FLAPPING_WINDOW = 20  # verdicts
FLAPPING_FROM = 0.5  # share of changes
CALM_FROM = 0.25
# Of the changes, the oldest first.
WEIGHTS = [0.8 + 0.4 * place / (FLAPPING_WINDOW - 2) for place in range(FLAPPING_WINDOW - 1)]


@dataclass(frozen=True)
class Standing:
    """What is held to be true of a check, and what speaks against it.

    :param state: ``up``, ``degraded``, ``down``, ``unknown``, ``maintenance`` or ``suppressed``,
        which is down as well, only that nobody is told
    :param recent: a mark for each of the latest verdicts, the last one at the end
    :param is_flapping: whether the verdicts change all the time
    """

    state: str
    recent: str = ""
    is_flapping: bool = False

    def after(
        self, verdict: str, failure_threshold: int, failure_window: int, success_threshold: int
    ) -> "Standing":
        """The standing once another verdict is in.

        Trouble is believed after `failure_threshold` failures among the last `failure_window`
        verdicts and its end after `success_threshold` successes in a row; how bad it is follows
        the latest verdict.
        """
        remembered = max(FLAPPING_WINDOW, failure_window, success_threshold)
        recent = (self.recent + MARKS[verdict])[-remembered:]
        if verdict == "up":
            believed = self.state == "unknown" or _successes(recent) >= success_threshold
        else:
            believed = _failures(recent[-failure_window:]) >= failure_threshold
        state = verdict if believed and not self.expects(verdict) else self.state
        if state == "up" != self.state:
            recent = recent[:-1] + MENDED
        return Standing(state, recent, _is_flapping(recent, self.is_flapping))

    def expects(self, verdict: str) -> bool:
        """Whether the verdict is what is held to be true already."""
        return verdict == ("down" if self.state == "suppressed" else self.state)

    def differs(self, former: "Standing") -> bool:
        """Whether another thing is held to be true than before."""
        return (self.state, self.is_flapping) != (former.state, former.is_flapping)


def _successes(marks: str) -> int:
    """Successes in a row up to the last verdict."""
    return len(marks) - len(marks.rstrip("uU"))


def _failures(marks: str) -> int:
    """Failures since a trouble ended."""
    present = marks.rpartition(MENDED)[2]
    return len(present) - present.count("u")


def _is_flapping(marks: str, was_flapping: bool) -> bool:
    verdicts = marks[-FLAPPING_WINDOW:].replace(MENDED, "u")
    # Only a change begins it, and most verdicts are none.
    if not was_flapping and verdicts[-2:-1] == verdicts[-1:]:
        return False
    changes = [former != latter for former, latter in pairwise(verdicts)]
    # What wasn't seen did not change.
    weights = WEIGHTS[len(WEIGHTS) - len(changes) :]
    changed = sum(weight for weight, change in zip(weights, changes, strict=True) if change)
    share = changed / len(WEIGHTS)
    return share > CALM_FROM if was_flapping else share >= FLAPPING_FROM
