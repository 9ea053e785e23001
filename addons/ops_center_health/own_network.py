"""Whether it is our own network that is gone when nothing can be reached. Free of Odoo."""

from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

from .probes import AddressPolicy, Target, run

OWN_NETWORK = "own_network"  # the error of looks that tell nothing about their target
LATE = "heartbeat_late"  # the error of heartbeats that may have been lost on the way to us
FRESH = 10.0  # seconds for which canaries are not looked at again
TIMEOUT = 3.0  # seconds

_looks: dict["Canaries", tuple[float, list[str]]] = {}  # when they ended, and what was seen


@dataclass(frozen=True)
class Canaries:
    """Addresses that always answer, unless our own network is gone.

    :param urls: as those of checks, such as ``tcp://192.0.2.53:53``
    :param allow: which addresses may be connected to
    """

    urls: tuple[str, ...]
    allow: AddressPolicy

    def targets(self) -> list[Target]:
        """:raise ValueError: with a sentence for the user, if one can't be probed."""
        return [self._target(url) for url in self.urls]

    def silence(self) -> list[str]:
        """What was seen of each canary, a sentence, if none of them answers; else nothing.

        Looks that are younger than `FRESH` are not repeated.
        """
        looked_at, silence = _looks.get(self, (None, []))
        if looked_at is None or monotonic() >= looked_at + FRESH:
            silence = self._look()
            _looks[self] = monotonic(), silence
        return silence

    def _look(self) -> list[str]:
        seen = []
        for result in run(self.targets()):
            # Whoever may not be looked at says nothing.
            if result.status or result.verdict != "down":
                return []
            seen.append(f"{result.key}: {result.message}")
        return seen

    def _target(self, url: str) -> Target:
        scheme = urlsplit(url).scheme
        return Target(
            key=url,
            kind="http" if scheme == "https" else scheme,
            url=url,
            timeout=TIMEOUT,
            # It counts that somebody is there, not who and how well.
            expected_status="100-599",
            verify=False,
            allow=self.allow,
        )


def explain(silence: list[str]) -> str:
    """What the silence of all canaries means, for the people who look at a check."""
    return f"Our own network is gone: none of {len(silence)} canaries answers."
