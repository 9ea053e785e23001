"""Signatures of webhooks, in the form that GitHub made common."""

import hmac


def sign(secret: str, body: bytes) -> str:
    """Return ``sha256=<hex>``: the HMAC-SHA256 of the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
