"""Network addresses of clients, as keys of what is counted for each."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV6_NETWORK_BITS = 64  # what one customer of a provider has


def client_network(address: str) -> str:
    """The address, and of IPv6 only its network: a client there has as many addresses as it likes.

    What is no address, such as the name of a socket, is returned as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> (128 - _IPV6_NETWORK_BITS) << (128 - _IPV6_NETWORK_BITS)))


def as_seen(networks: Iterable[IPv4Network | IPv6Network]) -> list[str]:
    """Networks as a server may see them: on a socket that is open for IPv6, too, 10.0.0.1 is ::ffff:10.0.0.1."""
    seen = []
    for network in networks:
        seen.append(str(network))
        if isinstance(network, IPv4Network):
            seen.append(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
    return seen
