"""The one HTTP client for APIs of others: bounded in time, size and trust. Free of Odoo."""

from .addresses import is_http_url, is_metadata_address
from .client import HttpClient, Response
from .errors import TransportError
from .masking import mask
from .signature import sign

__all__ = [
    "HttpClient",
    "Response",
    "TransportError",
    "is_http_url",
    "is_metadata_address",
    "mask",
    "sign",
]
