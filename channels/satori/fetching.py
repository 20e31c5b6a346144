"""A customer's file, wherever a message says it lies: inside the message, on the Satori server, or on the platform's
own servers.

The server is asked first, through its proxy route: it knows what needs credentials. What it does not fetch for us is
fetched from where it lies if that is a public address or the server itself, which then sees no token of ours: a message
cannot make the hub look around in its own network, nor call the server's methods.

Source: satori.chat/zh-CN/advanced/resource.html
"""

import asyncio
import re
import socket
from base64 import b64decode
from binascii import Error as BadBase64
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from aiohttp import ClientError, ClientSession, InvalidURL, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from channels.satori.config import SatoriConfig
from channels.satori.transport import Transport, kept
from channels.transport import MEDIA_TIMEOUT
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import FetchedMedia, MediaRef

MAX_SOURCE = 48 * 1024
MAX_ADDRESS = 4096
MAX_REDIRECTS = 3
# What the proxy route answers with when it leaves a file to us.
NOT_FETCHED = ("400", "403", "404", "405", "501")
_SAFE = "/:@!$&'()*+,;=-._~"


class Fetching:
    def __init__(self, config: SatoriConfig, transport: Transport) -> None:
        self._transport = transport
        self._proxy = f"{config.address}/v1/proxy/"
        parts = urlsplit(config.address)
        self._own = f"{parts.scheme}://{parts.netloc}/"

    async def fetch(self, ref: MediaRef, limit: int) -> FetchedMedia:
        """Raises SendError."""
        source = ref.source
        if source.startswith("data:") and len(source) <= MAX_SOURCE:
            return _inline(source, limit, ref.media_type)
        if not source.startswith(("internal:", "http://", "https://")) or len(source) > MAX_ADDRESS:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no address that files are fetched from")
        if source.startswith(self._own):
            proxied = source.startswith(self._proxy) and ".." not in source
            return await self._transport.fetch(source, limit, ref.media_type, ours=proxied)
        try:
            return await self._transport.fetch(self._proxy + quote(source, safe=_SAFE), limit, ref.media_type)
        except SendError as error:
            if source.startswith("internal:") or error.platform_code.partition(" ")[0] not in NOT_FETCHED:
                raise
        return await _public(source, limit, ref.media_type)


def _inline(source: str, limit: int, media_type: str) -> FetchedMedia:
    head, _, written = source.partition(",")
    try:
        data = (
            b64decode(unquote_to_bytes(written), validate=True)
            if head.endswith(";base64")
            else unquote_to_bytes(written)
        )
    except (BadBase64, ValueError):
        data = b""
    if not data:
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the file inside the message is empty or broken")
    if len(data) > limit:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
    return FetchedMedia(data=data, media_type=media_type)


# From anywhere


async def _public(source: str, limit: int, media_type: str) -> FetchedMedia:
    """Every step of the way to a public address; no cookies, no credentials. Raises SendError."""
    connector = TCPConnector(resolver=_Guarded(), limit=4)
    try:
        async with ClientSession(connector=connector, timeout=MEDIA_TIMEOUT) as session:
            for _ in range(MAX_REDIRECTS + 1):
                _check(source)
                async with session.get(URL(source, encoded=True), allow_redirects=False) as response:
                    if response.status == 200:
                        return await kept(response, limit, media_type)
                    if not 300 <= response.status < 400:
                        break
                    source = urljoin(source, response.headers.get("Location", ""))
    except (InvalidURL, ValueError):
        raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no address that files are fetched from") from None
    except (TimeoutError, ClientError, OSError) as error:
        private = isinstance(error.__cause__, _Forbidden) or isinstance(error.__context__, _Forbidden)
        if private:
            raise _private() from None
        raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=type(error).__name__) from None
    raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")


def _check(source: str) -> None:
    """A name is checked when it is looked up; an address that is written out is not looked up. Raises SendError."""
    parts = urlsplit(source)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.:%\-]+", host):
        raise ValueError(source[:10])
    try:
        address = ip_address(host)
    except ValueError:
        if all(part.isdigit() or part.startswith("0x") for part in host.split(".")):
            raise _private() from None  # an address in one of its odd writings
        return
    if not permitted(address):
        raise _private()


def _private() -> SendError:
    return SendError(SendErrorCode.MEDIA_REFUSED, detail="the file lies at an address that is not public")


def permitted(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return permitted(inner)
    return address.is_global and not address.is_multicast and str(address) != "100.100.100.200"


class _Forbidden(OSError):
    """A name leads where it may not."""


class _Guarded(AbstractResolver):
    """Looks names up and lets no private address through; the connection goes to what was looked at here."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        results = [
            ResolveResult(
                hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, address in found
        ]
        if not results or not all(permitted(ip_address(each["host"].partition("%")[0])) for each in results):
            raise _Forbidden("not a public address")
        return results

    async def close(self) -> None:
        """Nothing is held."""
