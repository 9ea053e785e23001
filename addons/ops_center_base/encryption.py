"""Encryption of secrets at rest, with keys that never enter the database.

The keys are Fernet keys (32 random bytes, URL-safe base64), one a line in the file named by
``OPS_CENTER_KEY_FILE``, or separated by white space in ``OPS_CENTER_KEY``. The first one
encrypts, all of them decrypt: to rotate, put a new key on top.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class EncryptionError(Exception):
    """A secret can't be encrypted or decrypted.

    :param reason: ``no_key``, ``unreadable_file``, ``malformed_key`` or ``wrong_key``
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def encrypt(secret: str) -> str:
    """Return the Fernet token of a secret; raises EncryptionError."""
    return _cipher().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """Return the secret of a Fernet token; raises EncryptionError."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken:
        raise EncryptionError("wrong_key") from None


def _cipher() -> MultiFernet:
    keys = _read_keys().split()
    if not keys:
        raise EncryptionError("no_key")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise EncryptionError("malformed_key") from None


def _read_keys() -> str:
    if path := os.environ.get("OPS_CENTER_KEY_FILE"):
        try:
            return Path(path).read_text(encoding="ascii")
        except (OSError, UnicodeError):
            raise EncryptionError("unreadable_file") from None
    return os.environ.get("OPS_CENTER_KEY", "")
