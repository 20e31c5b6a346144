"""Where a request comes from, as limits count it: an address of the old kind, a customer's network of the new."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from scrm.web.context import WebContext

# Proxies between a browser and the hub, at the most.
MAX_HOPS = 5
# What providers give one customer, at the least (RFC 6177): whoever has it has 2^64 addresses.
NETWORK = 64


def address_of(request: web.Request, context: WebContext) -> str:
    """The nearest address that is no proxy of ours. A proxy may add a header beside the one the client wrote."""
    said = ",".join(request.headers.getall("X-Forwarded-For", ()))
    hops = [request.remote or "", *reversed(said.split(",")[-MAX_HOPS:])]
    for hop in hops:
        try:
            address = _plain(ip_address(hop.strip()))
        except ValueError:
            break
        if not any(address in network for network in context.trusted_proxies):
            return _counted(address)
    return request.remote or ""


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Sockets that serve both kinds show an old one inside a new one."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _counted(address: IPv4Address | IPv6Address) -> str:
    return str(address) if isinstance(address, IPv4Address) else str(ip_network((address, NETWORK), strict=False))
