"""Logs of deployments, made fit to be kept and shown. Free of Odoo.

Colours stay (ECMA-48, SGR), every other control sequence goes: what moves a cursor or renames a
terminal has no business in a record. Secrets are masked line by line, private keys also where one
part of a log ends within them.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_LINE = 4000  # characters
CUT = "…"
KEY_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
KEY_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Sequences that end by a letter (CSI), those that end by BEL or ST (OSC, DCS …), and short ones.
SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]", re.MULTILINE
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


class Cleaned(NamedTuple):
    """A part of a log that may be kept.

    :param in_key: it ends within a private key, which the next part goes on with
    """

    text: str
    in_key: bool


def clean(text: str, mask: Callable[[str], str], in_key: bool = False) -> Cleaned:
    """Make a part of a log fit to be kept.

    :param text: whole lines
    :param mask: replaces what looks like a secret in a line
    :param in_key: the part before ended within a private key
    """
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
    lines = []
    for raw in text.split("\n"):
        # Progress bars write over a line again and again: its last state is what one sees.
        line = CONTROL.sub("", SEQUENCE.sub(_keep_colour, raw.rstrip("\r").rpartition("\r")[2]))
        if in_key:
            ended = KEY_END.search(line)
            if not ended:
                continue
            line, in_key = line[ended.end() :], False
        begun = KEY_BEGIN.search(line)
        if begun and not KEY_END.search(line, begun.end()):
            line, in_key = line[: begun.start()] + "***", True
        lines.append(mask(line[:MAX_LINE] + CUT if len(line) > MAX_LINE else line))
    return Cleaned("\n".join(lines), in_key)


def plain(text: str) -> str:
    """Return a log without its colours."""
    return COLOUR.sub("", text)


def _keep_colour(match: re.Match[str]) -> str:
    return match[0] if COLOUR.fullmatch(match[0]) else ""
