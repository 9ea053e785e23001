"""Which troubles there are, and who has to be told of them: decided without looking at a clock."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

GOOD_LOOKS = 2  # in a row, until a trouble is over
FORGET_AFTER = 86_400.0  # seconds that the end of a trouble is tried to be told


@dataclass
class Trouble:
    """One thing that is wrong, from its first bad look until everybody knows that it is over.

    :param key: what is wrong; there is one trouble of each key at a time
    :param message: one sentence
    :param since: seconds since 1970 of the first bad look
    :param failures: bad looks in a row, before it is believed
    :param successes: good looks in a row, while it is believed
    :param is_open: whether it is believed
    :param closing: why it is over, one sentence; empty while it is not
    :param closed_at: seconds since 1970
    :param told: when each channel heard of it last, seconds since 1970
    """

    key: str
    message: str
    since: float
    failures: int = 0
    successes: int = 0
    is_open: bool = False
    closing: str = ""
    closed_at: float = 0.0
    told: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that one channel has to be told.

    :param identity: the same for the same notice, so that receivers tell repetitions
    :param kind: ``trouble``, ``reminder`` or ``end``
    """

    identity: str
    kind: str
    channel: str
    trouble: Trouble

    @property
    def text(self) -> str:
        """One or two sentences, and since when."""
        moment = datetime.fromtimestamp(self.trouble.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
        if self.kind == "end":
            return f"{self.trouble.closing} Trouble since {moment}: {self.trouble.message}"
        return f"{self.trouble.message} Since {moment}."


class Troubles:
    """The book of troubles.

    :param entries: as `entries` returned them before, for instance to an earlier process
    """

    def __init__(self, entries: Iterable[dict] = ()) -> None:
        self._troubles = [Trouble(**entry) for entry in entries]

    def entries(self) -> list[dict]:
        """The book as plain data."""
        return [asdict(trouble) for trouble in self._troubles]

    def open_keys(self) -> set[str]:
        """What is wrong now, beyond doubt."""
        return {trouble.key for trouble in self._troubles if trouble.is_open}

    def observe(self, key: str, problem: str | None, *, now: float, patience: int) -> None:
        """Take down one look.

        :param problem: what is wrong, in one sentence; None if all is well
        :param now: seconds since 1970
        :param patience: bad looks in a row until it is believed
        """
        trouble = self._current(key)
        if problem:
            if not trouble:
                trouble = Trouble(key, problem, now)
                self._troubles.append(trouble)
            trouble.message = problem
            trouble.failures += 1
            trouble.successes = 0
            trouble.is_open = trouble.is_open or trouble.failures >= patience
        elif trouble:
            trouble.successes += 1
            if not trouble.is_open:
                self._troubles.remove(trouble)
            elif trouble.successes >= GOOD_LOOKS:
                self._close(trouble, "All is well again.", now)

    def close(self, keys: Iterable[str], reason: str, *, now: float) -> None:
        """End troubles for another reason than that all is well."""
        for key in keys:
            if trouble := self._current(key):
                self._close(trouble, reason, now)

    def due(self, channels: Iterable[str], *, now: float, reminder: float) -> Iterator[Notice]:
        """What has to be told now.

        :param channels: the names of those that take notices
        :param reminder: seconds after which an open trouble is told again
        """
        channels = list(channels)
        for trouble in list(self._troubles):
            for channel in channels:
                last = trouble.told.get(channel)
                if trouble.is_open and last is None:
                    yield self._notice("trouble", channel, trouble)
                elif trouble.is_open and now - last >= reminder:
                    yield self._notice("reminder", channel, trouble, f"-{last:.0f}")
                elif trouble.closing and last is not None:
                    yield self._notice("end", channel, trouble)

    def mark_told(self, notice: Notice, *, now: float) -> None:
        """Take down that a channel has got a notice."""
        if notice.kind == "end":
            del notice.trouble.told[notice.channel]
        else:
            notice.trouble.told[notice.channel] = now

    def forget_ended(self, *, now: float) -> None:
        """Drop what is over and told; nobody knows of what was over before it could be told."""
        self._troubles = [
            trouble
            for trouble in self._troubles
            if not trouble.closing or (trouble.told and now - trouble.closed_at < FORGET_AFTER)
        ]

    def _current(self, key: str) -> Trouble | None:
        matching = (entry for entry in self._troubles if entry.key == key and not entry.closing)
        return next(matching, None)

    def _close(self, trouble: Trouble, reason: str, now: float) -> None:
        trouble.is_open, trouble.closing, trouble.closed_at = False, reason, now

    def _notice(self, kind: str, channel: str, trouble: Trouble, suffix: str = "") -> Notice:
        identity = f"{trouble.key}-{trouble.since:.3f}-{kind}{suffix}"
        return Notice(identity=identity, kind=kind, channel=channel, trouble=trouble)
