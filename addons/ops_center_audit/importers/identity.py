"""Names for problems that survive moved lines, other machines and newer versions.

An identity never holds what changes by itself: line, severity, wording of numbers. It is computed
once from the report and never from a field that a person can edit.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from .observation import PATH_LIMIT, Observation, plain

VERSION = "1"  # changes when the same result would get another identity

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+")
_DRIVE = re.compile(r"^/?[A-Za-z]:/")


def identity(observation: Observation) -> str:
    """Return the SHA-256 (64 hexadecimal characters) of what makes the problem this problem."""
    return _digest(
        VERSION,
        observation.rule,
        observation.path,
        snippet_digest(observation) or _NUMBER.sub("#", _squeezed(observation.message)),
    )


def snippet_digest(observation: Observation) -> str:
    """Return a digest of the code pointed at, blind to indentation, or "" without code."""
    snippet = _squeezed(observation.snippet)
    return snippet and _digest(snippet)


def content_digest(observation: Observation) -> str:
    """Return a digest of all that a finding shows, to tell whether its row must be written."""
    return _digest(*(str(getattr(observation, name)) for name in Observation.__slots__))


@lru_cache(maxsize=4096)
def normalised_path(uri: str, roots: tuple[str, ...] = ()) -> str:
    """Return a path relative to the sources: decoded, with slashes, below the longest of `roots`.

    Without a fitting root an absolute path only loses its leading slash or drive.
    """
    path = _local(uri)
    for root in sorted(map(_local, roots), key=len, reverse=True):
        if len(root) > 1 and path.startswith(root.rstrip("/") + "/"):
            path = path[len(root.rstrip("/")) :]
            break
    path = posixpath.normpath("/" + _DRIVE.sub("/", path)).lstrip("/")
    return path[-PATH_LIMIT:]


def _local(uri: str) -> str:
    text = plain(uri).replace("\\", "/")
    if text[:5].lower() == "file:":
        text = urlsplit(text).path
    return unquote(text)


def _squeezed(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
