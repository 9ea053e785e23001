"""One object of the configuration, read with messages that name the place."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..address_policy import AddressPolicy

PAIR = 2
Built = TypeVar("Built")


class ConfigurationError(ValueError):
    """The configuration can't be used; the message says in one line what to mend."""


class Section:
    """One object of the configuration, which knows its own place for the messages."""

    def __init__(self, content: Any, path: str = "") -> None:
        if not isinstance(content, dict):
            raise ConfigurationError(f'"{path}" of the configuration must be an object.')
        self._content = content
        self._path = path

    def wrong(self, name: str, what: str) -> ConfigurationError:
        """Return the error to raise over the value of this name."""
        return ConfigurationError(f'"{self._place(name)}" of the configuration {what}.')

    def _place(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _value(self, name: str, kinds: tuple[type, ...], default: Any, word: str) -> Any:
        value = self._content.get(name, default)
        right = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if (value is not default and not right) or value is None:
            raise self.wrong(name, f"must be {word}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        return self._value(name, (str,), default, "a text")

    def flag(self, name: str, default: bool) -> bool:
        return self._value(name, (bool,), default, "true or false")

    def number(
        self, name: str, default: float | None, lowest: float, highest: float = math.inf
    ) -> float:
        word = f"a number from {lowest:g}" + (f" to {highest:g}" if highest < math.inf else "")
        value = self._value(name, (int, float), default, word)
        if not lowest <= value <= highest:
            raise self.wrong(name, f"must be {word}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(choices)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._value(name, (list,), [], "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "must be a list of texts")
        return tuple(values)

    def headers(self, name: str) -> tuple[tuple[str, str], ...]:
        values = self._value(name, (list,), [], "a list")
        if not all(_is_header(value) for value in values):
            raise self.wrong(name, "must be a list of names with their values")
        return tuple((header, value) for header, value in values)

    def url(self, name: str) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise self.wrong(name, "must be an address that begins with http:// or https://")
        return value

    def section(self, name: str, required: bool = False) -> "Section | None":
        value = self._content.get(name)
        if value is None and not required:
            return None
        return Section(value, self._place(name))

    def sections(self, name: str) -> Iterator["Section"]:
        values = self._value(name, (list,), [], "a list")
        for number, value in enumerate(values):
            yield Section(value, f"{self._place(name)}[{number}]")

    def build(self, kind: Callable[..., Built], /, **values: Any) -> Built:
        try:
            return kind(**values)
        except ValueError as error:
            raise ConfigurationError(
                f'"{self._path}" of the configuration can\'t be probed. {error}'
            ) from error

    def policy(self, name: str) -> AddressPolicy:
        try:
            return AddressPolicy(self.texts(name))
        except ValueError as error:
            raise self.wrong(name, f"must be a list of networks: {error}") from error

    def optional(self, readers: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that are there, so that others keep their defaults."""
        there = [name for name in readers if self._content.get(name) is not None]
        return {name: readers[name](name) for name in there}


def _is_header(value: Any) -> bool:
    return isinstance(value, list) and len(value) == PAIR and all(map(_is_text, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
