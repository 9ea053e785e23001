"""What the answer of an HTTP target must look like, beyond its status and a text in it."""

from dataclasses import dataclass

from .body_pattern import compile_pattern
from .json_condition import JsonCondition


@dataclass(frozen=True)
class HttpExpectation:
    """Whatever is named must hold; nothing is by default.

    Raises ValueError, in words that can be shown to a user, when it can never hold.

    :param headers: names with a text that one such header must contain, case ignored; an empty
        text is in every header
    :param body_excludes: text that must not be in the body as far as it is read
    :param body_pattern: regular expression that must match somewhere in the body, see
        :func:`.body_pattern.compile_pattern`
    :param json: conditions that the body, a JSON text, must meet
    :param min_size: bytes of the decoded body
    :param max_size: bytes of the decoded body
    """

    headers: tuple[tuple[str, str], ...] = ()
    body_excludes: str = ""
    body_pattern: str = ""
    json: tuple[JsonCondition, ...] = ()
    min_size: int = 0
    max_size: int | None = None

    def __post_init__(self) -> None:
        if self.body_pattern:
            compile_pattern(self.body_pattern)
        if self.min_size < 0:
            raise ValueError("The smallest size must be 0 bytes or more.")
        if self.max_size is not None and self.max_size < self.min_size:
            raise ValueError("The largest size must not be below the smallest.")
