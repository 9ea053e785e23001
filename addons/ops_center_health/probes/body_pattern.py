"""Regular expressions that cannot be made to take long."""

from functools import lru_cache

import re2

MAX_PATTERN = 200  # characters
MAX_MEMORY = 1024 * 1024  # bytes of a compiled pattern and of the states of its search


@lru_cache
def compile_pattern(text: str) -> object:
    """Compile a regular expression for bytes that hold UTF-8.

    RE2 searches in time that grows with the text alone, whatever the pattern: there is nothing to
    interrupt. It has no look-around and no references back, which are what takes others so long.
    Syntax: https://github.com/google/re2/wiki/Syntax

    Raises ValueError, in words that can be shown to a user, when it cannot be used.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(
            f"The regular expression is longer than {MAX_PATTERN} characters: shorten it."
        )
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        [reason] = error.args
        raise ValueError(
            f"The regular expression cannot be read: {reason.decode()}. Look-around and references"
            " back are not available."
        ) from error
