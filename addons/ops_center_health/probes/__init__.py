"""Probes of what other programs serve, hundreds at a time in one thread, without Odoo.

Give `run` any number of `Target` and take a `Result` for each, or have a `Prober` do it beside you;
`AddressPolicy` keeps probes that strangers may define away from the inside. From a shell:
``python3 …/probes URL…``.
"""

from .address_policy import AddressPolicy
from .dns_target import DnsExpectation
from .engine import run
from .http_expectation import HttpExpectation
from .http_request import HttpRequest
from .odoo_target import OdooAccess, OdooExpectation
from .postgresql_target import PostgresqlExpectation
from .prober import Prober
from .result import Result
from .target import Target

__all__ = [
    "AddressPolicy",
    "DnsExpectation",
    "HttpExpectation",
    "HttpRequest",
    "OdooAccess",
    "OdooExpectation",
    "PostgresqlExpectation",
    "Prober",
    "Result",
    "Target",
    "run",
]
