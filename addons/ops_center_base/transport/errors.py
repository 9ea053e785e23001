"""What can go wrong while talking to an API, told apart by what the caller should do next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 86_400.0  # seconds: who asks for more than a day is mistaken


class TransportError(Exception):
    """A request that did not end with a usable answer.

    :param kind: ``address`` (refused by the address policy), ``dns``, ``connect``, ``tls``,
        ``timeout``, ``interrupted`` (the connection broke), ``redirect``, ``too_large``,
        ``protocol`` (not the agreed format), ``unauthorized`` (401, 403), ``not_found`` (404,
        410), ``rate_limited`` (429), ``rejected`` (other 4xx) or ``server`` (5xx)
    :param message: one sentence, without secrets
    :param status: HTTP status code, if there was an answer
    :param retry_after: seconds to wait before the next try, if the server said so
    :param outcome_unknown: the request may have been carried out: look before repeating it
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
    ):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, None if absent or malformed.

    It holds seconds or a date (RFC 9110, 10.2.3). A date is compared with the server's own
    `Date`, so that a clock that is wrong on either side does no harm.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RETRY_AFTER)
    moment = _parse_date(value)
    if moment is None:
        return None
    now = _parse_date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _parse_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
