"""DNS: a name server answers, and what it should."""

from ipaddress import ip_address

import dns.exception
import dns.rcode
import dns.rdatatype
import dns.resolver

from .dns_target import parse_question
from .threaded import Fault, ThreadedProbe

OWN_RESOLVER = "the resolver of this machine"


class DnsProbe(ThreadedProbe):
    """Asks one name server, or those that this machine asks, and compares the records."""

    def _look(self, addresses: list[str]) -> None:
        question = parse_question(self.target.parts)
        facts = {
            "host": self.target.host or OWN_RESOLVER,
            "name": question.name,
            "record_type": question.record_type,
        }
        resolver = dns.resolver.Resolver(configure=not self.target.host)
        if self.target.host:
            resolver.nameservers = self._allowed(addresses)
            resolver.port = self.target.port
        self._enter("first_byte")
        try:
            answer = resolver.resolve(
                question.name,
                question.record_type,
                lifetime=max(0, self._seconds_left()),
                search=False,
                raise_on_no_answer=False,
            )
        except dns.resolver.NXDOMAIN as error:
            raise Fault("dns_nxdomain", **facts) from error
        except dns.resolver.LifetimeTimeout as error:
            raise Fault("timeout", **facts) from error
        except dns.resolver.NoNameservers as error:
            raise Fault("dns_failed", **facts, detail=_reason(error)) from error
        except dns.exception.DNSException as error:
            raise Fault("dns_failed", **facts, detail=error) from error
        self._address = answer.nameserver
        self._compare([_text(record) for record in answer.rrset or ()], facts)

    def _compare(self, records: list[str], facts: dict[str, str]) -> None:
        self._seen = "\n".join(records)
        if not records:
            raise Fault("dns_no_record", **facts)
        expected = self.target.dns
        wanted = [_normal(value) for value in expected.values]
        found = [value in map(_normal, records) for value in wanted]
        if wanted and not (all(found) if expected.all_of_them else any(found)):
            raise Fault(
                "dns_value",
                **facts,
                found=", ".join(records),
                expected=(", " if expected.all_of_them else " or ").join(expected.values),
            )


def _reason(error: dns.resolver.NoNameservers) -> str:
    """Why the last of the servers that were asked is of no use."""
    *_where, exception, response = error.kwargs["errors"][-1]
    return dns.rcode.to_text(response.rcode()) if response else str(exception)


def _text(record: dns.rdata.Rdata) -> str:
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text().rstrip(".")


def _normal(value: str) -> str:
    """A value as it is compared: upper case and the dot of the root mean nothing in names."""
    value = value.strip()
    try:
        return str(ip_address(value))
    except ValueError:
        return value.rstrip(".").lower()
