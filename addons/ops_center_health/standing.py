"""When a series of verdicts is believed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Standing:
    """What is held to be true of a check, and what speaks against it.

    :param state: ``up``, ``degraded``, ``down`` or ``unknown``
    :param failures: verdicts other than up in a row, the last one included
    :param successes: verdicts up in a row, the last one included
    """

    state: str
    failures: int = 0
    successes: int = 0

    def after(self, verdict: str, failure_threshold: int, success_threshold: int) -> "Standing":
        """The standing once another verdict is in.

        Trouble is believed after `failure_threshold` verdicts in a row and its end after
        `success_threshold`; how bad it is follows the latest verdict.
        """
        if verdict == "up":
            new = replace(self, failures=0, successes=self.successes + 1)
            believed = self.state in {"up", "unknown"} or new.successes >= success_threshold
        else:
            new = replace(self, failures=self.failures + 1, successes=0)
            believed = new.failures >= failure_threshold
        return replace(new, state=verdict) if believed else new
