"""Checks written down as YAML: read, compared with those that there are, and written.

Free of Odoo. The format is described in docs/checks.md.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8  # lists and mappings in each other; a check needs three
MAX_INTEGER = 2**31 - 1  # that PostgreSQL stores
KEPT = "kept"  # stands for a secret
SCALARS = {"bool", "float", "int", "null", "str", "timestamp"}
IDENTITY = ("environment", "name")
INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
WORDS = {True: "true", False: "false"}
HEADER = "# Checks of Ops Center: apply them under Configuration > Checks as YAML.\n"


class Problem(NamedTuple):
    """What keeps a file from being applied: a sentence about a line, counted from 1."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.sentence}"


class CodeError(ValueError):
    """All that is wrong with a file."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Key:
    """What a key of a check may hold.

    :param kind: ``text``, ``integer``, ``number``, ``boolean``, ``choice``, ``secret``, or
        ``checks`` for a list of other checks
    :param default: what it means that the key is left out; secrets have none
    :param choices: what a choice is made from
    """

    kind: str
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A check as a file has it.

    :param line: where it begins
    :param values: by key, with the defaults of those that are left out, without secrets
    :param lines: where each key is that isn't left out
    """

    line: int
    environment: str
    name: str
    values: dict[str, Any]
    lines: Mapping[str, int]

    @property
    def identity(self) -> tuple[str, str]:
        return self.environment, self.name


@dataclass(frozen=True)
class Step:
    """What is to be done about an entry.

    :param action: ``create``, ``change`` or ``leave``
    :param values: to be written, by key
    :param before: what a change replaces, by key
    """

    action: str
    entry: Entry
    values: Mapping[str, Any]
    before: Mapping[str, Any]

    def __str__(self) -> str:
        """The values in words, one a line."""
        return "\n".join(
            f"{key}: {_shown(self.before[key])} → {_shown(value)}"
            if key in self.before
            else f"{key}: {_shown(value)}"
            for key, value in self.values.items()
        )


# === READ === #


def parse(text: str, keys: Mapping[str, Key]) -> list[Entry]:
    """Read the checks of a file.

    :param keys: of a check, besides its `IDENTITY`
    :raise CodeError: with all that is wrong
    """
    problems: list[Problem] = []
    read = [_entry(node, keys, problems) for node in _checks(_compose(text))]
    entries = [entry for entry in read if entry]
    problems += _doubles(entries)
    if problems:
        raise CodeError(problems)
    return entries


def _compose(text: str) -> yaml.Node | None:
    """The nodes of a file that is small, flat and without references."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise CodeError([Problem(1, "The file is larger than 256 KiB. Split it.")])
    depth = 0
    try:
        # Nothing is built of a file that would grow when it is.
        for event in yaml.parse(text, yaml.SafeLoader):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise CodeError(
                    [Problem(line, "References (& and *) aren't read. Write the value out.")]
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise CodeError([Problem(line, "Too many brackets or indents in each other.")])
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CodeError([Problem(line, "A character here can't be shown. Remove it.")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise CodeError([Problem(mark.line + 1, f"This is no YAML: {error.problem}.")]) from error


def _checks(root: yaml.Node | None) -> list[yaml.Node]:
    """The nodes of the checks."""
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise CodeError([Problem(1, "Begin with “checks:”, and list the checks below.")])
    for key, node in root.value:
        if key.value != "checks":
            sentence = f"“{_name(key)}” isn't known here. Only “checks” is."
            raise CodeError([Problem(_line(key), sentence)])
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            sentence = "List the checks below “checks:”, each beginning with a dash."
            raise CodeError([Problem(_line(key), sentence)])
    if len(root.value) > 1:
        raise CodeError([Problem(_line(root.value[1][0]), "“checks” is there already.")])
    return root.value[0][1].value


def _entry(node: yaml.Node, keys: Mapping[str, Key], problems: list[Problem]) -> Entry | None:
    """The check that a node describes; what is wrong with it is added to the problems."""
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(_line(node), "A check is a mapping, such as “name: Front page”."))
        return None
    faultless = len(problems)
    known = dict.fromkeys(IDENTITY, Key("text")) | keys
    values = {name: key.default for name, key in keys.items() if key.kind != "secret"}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        name = _name(key_node)
        try:
            if name not in known:
                raise ValueError(_unknown(name, known))
            if name in lines:
                raise ValueError(f"“{name}” is there already, in line {lines[name]}.")
            lines[name] = _line(key_node)
            value = _read(name, value_node, known[name])
        except ValueError as error:
            problems.append(Problem(_line(key_node), str(error)))
            continue
        if known[name].kind != "secret":
            values[name] = value
    if len(problems) > faultless:
        return None
    if missing := [name for name in IDENTITY if not values.get(name)]:
        problems.append(Problem(_line(node), f"The check needs “{missing[0]}”. Fill it in."))
        return None
    environment, title = (values.pop(name) for name in IDENTITY)
    return Entry(_line(node), environment, title, values, lines)


def _doubles(entries: Iterable[Entry]) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for entry in entries:
        if entry.identity not in first:
            first[entry.identity] = entry.line
            continue
        sentence = (
            f"“{entry.name}” in “{entry.environment}” is there already, in line"
            f" {first[entry.identity]}. Give one of them another name."
        )
        yield Problem(entry.line, sentence)


def _unknown(name: str, known: Mapping[str, Key]) -> str:
    if close := get_close_matches(name, known, 1):
        return f"“{name}” is no key of a check. Did you mean “{close[0]}”?"
    return f"“{name}” is no key of a check. Remove it, or see docs/checks.md for those there are."


def _read(name: str, node: yaml.Node, key: Key) -> Any:
    """The value of a key.

    :raise ValueError: a sentence, if it can't be one
    """
    if key.kind == "checks":
        return _read_checks(name, node)
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError(f"“{name}” takes a single value, no list and no mapping.")
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind not in SCALARS:
        raise ValueError(f"“{name}” has a tag. Remove it.")
    if kind == "null":
        return key.default if key.kind != "text" else ""
    return READERS[key.kind](name, node.value, kind, key)


def _read_text(name: str, value: str, _kind: str, _key: Key) -> str:
    # What looks like a number or a date is meant as it is written.
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"“{name}” holds a character that can't be stored. Remove it.")
    return value.strip("\n")


def _read_integer(name: str, value: str, kind: str, _key: Key) -> int:
    if kind == "int" and INTEGER.fullmatch(value) and abs(number := int(value)) <= MAX_INTEGER:
        return number
    raise ValueError(f"“{name}” must be a whole number, such as 60.")


def _read_number(name: str, value: str, kind: str, _key: Key) -> float:
    try:
        number = float(value) if kind in {"int", "float"} else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"“{name}” must be a number, such as 2.5.")
    return number


def _read_boolean(name: str, value: str, kind: str, _key: Key) -> bool:
    if kind != "bool":
        raise ValueError(f"“{name}” must be true or false.")
    return value.lower() in {"true", "yes", "on"}


def _read_choice(name: str, value: str, _kind: str, key: Key) -> str:
    if value not in key.choices:
        raise ValueError(f"“{name}” must be one of {', '.join(key.choices)}.")
    return value


def _read_secret(name: str, value: str, _kind: str, _key: Key) -> None:
    if value != KEPT:
        raise ValueError(
            f"“{name}” is a secret, which no file should hold. Write “{KEPT}”, and enter it in the"
            " form of the check."
        )


def _read_checks(name: str, node: yaml.Node) -> tuple[str, ...]:
    """How other checks are named, each once."""
    if node.tag == "tag:yaml.org,2002:null":
        return ()
    listed = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if isinstance(node, yaml.ScalarNode) or any(
        not isinstance(item, yaml.ScalarNode) or not item.value for item in listed
    ):
        raise ValueError(
            f"“{name}” takes a list of checks, by name; those of other environments such as"
            " “Shop / Production / Front page”."
        )
    return tuple(sorted({_read_text(name, item.value, "str", Key("text")) for item in listed}))


READERS = {
    "text": _read_text,
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "choice": _read_choice,
    "secret": _read_secret,
}


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _name(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else "…"


# === COMPARE === #


def reference(identity: tuple[str, str], environment: str) -> str:
    """How a check is named in the lists of one that is in an environment."""
    return identity[1] if identity[0] == environment else " / ".join(identity)


def referred(entry: Entry, known: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """The identities of checks by what the entry may call them; its own environment goes first."""
    known = list(known)
    names = {" / ".join(identity): identity for identity in known}
    return names | {each[1]: each for each in known if each[0] == entry.environment}


def members_first(steps: Iterable[Step]) -> list[Step]:
    """The steps, those about the members of a group before that about the group.

    :raise CodeError: for a group that is made of itself
    """
    steps = {step.entry.identity: step for step in steps}
    sorter = TopologicalSorter()
    for identity, step in steps.items():
        entry = step.entry
        called = referred(entry, steps)
        members = (called.get(name) for name in entry.values.get("members", ()))
        sorter.add(identity, *filter(None, members))
    try:
        return [steps[identity] for identity in sorter.static_order()]
    except CycleError as error:
        entry = steps[error.args[1][0]].entry
        sentence = f"“members” of “{entry.name}” leads back to itself. Take one of them out."
        raise CodeError([Problem(entry.lines["members"], sentence)]) from error


def plan(
    entries: Iterable[Entry], present: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[Step]:
    """What is to be done so that there is what a file says. Other checks are left alone.

    :param present: the values of the checks that there are, by identity
    """
    steps = []
    for entry in entries:
        if entry.identity not in present:
            steps.append(Step("create", entry, entry.values, {}))
            continue
        before = present[entry.identity]
        changed = {key: value for key, value in entry.values.items() if value != before.get(key)}
        action = "change" if changed else "leave"
        steps.append(Step(action, entry, changed, {key: before.get(key) for key in changed}))
    return steps


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "–"
    if isinstance(value, float):
        return f"{value:g}"
    return f"“{value}”" if isinstance(value, str) else str(value)


# === WRITE === #


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_number(dumper: yaml.SafeDumper, number: float) -> yaml.Node:
    whole = number.is_integer()
    tag = "tag:yaml.org,2002:int" if whole else "tag:yaml.org,2002:float"
    return dumper.represent_scalar(tag, str(int(number)) if whole else repr(number))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_number)


def dump(checks: Iterable[Mapping[str, Any]], keys: Mapping[str, Key]) -> str:
    """Write checks down, without what is as it is by default.

    :param checks: the values of each, with its identity; a secret is true if there is one
    """
    written = []
    for values in checks:
        lines = {name: values[name] for name in IDENTITY}
        for name, key in keys.items():
            if key.kind == "secret":
                if values[name]:
                    lines[name] = KEPT
            elif name in values and values[name] != key.default:
                lines[name] = values[name]
        written.append(lines)
    body = yaml.dump(
        {"checks": written}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return HEADER + body
