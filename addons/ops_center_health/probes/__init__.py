"""Probes of what other programs serve, hundreds at a time in one thread, without Odoo.

Give `run` any number of `Target` and take a `Result` for each; `AddressPolicy` keeps probes that
strangers may define away from the inside. From a shell: ``python3 …/probes URL…``.
"""

from .address_policy import AddressPolicy
from .engine import run
from .result import Result
from .target import Target

__all__ = ["AddressPolicy", "Result", "Target", "run"]
