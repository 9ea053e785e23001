"""Which addresses probes may connect to, so that they cannot be turned against the inside.

A policy is asked about the address that is about to be connected to, on every hop: however the
address was spelled, and whatever a name resolved to a moment ago, does not matter.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

# Answered by clouds to whoever asks from inside; two of them are ordinary public addresses.
# Sources: AWS, Azure (wire server), Alibaba Cloud and Oracle Cloud documentation.
METADATA_SERVICES = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",
            "fe80::/10",
            "fd00:ec2::/32",
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
        ),
    )
)

# `is_global` of Python 3.11 holds these for public, although they lead inside or to many.
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "::/96",  # IPv4-compatible (RFC 4291, 2.5.5.1)
            "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
            "2001::/32",  # Teredo (RFC 4380)
            "3fff::/20",  # documentation (RFC 9637)
            "5f00::/16",  # segment routing (RFC 9602)
            "fec0::/10",  # site-local (RFC 3879)
        ),
    )
)

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


@dataclass(frozen=True)
class AddressPolicy:
    """Public addresses, and those of the listed networks; cloud metadata services never.

    :param networks: further allowed networks, such as ``10.1.0.0/16``; ValueError if malformed
    """

    networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _parsed(self.networks)

    def __call__(self, address: str) -> bool:
        """Tell whether a numeric address may be connected to."""
        return _may_connect(self.networks, address)


# The same addresses are asked about with each probe.
@lru_cache(maxsize=4096)
def _may_connect(networks: tuple[str, ...], address: str) -> bool:
    target = _unwrapped(ip_address(address))
    if _in_any(target, METADATA_SERVICES):
        return False
    return _in_any(target, _parsed(networks)) or _is_public(target)


def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, networks))


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address only wraps, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not _in_any(address, NOT_PUBLIC)


def _in_any(address: IPv4Address | IPv6Address, networks: tuple) -> bool:
    return any(address in network for network in networks)
