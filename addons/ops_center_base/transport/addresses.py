"""Addresses that outgoing requests must not be tricked into visiting."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

# Clouds answer their machines' identity documents and credentials there. Sources: the
# documentation of AWS, Azure (wire server), Alibaba Cloud and Oracle Cloud.
METADATA_NETWORKS = [
    ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
    )
]
NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


def is_http_url(text: str) -> bool:
    """Tell whether a text is a complete address for a web browser or an HTTP client."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_metadata_address(address: str) -> bool:
    """Tell whether a numeric address is link-local or a cloud's metadata service."""
    target = _unwrapped(ip_address(address))
    return any(target in network for network in METADATA_NETWORKS)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address only wraps, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
