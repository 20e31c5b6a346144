"""The line over which Slack tells what happens to hubs that have no address of their own (Socket Mode).

Slack is told that it may forget an event once the event is in the journal. What was given out and not journalled is
given out again; what was not acknowledged before a line broke Slack brings again over the next, and the journal knows
what it has had. Slack renews lines every few hours, and says so before: then the next one is opened at once.

Source: docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMessage,
    WSMsgType,
    WSServerHandshakeError,
)
from yarl import URL

from channels.slack.client import SlackClient
from channels.slack.webhook import of_event
from channels.trees import text
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.abilities import Heard
from scrm.ports.channel import VerifiedRequest

LISTEN_SECONDS = 25.0
READY_SECONDS = 10.0
# Both sides ask whether the other still lives.
HEARTBEAT_SECONDS = 20.0
# More of what has already come is waited for no longer than this.
DRAIN_SECONDS = 0.005
BATCH = 100
MAX_FRAME = 4 * 1024 * 1024
MAX_ENVELOPE = 200
ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
SWITCHED_OFF = "Socket Mode is switched off in the app's settings"


class _Envelope(Record, kw_only=True):
    """What Slack sends over a line. payload: of an event, what it would have pushed."""

    type: str
    envelope_id: str = ""
    reason: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


_envelopes = msgspec.json.Decoder(_Envelope)


class Line:
    def __init__(
        self,
        client: SlackClient,
        session: ClientSession,
        clock: Clock,
        concerns: Callable[[VerifiedRequest], bool],
        *,
        listen_seconds: float = LISTEN_SECONDS,
    ) -> None:
        """concerns: whether an event is worth journalling; Slack tells what is said in channels by everybody."""
        self._client = client
        self._session = session
        self._clock = clock
        self._concerns = concerns
        self._listen_seconds = listen_seconds
        self._socket: ClientWebSocketResponse | None = None
        self._given: Heard | None = None
        self._count = 0
        self._renew = False
        self._trouble: SendError | None = None
        self._unsettled: dict[str, list[str]] = {}  # envelopes, by the key of what was in them

    async def hear(self, mark: str) -> Heard:
        """Raises SendError."""
        if self._given is not None and self._given.mark != mark:
            return self._given
        self._given = None
        try:
            if self._trouble is not None:
                raise self._trouble
            if self._socket is None or self._renew:
                self._hang_up()
                self._socket = await self._opened()
            requests = await self._wait(self._socket)
        except BaseException as error:
            self.close()
            if isinstance(error, (ClientError, OSError, TimeoutError)):
                raise _broken(type(error).__name__) from None
            raise
        self._count += bool(requests)
        heard = Heard(requests=requests, mark=str(self._count))
        self._given = heard if requests else None
        return heard

    async def settle(self, requests: Sequence[VerifiedRequest]) -> None:
        """They are journalled: Slack may forget them. Where the line broke since, Slack brings them again. Raises
        SendError."""
        for request in requests:
            for envelope in self._unsettled.pop(request.dedupe_key, ()):
                await self._acknowledge(envelope)

    def close(self) -> None:
        """Without a word to Slack, which notices: the hub closes lines where nothing can be waited for."""
        self._trouble = None
        self._hang_up()

    def _hang_up(self) -> None:
        socket, self._socket, self._renew = self._socket, None, False
        self._unsettled.clear()  # they count on their own line only
        if socket is not None:
            socket._response.close()  # aiohttp has no other way that need not be awaited

    # Opening

    async def _opened(self) -> ClientWebSocketResponse:
        address = await self._client.open_line()
        socket: ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(READY_SECONDS):
                socket = await self._session.ws_connect(
                    URL(address, encoded=True),
                    max_msg_size=MAX_FRAME,
                    heartbeat=HEARTBEAT_SECONDS,
                    timeout=ClientWSTimeout(ws_close=1.0),
                )
                await self._ready(socket)
        except BaseException as error:
            if socket is not None:
                socket._response.close()
            if isinstance(error, WSServerHandshakeError):  # its text holds the address, and the address a ticket
                raise _broken(f"HTTP {error.status}") from None
            raise
        return socket

    async def _ready(self, socket: ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if message.type in ENDED:
                raise _broken(f"closed {socket.close_code or 0}")
            envelope = _read(message)
            if envelope is None:
                continue
            if envelope.type == "hello":
                return
            if envelope.type == "disconnect":
                raise _left(envelope.reason)

    # Hearing

    async def _wait(self, socket: ClientWebSocketResponse) -> tuple[VerifiedRequest, ...]:
        """Until something came, the line is to be renewed, or the time is over."""
        ends = _now() + self._listen_seconds
        requests: list[VerifiedRequest] = []
        while len(requests) < BATCH and self._trouble is None and not self._renew:
            wait = DRAIN_SECONDS if requests else ends - _now()
            if wait <= 0:
                break
            try:
                message = await socket.receive(timeout=wait)
            except TimeoutError:
                break
            if message.type in ENDED:
                self._trouble = _broken(f"closed {socket.close_code or 0}")
                break
            if (envelope := _read(message)) is not None:
                await self._take(envelope, requests)
        if self._trouble is not None and not requests:
            raise self._trouble
        return tuple(requests)

    async def _take(self, envelope: _Envelope, requests: list[VerifiedRequest]) -> None:
        if envelope.type == "disconnect":
            if envelope.reason == "link_disabled":
                self._trouble = _left(envelope.reason)
            else:
                self._renew = True
            return
        if not text(envelope.envelope_id, MAX_ENVELOPE):
            return
        request = of_event(bytes(envelope.payload), self._clock.now())
        if envelope.type != "events_api" or not self._concerns(request):
            await self._acknowledge(envelope.envelope_id)
            return
        waiting = self._unsettled.setdefault(request.dedupe_key, [])
        if not waiting:
            requests.append(request)
        waiting.append(envelope.envelope_id)

    async def _acknowledge(self, envelope: str) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            await socket.send_str(msgspec.json.encode({"envelope_id": envelope}).decode())
        except (ClientError, OSError, RuntimeError) as error:
            raise _broken(type(error).__name__) from None


def _read(message: WSMessage) -> _Envelope | None:
    """None for what is none."""
    if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
        return None
    try:
        return _envelopes.decode(message.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()


def _left(reason: str) -> SendError:
    if reason == "link_disabled":
        return SendError(SendErrorCode.NOT_PERMITTED, platform_code=reason, detail=SWITCHED_OFF)
    return _broken(text(reason, 40))


def _broken(why: str) -> SendError:
    return SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=f"the line to Slack broke: {why}")
