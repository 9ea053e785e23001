"""What a probe saw."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one probe. All texts that come from the target are plain, untrusted text.

    :param key: the target's
    :param verdict: ``up``, ``degraded`` (good but slow), ``down``, or ``unknown`` when the prober
        could not look and so the target must not be blamed
    :param message: one English sentence
    :param error: machine code of the sentence, a key of :data:`.messages.SENTENCES`;
        empty when the target is up
    :param status: the HTTP status, if an answer came
    :param latency_ms: milliseconds from the start to the end, name look-up included
    :param phases: milliseconds spent in ``dns``, ``connect``, ``tls``, ``first_byte`` (request
        sent until the answer begins) and ``transfer``, as far as the probe came, and ``total``;
        over all hops when redirects were followed
    :param address: the IP address that was connected to
    :param body: the first 4 KiB of the decoded body, or as much as the target wants
    :param headers: the first 4 KiB of those of the last answer, names in lower case, without
        cookies
    :param certificate: ``subject``, ``issuer``, ``names`` (list), ``not_before`` and ``not_after``
        (seconds since 1970, UTC; None if unreadable) of the server's own certificate, also when it
        was refused; its ``fingerprint`` (SHA-256); ``chain_subject`` and ``chain_not_after`` of
        whichever certificate of the chain expires first
    :param odoo: what an Odoo told of itself: ``version``, ``edition`` and ``selector``, as far as
        it did
    :param facts: what an Odoo told to whom it knows, see :mod:`.odoo_pull`; None if nobody asked
    :param started_at: seconds since 1970, UTC
    """

    key: Hashable
    verdict: str
    message: str
    error: str = ""
    status: int | None = None
    latency_ms: float = 0.0
    phases: Mapping[str, float] = field(default_factory=dict)
    address: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    certificate: Mapping | None = None
    odoo: Mapping[str, str] | None = None
    facts: Mapping | None = None
    started_at: float
