"""Network addresses of clients, as keys of what is counted for each."""

from ipaddress import IPv6Address, ip_address

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
