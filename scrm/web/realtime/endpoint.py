"""The socket itself: who may open it, what is read from it, how it ends."""

import asyncio
from contextlib import suppress

import msgspec
import structlog
from aiohttp import ClientConnectionResetError, WSCloseCode, WSMessage, WSMsgType, web

from scrm.clock import end_tasks
from scrm.errors import Forbidden, HubError, StoreUnavailable, Unavailable
from scrm.ids import ConversationId
from scrm.web.auth import Authenticator, Principal, same_origin
from scrm.web.context import WebContext
from scrm.web.endpoint import GATE, Call, Endpoint, Nothing, Raw
from scrm.web.masking import MASKING
from scrm.web.metrics import METRICS
from scrm.web.problems import place
from scrm.web.realtime.feed import Feed
from scrm.web.realtime.frames import Hello, Ping, Typing, Unwatch, WatchFrame, decode, encode
from scrm.web.realtime.hall import CLOSED_RESTART, CLOSED_SIGNED_OUT, HALL, Hall
from scrm.web.realtime.listener import Listener
from scrm.web.realtime.watch import Watch, as_it_is
from scrm.web.throttle import Throttle
from scrm.web.visitor.hall import VISITORS

# Protocol pings find a dead peer; our own, which a page can see, tell the page that the line lives.
_HEARTBEAT = 25.0
_LARGEST_FRAME = 8 * 1024
# A reader that takes nothing for so long is gone, whatever its TCP connection says.
_STUCK = 15.0
_CLOSING = 3.0
_STANDING = 10.0
_PING = encode(Ping())

FEED = web.AppKey("feed", Feed)
_log = structlog.get_logger("scrm.web.realtime")


async def realtime(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    request = call.request
    if call.who.session is not None and (
        "Origin" not in request.headers or not same_origin(request, call.context.public_url)
    ):
        raise Forbidden("this page may not listen")
    try:
        async with asyncio.timeout(_STANDING):
            await request.app[FEED].standing.wait()
    except TimeoutError:
        raise Unavailable("realtime is not running", retry_after=2) from None
    socket = web.WebSocketResponse(compress=False, heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_FRAME, timeout=_CLOSING)
    if not socket.can_prepare(request):
        raise web.HTTPUpgradeRequired()
    await socket.prepare(request)
    await Visit(request, socket, call.context, call.who, request.app[HALL], request.app[GATE].auth).run()
    return socket


class Visit:
    """One socket from its opening to its end."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        context: WebContext,
        who: Principal,
        hall: Hall,
        auth: Authenticator,
    ) -> None:
        self._request = request
        self._socket = socket
        self._context = context
        self._who = who
        self._hall = hall
        self._auth = auth
        self._listener = Listener(who)
        self._said = Throttle(context.clock, burst=60, interval=0.1, keys=1)
        self._typed = Throttle(context.clock, burst=1, interval=2.0, keys=100)
        self._backlog: asyncio.Task[None] | None = None

    async def run(self) -> None:
        self._listener.offer("hello", encode(Hello(agent_id=self._who.agent_id, server_time=self._context.clock.now())))
        self._hall.join(self._listener)
        ending = asyncio.create_task(self._end(), name="realtime end")
        tasks = [
            ending,
            asyncio.create_task(self._write(), name="realtime write"),
            asyncio.create_task(self._stay_known(), name="realtime session"),
        ]
        try:
            await self._read()
        finally:
            self._hall.leave(self._listener)
            self._request.app[METRICS].dropped.inc(self._listener.dropped)
            if self._listener.ended.done():
                # The peer should hear why; bounded by `_CLOSING`.
                await asyncio.gather(ending, return_exceptions=True)
            tasks += [self._backlog] if self._backlog else []
            await end_tasks(*tasks)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT or self._said.take(""):
                return self._listener.end(WSCloseCode.POLICY_VIOLATION, "text frames, and not too many")
            try:
                await self._hear(message)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                return self._listener.end(WSCloseCode.INVALID_TEXT, "not a frame of this protocol")
        return None

    async def _hear(self, message: "WSMessage") -> None:
        match decode(message.data):
            case WatchFrame(conversation_id=conversation_id, after_position=after):
                await self._stop_watching()
                masking = self._request.app[MASKING]
                show = masking.message if await masking.applies(self._who.role) else as_it_is
                watch = Watch(ConversationId(conversation_id), after, self._context.stores, self._listener, show)
                self._listener.watch = watch
                self._backlog = asyncio.create_task(self._catch_up(watch), name="realtime backlog")
            case Unwatch():
                await self._stop_watching()
            case Typing(conversation_id=conversation_id):
                if not self._typed.take(conversation_id):
                    await self._show_typing(ConversationId(conversation_id))
            case _:
                pass

    async def _show_typing(self, conversation_id: ConversationId) -> None:
        # Whether the customer sees it is not worth the line to the agent.
        with suppress(HubError, StoreUnavailable):
            await self._context.hub.typing(conversation_id)
            conversation = await self._context.stores.conversations.get(conversation_id)
            if conversation is not None:
                self._request.app[VISITORS].typing(conversation, self._who.agent_id)
        if self._who.agent_id:
            self._hall.typing(conversation_id, self._who.agent_id)

    async def _catch_up(self, watch: Watch) -> None:
        try:
            await watch.catch_up()
        except StoreUnavailable:
            # The screen asks again when it comes back.
            self._listener.end(WSCloseCode.TRY_AGAIN_LATER, "the database is away")
        except Exception as error:
            # A screen that waits for its backlog for ever is worse than one that connects again.
            _log.error("backlog failed", error=type(error).__name__, at=place(error))
            self._listener.end(WSCloseCode.INTERNAL_ERROR, "the backlog cannot be read")

    async def _stop_watching(self) -> None:
        self._listener.watch = None
        if self._backlog is not None:
            await end_tasks(self._backlog)
            self._backlog = None

    async def _write(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_HEARTBEAT):
                    frame = await self._listener.take()
            except TimeoutError:
                frame = _PING
            try:
                async with asyncio.timeout(_STUCK):
                    await self._socket.send_frame(frame, WSMsgType.TEXT)
            except TimeoutError:
                self._abort()
                return
            except (ClientConnectionResetError, ConnectionError):
                return

    async def _stay_known(self) -> None:
        """The socket lives no longer than what opened it."""
        while True:
            await self._context.clock.sleep(_HEARTBEAT)
            with suppress(StoreUnavailable):
                now = await self._auth.still(self._who)
                if now is None:
                    self._listener.end(CLOSED_SIGNED_OUT, "the session has ended")
                    return
                if now.role is not self._who.role:
                    self._listener.end(CLOSED_RESTART, "another role")
                    return

    async def _end(self) -> None:
        code, reason = await asyncio.shield(self._listener.ended)
        try:
            async with asyncio.timeout(_CLOSING + 1):
                await self._socket.close(code=code, message=reason.encode())
        except TimeoutError:
            self._abort()

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


ENDPOINTS = (
    Endpoint(
        method="GET", path="/realtime", handler=realtime, returns=Raw, statuses=(101,),
        summary="WebSocket: what changes, as it changes", tag="realtime",
    ),
)  # fmt: skip
