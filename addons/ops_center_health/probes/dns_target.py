"""What only targets of the kind ``dns`` have."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote

RECORD_TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")


@dataclass(frozen=True)
class DnsQuestion:
    """What is asked for, both as they go over the wire."""

    name: str
    record_type: str


@dataclass(frozen=True)
class DnsExpectation:
    """What an answer must hold to count as good; any answer does if nothing is named.

    :param values: records as zone files write them, without quotes: ``192.0.2.1``,
        ``10 mail.example.com``
    :param all_of_them: whether every value must be there, instead of one; others may be there too
    """

    values: tuple[str, ...] = ()
    all_of_them: bool = True


def parse_question(parts: SplitResult) -> DnsQuestion:
    """Read an address such as ``dns://server/name?type=MX`` (RFC 4501, without its classes).

    Raises ValueError, in words that can be shown to a user, when it cannot be read.
    """
    record_type = parse_qs(parts.query).get("type", ["A"])[0].upper()
    if record_type not in RECORD_TYPES:
        raise ValueError(
            f"{record_type!r} is not a type of records that can be asked for."
            f" Use one of {', '.join(RECORD_TYPES)}."
        )
    try:
        name = unquote(parts.path).strip("/").encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("The name that is asked for cannot be read: check its dots.") from error
    if not name or "/" in name:
        raise ValueError("Name what is asked for, such as example.com: dns://server/example.com")
    return DnsQuestion(name, record_type)
