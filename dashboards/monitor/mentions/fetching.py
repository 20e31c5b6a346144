"""Asks other people's servers, politely, and believes nothing they say.

Bounded: the whole of one look in seconds, an answer in bytes (unpacked), redirects in number. A name is resolved here
and each address it leads to is judged, at every redirect and at the moment of connecting, so that no name can lead a
look into the company's network (SSRF, DNS rebinding); a source marked as the company's own may go to private addresses
on its own host, never to link-local ones, where clouds keep their secrets.
"""

import asyncio
import socket
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import TracebackType
from urllib.parse import urljoin

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from scrm.model.base import Record
from scrm.model.mentions import FetchError

AGENT = "SCRM-mentions/1.0"
MOST_BYTES = 5 * 1024 * 1024
SECONDS = 20.0
MOST_REDIRECTS = 5
LONGEST_WAIT = 24 * 3600.0
_CHUNK = 64 * 1024
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"


class FetchFailed(Exception):
    """retry_after: seconds the server asked for."""

    def __init__(self, error: FetchError, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail[:200]
        self.retry_after = retry_after


class Limits(Record, kw_only=True):
    """seconds: of one request with its redirects. bytes: of an answer, unpacked."""

    seconds: float = SECONDS
    bytes: int = MOST_BYTES
    redirects: int = MOST_REDIRECTS


class Answer(Record, kw_only=True):
    """unchanged: nothing changed since `etag` or `last_modified`. url: where it came from in the end."""

    url: str
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False


class _Forbidden(OSError):
    """A name leads where it may not."""


class _Guarded(AbstractResolver):
    def __init__(self, *, own: bool) -> None:
        self._own = own
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found or any(not permitted(each["host"], own=self._own) for each in found):
            raise _Forbidden("private address")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def permitted(address: str, *, own: bool) -> bool:
    """Whether an address may be connected to. own: private ones too."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inner is not None:
            return permitted(str(inner), own=own)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_loopback):
        return False
    if str(ip) in ("100.100.100.200", "fd00:ec2::254"):  # metadata services outside the link-local range
        return False
    return ip.is_global or own


def _nat64(ip: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip.packed[:12] == bytes.fromhex("0064ff9b") + bytes(8) else None


class Fetcher:
    """Two sessions: one for the world, one that may reach private addresses. No cookies, no proxy from outside."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._sessions: dict[bool, ClientSession] = {}

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def get(
        self, url: str, *, own: bool = False, headers: Mapping[str, str] | None = None, etag: str = "",
        last_modified: str = "", limits: Limits | None = None, now: datetime | None = None,
    ) -> Answer:  # fmt: skip
        """Raises FetchFailed. headers: secret; sent to the first host only."""
        limits = limits or self.limits
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(url, own, headers or {}, etag, last_modified, limits, now)
        except TimeoutError:
            raise FetchFailed(FetchError.TIMEOUT, f"no whole answer within {limits.seconds:.0f} s") from None

    async def _follow(
        self,
        url: str,
        own: bool,
        headers: Mapping[str, str],
        etag: str,
        last_modified: str,
        limits: Limits,
        now: datetime | None,
    ) -> Answer:
        first = _place(url)
        for _ in range(limits.redirects + 1):
            place = _place(url)
            # What the administrator vouched for is this server, not whoever it points to.
            trusted = own and place == first
            _judge(place[1], own=trusted)
            asked = {"User-Agent": AGENT, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
            if place == first:
                asked |= headers
            if etag:
                asked["If-None-Match"] = etag
            if last_modified:
                asked["If-Modified-Since"] = last_modified
            try:
                async with self._session(trusted).get(url, headers=asked, allow_redirects=False) as response:
                    target = _redirect(response)
                    if target is None:
                        return await _answer(response, limits, now)
                    url = urljoin(url, target)
            except ClientPayloadError:
                raise FetchFailed(FetchError.CUT_SHORT, "the answer ended before its announced length") from None
            except ClientConnectorError as error:
                if isinstance(error.os_error, _Forbidden):
                    raise FetchFailed(FetchError.PRIVATE, place[1]) from None
                raise FetchFailed(FetchError.UNREACHABLE, type(error).__name__) from None
            except (ClientError, OSError, ValueError) as error:
                raise FetchFailed(FetchError.UNREACHABLE, type(error).__name__) from None
        raise FetchFailed(FetchError.REDIRECTS, f"more than {limits.redirects} redirects")

    def _session(self, own: bool) -> ClientSession:
        if own not in self._sessions:
            connector = TCPConnector(resolver=_Guarded(own=own), use_dns_cache=False, limit=8, force_close=True)
            self._sessions[own] = ClientSession(
                connector=connector,
                timeout=ClientTimeout(total=None, sock_connect=10),
                auto_decompress=False,
                cookie_jar=DummyCookieJar(),
                trust_env=False,
                max_line_size=16_384,
            )
        return self._sessions[own]


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are of one server. Raises FetchFailed."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str, int | None]:
    """As the one who connects reads it: "127。0。0。1" and "⑩.0.0.1" become addresses there, and pass no resolver."""
    try:
        parts = URL(url)
        host, port = parts.raw_host or "", parts.port
    except ValueError:
        raise FetchFailed(FetchError.ADDRESS, "not an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise FetchFailed(FetchError.ADDRESS, "only http and https addresses with a host")
    return parts.scheme, host, port


def _judge(host: str, *, own: bool) -> None:
    """An address given as such never passes a resolver. Raises FetchFailed."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        # 0x7f.1, 2130706433: what `inet_aton` takes for an address is one, and none that anybody needs.
        if host.replace(".", "").isdigit() or host.lower().startswith("0x"):
            raise FetchFailed(FetchError.ADDRESS, "an address written in an odd way") from None
        return
    if not permitted(host, own=own):
        raise FetchFailed(FetchError.PRIVATE, host)


def _redirect(response: ClientResponse) -> str | None:
    if response.status not in (301, 302, 303, 307, 308):
        return None
    return response.headers.get("Location", "")[:2_000]


async def _answer(response: ClientResponse, limits: Limits, now: datetime | None) -> Answer:
    status, url = response.status, str(response.url)
    if status == 304:
        return Answer(url=url, unchanged=True)
    if status >= 400:
        wait = retry_after(response.headers.get("Retry-After", ""), now or datetime.now(UTC))
        said = f"HTTP {status}"
        if status in (429, 503):
            raise FetchFailed(FetchError.BUSY, said, wait)
        if status in (404, 410):
            raise FetchFailed(FetchError.GONE, said)
        raise FetchFailed(FetchError.REFUSED if status < 500 else FetchError.BROKEN, said, wait)
    if response.content_length is not None and response.content_length > limits.bytes:
        raise _too_large(limits)
    return Answer(
        url=url,
        body=await _body(response, limits),
        content_type=response.headers.get("Content-Type", "")[:200],
        etag=response.headers.get("ETag", "")[:300],
        last_modified=response.headers.get("Last-Modified", "")[:100],
    )


async def _body(response: ClientResponse, limits: Limits) -> bytes:
    """Unpacked here, a bounded piece at a time: a small answer may claim to hold gigabytes."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise FetchFailed(FetchError.UNREADABLE, f"packed in a way nobody asked for: {coding[:20]}")
    body, unpack = bytearray(), None
    async for chunk in response.content.iter_chunked(_CHUNK):
        if coding not in ("identity", "") and unpack is None:
            # Some servers send raw deflate without zlib's head.
            raw = coding == "deflate" and chunk[0] & 0x0F != 8
            unpack = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)
        body += _unpacked(unpack, chunk, limits.bytes - len(body)) if unpack else chunk
        if len(body) > limits.bytes:
            raise _too_large(limits)
    if body[:2] == b"\x1f\x8b" and unpack is None:  # a page list kept as .xml.gz
        body = bytearray(_unpacked(zlib.decompressobj(zlib.MAX_WBITS | 32), bytes(body), limits.bytes))
        if len(body) > limits.bytes:
            raise _too_large(limits)
    return bytes(body)


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    """At most a byte more than there is room for."""
    try:
        return unpack.decompress(chunk, max(1, room + 1))
    except zlib.error:
        raise FetchFailed(FetchError.UNREADABLE, "the answer is not packed as it says") from None


def _too_large(limits: Limits) -> FetchFailed:
    return FetchFailed(FetchError.TOO_LARGE, f"more than {limits.bytes // 1024} KB")


def retry_after(written: str, now: datetime) -> float | None:
    """Seconds, or a date; at most a day. None: not said, or not in words anybody knows."""
    written = written.strip()[:60]
    if written.isdigit():
        return min(float(written[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT)
