"""Secrets out of texts that are stored, shown or logged."""

import logging
import re

MASK = "***"

_SECRETS = (
    # PEM blocks of private keys, also when cut off
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        MASK,
    ),
    # headers that carry credentials
    (
        re.compile(
            r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token)?\s*)[^\s\"',;]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)((?:set-)?cookie[\"']?\s*:\s*).+"), rf"\1{MASK}"),
    # key=value and "key": "value"
    (
        re.compile(
            r"(?i)\b([\w.-]*(?:token|secret|passw(?:or)?d|passwd|api[_-]?key|private[_-]?key)"
            r"[\"']?\s*[:=]\s*[\"']?)(?!\*\*\*)[^\s\"'&,;}]+"
        ),
        rf"\1{MASK}",
    ),
    # user and password in addresses
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]+@"), rf"\1{MASK}@"),
    # tokens of GitHub and DigitalOcean, JSON web tokens
    (
        re.compile(
            r"\b(?:gh[a-z]_\w{16,}|github_pat_\w{16,}|do[a-z]_v1_[0-9a-f]{16,}"
            r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
        ),
        MASK,
    ),
)


def mask(text: str) -> str:
    """Return the text with everything that looks like a secret replaced."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class MaskingFilter(logging.Filter):
    """Masks the lines of the loggers that it is added to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), None
        return True
