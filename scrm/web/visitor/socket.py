"""A visitor's WebSocket: opened from an allowed page, known by the token in its first frame (never in the address), and
as cheap as it can be while nothing happens: one task reads, one writes, and no timer of its own."""

import asyncio

import msgspec
import structlog
from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from scrm.errors import HubError, NotSignedIn, StoreUnavailable, TooMany, Unavailable, WebhookError
from scrm.web.address import address_of
from scrm.web.context import CONTEXT
from scrm.web.metrics import METRICS
from scrm.web.problems import place as place_of
from scrm.web.visitor import passes
from scrm.web.visitor.door import DOOR, LIMITS, Visitor
from scrm.web.visitor.frames import Greeting, Hello, Place, Resume, Seen, Typing, decode, encode
from scrm.web.visitor.hall import CLOSED_PASS, VISITORS
from scrm.web.visitor.http import new_stream, standing
from scrm.web.visitor.origins import admitted
from scrm.web.visitor.stream import Stream

_LARGEST_FRAME = 8 * 1024
_GREETING = 10.0
# A page that takes nothing for so long is gone, whatever its TCP connection says.
_STUCK = 15.0
_CLOSING = 3.0
_HELLO = encode(Hello())
_BROKEN = (msgspec.MsgspecError, UnicodeError, RecursionError)
_log = structlog.get_logger("scrm.web.visitor")


async def socket(request: web.Request) -> web.StreamResponse:
    at = await admitted(request)
    request.app[LIMITS].take("session", "", address_of(request, request.app[CONTEXT]))
    await standing(request)
    line = web.WebSocketResponse(compress=False, max_msg_size=_LARGEST_FRAME, timeout=_CLOSING)
    if not line.can_prepare(request):
        raise web.HTTPUpgradeRequired()
    await line.prepare(request)
    greeting = await _greeting(line)
    if greeting is None:
        await line.close(code=WSCloseCode.POLICY_VIOLATION, message=b"say hello first")
        return line
    try:
        known_as = passes.unseal(at.site.secret, at.channel_id, greeting.token, request.app[CONTEXT].clock.now())
    except NotSignedIn:
        await line.close(code=CLOSED_PASS, message=b"ask for a session")
        return line
    await _Page(request, line, Visitor(at=at, known_as=known_as)).run(greeting.after)
    return line


async def _greeting(line: web.WebSocketResponse) -> Greeting | None:
    try:
        async with asyncio.timeout(_GREETING):
            message = await line.receive()
        frame = decode(message.data) if message.type is WSMsgType.TEXT else None
    except (TimeoutError, *_BROKEN):
        return None
    return frame if isinstance(frame, Greeting) else None


class _Page:
    """One socket from its greeting to its end."""

    __slots__ = ("_address", "_line", "_request", "_stream", "_visitor")

    def __init__(self, request: web.Request, line: web.WebSocketResponse, visitor: Visitor) -> None:
        self._request = request
        self._line = line
        self._visitor = visitor
        self._address = address_of(request, request.app[CONTEXT])
        self._stream: Stream = new_stream(visitor, self._address)

    async def run(self, after: Place | None) -> None:
        app, stream = self._request.app, self._stream
        try:
            contact_id = await app[DOOR].contact(self._visitor)
            app[VISITORS].join(stream, contact_id)
        except (TooMany, Unavailable, StoreUnavailable):
            await self._line.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"try again")
            return
        stream.offer("hello", _HELLO)
        writing = asyncio.create_task(self._write(), name="visitor write")
        try:
            await self._catch_up(after)
            await self._read()
        finally:
            app[METRICS].dropped.inc(stream.dropped)
            stream.end(WSCloseCode.OK, "")
            try:
                await writing
            finally:
                app[VISITORS].leave(stream)

    async def _read(self) -> None:
        stream, clock = self._stream, self._request.app[CONTEXT].clock
        while not stream.ended.done():
            message = await self._line.receive()
            if message.type is not WSMsgType.TEXT:
                return
            stream.heard_at = clock.monotonic()
            try:
                await self._hear(message.data)
            except _BROKEN:
                stream.end(WSCloseCode.INVALID_TEXT, "not a frame of this protocol")
            except (HubError, WebhookError, StoreUnavailable):
                # Nothing that a socket says is lost with it: what matters is said over HTTP, with an answer.
                continue

    async def _hear(self, text: str) -> None:
        limits, door = self._request.app[LIMITS], self._request.app[DOOR]
        address = self._address
        match decode(text):
            case Resume(after=after):
                limits.take("read", self._visitor.key, address)
                await self._catch_up(after)
            case Seen() as seen:
                limits.take("say", self._visitor.key, address)
                await door.seen(self._visitor, seen, self._stream.contact_id)
            case Typing():
                if not limits.wait("typing", self._visitor.key, address):
                    door.typing(self._stream.conversation or await door.newest(self._visitor))
            case _:
                pass

    async def _catch_up(self, after: Place | None) -> None:
        app = self._request.app
        try:
            await self._stream.catch_up(app[CONTEXT].stores, app[VISITORS].faces, after)
        except StoreUnavailable:
            self._stream.end(WSCloseCode.TRY_AGAIN_LATER, "the database is away")
        except Exception as error:
            _log.error("backlog failed", error=type(error).__name__, at=place_of(error))
            self._stream.end(WSCloseCode.INTERNAL_ERROR, "the history cannot be read")

    async def _write(self) -> None:
        """Until the stream is ended, by whomever: the hall's round, a shutdown, the reader. Then the socket ends too,
        which is what wakes the reader."""
        while (frame := await self._stream.next()) is not None:
            try:
                async with asyncio.timeout(_STUCK):
                    await self._line.send_frame(frame, WSMsgType.TEXT)
            except TimeoutError:
                return self._abort()
            except (ClientConnectionResetError, ConnectionError):
                break
        self._stream.end(WSCloseCode.OK, "")
        code, reason = self._stream.ended.result()
        try:
            async with asyncio.timeout(_CLOSING + 1):
                await self._line.close(code=code, message=reason.encode())
        except TimeoutError:
            self._abort()

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
