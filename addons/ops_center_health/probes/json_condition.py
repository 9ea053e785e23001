"""Conditions on a value of a JSON text, such as ``$.status == "ok"``."""

import json
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

# A JSONPath that leads to one value at most (RFC 9535, 2.3.5.1, "singular queries"): the others may
# visit the square of what there is, or more.
STEP = re.compile(r"\.([\w-]+)|\[(-?\d{1,9})\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
COMPARISON = re.compile(r"\s*(==|!=|<=|>=|<|>)\s*(.+)")
COMPARE: dict[str, Callable[[object, object], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDERED = (float, str)
MAX_SHOWN = 80  # characters of a value


@dataclass(frozen=True)
class JsonCondition:
    """What must be at one place of a JSON text.

    :param text: the condition as it was written
    :param path: the names and indexes that lead to the place
    :param comparison: ``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``; empty if it is enough that
        there is something
    :param expected: what to compare with, as JSON has it
    """

    text: str
    path: tuple[str | int, ...]
    comparison: str = ""
    expected: object = None

    @classmethod
    def parse(cls, text: str) -> "JsonCondition":
        """Read a condition: a path, and what to compare with, as JSON writes it.

        Raises ValueError, in words that can be shown to a user, when it cannot be read.
        """
        text = text.strip()
        path, end = _parse_path(text)
        rest = text[end:]
        compared = COMPARISON.fullmatch(rest)
        try:
            if not text.startswith("$") or (rest and not compared):
                raise ValueError
            if not compared:
                return cls(text, path)
            return cls(text, path, compared[1], parse_json(compared[2]))
        except ValueError as error:
            raise ValueError(
                f"{text!r} is not a condition. Write a path and a value in JSON, for instance"
                ' $.status == "ok" or $.queue.length < 100.'
            ) from error

    def fault(self, document: object) -> str:
        """What `document` has at this place, as JSON writes it, if that is not as it must be."""
        try:
            found = self._find(document)
        except (KeyError, IndexError):
            return "nothing"
        return "" if self._holds(found) else _shown(found)

    def _find(self, value: object) -> object:
        for step in self.path:
            if not isinstance(value, dict if isinstance(step, str) else list):
                raise KeyError(step)
            value = value[step]
        return value

    def _holds(self, found: object) -> bool:
        if not self.comparison:
            return True
        comparable = _type(found) is _type(self.expected)
        equal = comparable and found == self.expected
        if self.comparison == "==":
            return equal
        if self.comparison == "!=":
            return not equal
        ordered = comparable and _type(found) in ORDERED
        return ordered and COMPARE[self.comparison](found, self.expected)


def parse_conditions(text: str) -> tuple[JsonCondition, ...]:
    """Read conditions, one a line; see :meth:`JsonCondition.parse`."""
    return tuple(map(JsonCondition.parse, filter(str.strip, text.splitlines())))


def parse_json(text: str | bytes) -> object:
    """Read a JSON text. Raises ValueError when it is none, or none that can be read."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _parse_path(text: str) -> tuple[tuple[str | int, ...], int]:
    """The steps of the path that a text begins with, and where it ends."""
    steps = []
    end = 1
    while step := STEP.match(text, end):
        name, index, *quoted = step.groups()
        steps.append(int(index) if index else name or quoted[0] or quoted[1] or "")
        end = step.end()
    return tuple(steps), end


def _type(value: object) -> type:
    """The JSON type: Python holds truth values for numbers, and has two kinds of these."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if is_number else type(value)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON knows no {constant}")
