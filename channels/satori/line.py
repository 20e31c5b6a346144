"""The line to the server over which it tells what happens, and the place on it.

An event counts as heard once it is journalled: what was given out and not confirmed by the next call's mark (the
server's number of the last event, and ours of what was given out, since servers may leave theirs out) is given out
again, and a line that broke is opened anew from the mark, so that the server repeats what came meanwhile. At first,
and after the hub was down, nobody knows the place: then everything the server still has is asked for, since the journal
knows what it has had. How long a server remembers is its own setting.

Source: satori.chat/zh-CN/protocol/events.html#websocket
"""

import asyncio
from collections.abc import Callable

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

from channels.satori.client import ONLINE, status_of
from channels.satori.config import SatoriConfig
from channels.satori.payloads import account_of, account_of_login, read
from channels.satori.webhook import of_event
from channels.trees import Malformed, Tree, part
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.abilities import Heard
from scrm.ports.channel import VerifiedRequest

LISTEN_SECONDS = 25.0
# The protocol asks for a sign of life every ten seconds, and for the first word within as many.
PING_SECONDS = 8.0
READY_SECONDS = 10.0
SILENT_SECONDS = 30.0
# More of what has already come is waited for no longer than this.
DRAIN_SECONDS = 0.005
BATCH = 100
# A message with a film in it; a longer one ends the line.
MAX_FRAME = 64 * 1024 * 1024
EVENT, PING, IDENTIFY, READY = 0, 1, 3, 4
# Closing codes of an application, by which servers refuse a token.
REFUSALS = range(3000, 5000)


class _Signal(Record, kw_only=True):
    op: int
    body: msgspec.Raw = msgspec.Raw(b"{}")


_signals = msgspec.json.Decoder(_Signal)


class Line:
    def __init__(
        self,
        config: SatoriConfig,
        session: ClientSession,
        clock: Clock,
        concerns: Callable[[VerifiedRequest], bool],
        *,
        listen_seconds: float = LISTEN_SECONDS,
    ) -> None:
        """concerns: whether an event is worth journalling; a server tells what all its accounts hear, in all groups."""
        self._config = config
        self._session = session
        self._clock = clock
        self._concerns = concerns
        self._listen_seconds = listen_seconds
        self._socket: ClientWebSocketResponse | None = None
        self._given: Heard | None = None
        self._count = 0
        self._trouble: SendError | None = None
        self._too_long = False
        self._signed_out = -1
        self._heard_at = self._pinged_at = 0.0

    async def hear(self, mark: str) -> Heard:
        """Raises SendError."""
        if self._given is not None and self._given.mark != mark:
            return self._given
        self._given = None
        place = mark.partition(".")[0]
        try:
            if self._trouble is not None:
                raise self._trouble
            if self._socket is None:
                self._socket = await self._opened(place)
            requests, place = await self._wait(self._socket, place)
        except BaseException as error:
            self.close()
            if isinstance(error, (ClientError, OSError, TimeoutError)):
                raise _broken(type(error).__name__) from None
            raise
        self._count += bool(requests)
        heard = Heard(requests=requests, mark=f"{place}.{self._count}")
        self._given = heard if requests else None
        return heard

    def close(self) -> None:
        """Without a word to the server, which notices: the hub closes lines where nothing can be waited for."""
        socket, self._socket, self._trouble = self._socket, None, None
        if socket is not None:
            socket._response.close()  # aiohttp has no other way that need not be awaited

    # Opening

    async def _opened(self, place: str) -> ClientWebSocketResponse:
        config = self._config
        headers = {"Authorization": f"Bearer {config.token}"} if config.token else {}
        socket: ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(READY_SECONDS):
                socket = await self._session.ws_connect(
                    f"ws{config.address.removeprefix('http')}/v1/events",
                    headers=headers,
                    max_msg_size=MAX_FRAME,
                    timeout=ClientWSTimeout(ws_close=1.0),
                )
                await socket.send_str(_signal(IDENTIFY, self._identity(place)))
                await self._ready(socket)
        except BaseException as error:
            if socket is not None:
                socket._response.close()
            if isinstance(error, WSServerHandshakeError):
                raise _shut(error.status) from None
            raise
        self._too_long = False
        self._heard_at = self._pinged_at = _now()
        return socket

    def _identity(self, place: str) -> dict[str, object]:
        """The protocol's `sn`, which no server takes for missing when it is 1; `sequence` is what it was called before,
        which one widespread server still reads."""
        body: dict[str, object] = {"token": self._config.token} if self._config.token else {}
        if not self._too_long:
            body |= {"sn": int(place or 0) or 1, "sequence": int(place or 0)}
        return body

    async def _ready(self, socket: ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                code = socket.close_code or 0
                if code in REFUSALS:
                    raise SendError(SendErrorCode.CREDENTIALS_REFUSED, platform_code=f"closed {code}")
                raise _broken(f"closed {code}")
            signal = _read(message)
            if signal is not None and signal.op == READY:
                self._check_logins(_tree(signal.body).get("logins"))
                return

    def _check_logins(self, logins: object) -> None:
        """Whether the server has our account, and can use it now. Raises SendError."""
        if not isinstance(logins, list):
            return
        known = [each for each in logins if isinstance(each, dict)]
        account = (self._config.platform, self._config.self_id)
        ours = next((each for each in known if account_of_login(each) == account), None)
        if ours is None:
            others = ", ".join(" ".join(account_of_login(each)) for each in known[:10])
            raise SendError(
                SendErrorCode.NOT_PERMITTED, detail=f"the server has no such account; it has: {others[:300] or 'none'}"
            )
        if status_of(ours) not in (ONLINE, None):
            raise _offline()

    # Hearing

    async def _wait(self, socket: ClientWebSocketResponse, place: str) -> tuple[tuple[VerifiedRequest, ...], str]:
        """Until something came or the time is over; what came with it too, and the place after it."""
        ends = _now() + self._listen_seconds
        requests: list[VerifiedRequest] = []
        while len(requests) < BATCH and self._trouble is None:
            now = _now()
            if now - self._heard_at > SILENT_SECONDS:
                raise _broken("silent")
            if now - self._pinged_at >= PING_SECONDS:
                self._pinged_at = now
                await socket.send_str(_signal(PING, {}))
            wait = DRAIN_SECONDS if requests else min(ends, self._pinged_at + PING_SECONDS) - now
            if wait <= 0:
                break
            try:
                message = await socket.receive(timeout=wait)
            except TimeoutError:
                if requests or _now() >= ends:
                    break
                continue
            self._heard_at = _now()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                self._trouble = self._ended(socket)
                break
            signal = _read(message)
            if signal is not None and signal.op == EVENT:
                place = self._event(bytes(signal.body), requests) or place
        if self._trouble is not None and not requests:
            raise self._trouble
        return tuple(requests), place

    def _event(self, body: bytes, requests: list[VerifiedRequest]) -> str:
        """Its place on the line, "" where it says none."""
        request = of_event(body, self._clock.now())
        if self._concerns(request):
            requests.append(request)
        try:
            tree = read(body)
        except Malformed:
            return ""
        found = tree.get("sn", tree.get("id"))
        number = found if type(found) is int and 0 <= found < 2**63 else None
        if tree["type"] in ("login-updated", "login-removed"):
            self._account_changed(tree, number or 0)
            return ""
        return "" if number is None else str(number)

    def _account_changed(self, tree: Tree, number: int) -> None:
        """Ours may have signed out. Said once of one number: a server that repeats it after the line was opened anew
        tells nothing that is so now."""
        if account_of(tree) != (self._config.platform, self._config.self_id) or number <= self._signed_out:
            return
        if tree["type"] == "login-removed" or status_of(part(tree, "login")) not in (ONLINE, None):
            self._signed_out = number
            self._trouble = _offline()

    def _ended(self, socket: ClientWebSocketResponse) -> SendError:
        self._too_long = socket.close_code == 1009
        return _broken(f"closed {socket.close_code or 0}")


def _read(message: WSMessage) -> _Signal | None:
    """None for what is no signal."""
    if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
        return None
    try:
        return _signals.decode(message.data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _tree(body: msgspec.Raw) -> Tree:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _signal(op: int, body: dict[str, object]) -> str:
    return msgspec.json.encode({"op": op, "body": body}).decode()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _shut(status: int) -> SendError:
    if status in (401, 403):
        return SendError(SendErrorCode.CREDENTIALS_REFUSED, platform_code=f"HTTP {status}")
    if status < 500:
        return SendError(
            SendErrorCode.NOT_PERMITTED, platform_code=f"HTTP {status}", detail="no line for events at this address"
        )
    return SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, platform_code=f"HTTP {status}")


def _broken(why: str) -> SendError:
    return SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=f"the line to the server broke: {why}")


def _offline() -> SendError:
    return SendError(SendErrorCode.UNREACHABLE, retryable=True, detail="the account is offline at the Satori server")
