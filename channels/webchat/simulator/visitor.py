"""A visitor without a browser: keeps the widget's promises over the hub's own door.

What is said is said again under the same id until the hub has taken it; what is missed while the line is down comes
after the place that was reached; what comes twice is one entry.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

PAUSE = 0.2
LONGEST_PAUSE = 5.0
# Refusals that trying again does not mend.
FINAL = frozenset({400, 403, 404, 409, 413, 415, 422})


class VisitorError(Exception):
    """The hub refused. status: HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class Visitor:
    """entries: what the page shows, by id. state: the newest conversation. origin: the site the page is on."""

    def __init__(
        self,
        session: ClientSession,
        hub: str,
        channel_id: str,
        *,
        origin: str = "self",
        identity: Mapping[str, object] | None = None,
        token: str | None = None,
        address: str | None = None,
    ) -> None:
        """address: whose the hub takes it for, where it trusts this machine as a proxy."""
        self.url = f"{hub.rstrip('/')}/visitor/{channel_id}"
        self.token = token
        self.identity = identity
        self.site: dict[str, Any] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] | None = None
        self.typing = 0
        self.place: dict[str, Any] | None = None
        self.before: dict[str, Any] | None = None
        self.connections = 0
        self._session = session
        self._headers = {"Origin": hub.rstrip("/") if origin == "self" else origin}
        if address is not None:
            self._headers["X-Forwarded-For"] = address
        self._changed = asyncio.Condition()
        self._following: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.enter()
        self._following = asyncio.create_task(self.follow(), name="visitor")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    # --- one request each -------------------------------------------------------------------------------------------

    async def enter(self) -> dict[str, Any]:
        """A session. Raises VisitorError, ClientError."""
        body = {"token": self.token, "identity": self.identity}
        view: dict[str, Any] = await self.call("POST", "/session", json=body, known=False)
        self.token = view["token"]
        self.site = view["site"]
        return view

    async def call(self, method: str, path: str, *, known: bool = True, **more: Any) -> Any:
        """The answer's JSON, or its bytes. Raises VisitorError, ClientError."""
        headers = {**self._headers, **more.pop("headers", {})}
        if known:
            headers["Authorization"] = f"Visitor {self.token}"
        async with self._session.request(method, self.url + path, headers=headers, **more) as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise VisitorError(answer.status, body.decode("utf-8", "replace")[:300])
            return json.loads(body) if answer.content_type == "application/json" else body

    async def say(self, text: str = "", *, message_id: str | None = None, **more: Any) -> str:
        """One try; the message's id."""
        message_id = message_id or new_id()
        await self.call("POST", "/say", json={"type": "message", "id": message_id, "text": text, **more})
        return message_id

    async def rate(self, score: int, comment: str = "") -> None:
        body = {"type": "rating", "occasion": (self.state or {})["occasion"], "score": score, "comment": comment}
        await self.call("POST", "/say", json=body)

    async def upload(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        headers = {"Content-Type": media_type, "X-File-Name": quote(name)}
        view: dict[str, Any] = await self.call("POST", "/files", data=data, headers=headers)
        return view

    async def poll(self, wait: float = 25.0) -> None:
        """One long poll, and what it brought."""
        query: dict[str, Any] = {"wait": wait, **(self.place or {})}
        for frame in await self.call("GET", "/events", params=query):
            await self.take(frame)

    async def earlier(self) -> int:
        """The page before what was read; how many entries it held."""
        if self.before is None:
            return 0
        view = await self.call("GET", "/past", params=self.before)
        self.before = view["before"]
        for entry in view["entries"]:
            await self.take({"type": "entry", "entry": entry})
        return len(view["entries"])

    # --- through a line that breaks ---------------------------------------------------------------------------------

    async def surely(self, text: str, **more: Any) -> str:
        """Say it until it is taken. Raises VisitorError where trying again does not help."""
        message_id, pause = new_id(), PAUSE
        while True:
            try:
                return await self.say(text, message_id=message_id, **more)
            except VisitorError as error:
                if error.status in FINAL:
                    raise
                if error.status == 401:
                    await self.enter()
            except (ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(pause * (0.5 + secrets.randbelow(100) / 100))
            pause = min(LONGEST_PAUSE, pause * 2)

    async def follow(self) -> None:
        """Listen for ever, whatever happens to the line."""
        pause = PAUSE
        while True:
            try:
                async with await self.socket() as socket:
                    pause = PAUSE
                    await self._listen(socket)
            except (ClientError, TimeoutError, OSError):
                pass
            except VisitorError as error:
                if error.status in FINAL:
                    raise
            await asyncio.sleep(pause * (0.5 + secrets.randbelow(100) / 100))
            pause = min(LONGEST_PAUSE, pause * 2)

    async def socket(self) -> ClientWebSocketResponse:
        """An open socket that has been greeted from here."""
        socket = await self._session.ws_connect(f"{self.url}/socket", headers=self._headers, max_msg_size=0)
        await socket.send_json({"type": "hello", "token": self.token, "after": self.place})
        self.connections += 1
        return socket

    async def _listen(self, socket: ClientWebSocketResponse) -> None:
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            frame = json.loads(message.data)
            await self.take(frame)
            if frame["type"] == "ping":
                await socket.send_json({"type": "pong"})
            elif frame["type"] == "reload":
                await socket.send_json({"type": "resume", "after": self.place})
            elif frame["type"] == "entry" and not frame["entry"]["mine"]:
                await socket.send_json({"type": "seen", "ids": [frame["entry"]["id"]], "read": True})
        # What was said; the socket's own code is another when the line is down before it could answer.
        if message.type is WSMsgType.CLOSE and message.data == 4401:
            await self.enter()

    async def take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "entry":
                entry = frame["entry"]
                known = self.entries.get(entry["id"])
                if known is None or known["revision"] <= entry["revision"]:
                    self.entries[entry["id"]] = entry
                self._reach({"conversation_id": entry["conversation_id"], "position": entry["position"]})
            case "state":
                self.state = frame
            case "typing":
                self.typing += 1
            case "caught_up":
                if frame["anew"]:
                    self.place = None
                self.before = frame["before"] or self.before
                if frame["place"] is not None:
                    self._reach(frame["place"])
        async with self._changed:
            self._changed.notify_all()

    def _reach(self, place: dict[str, Any]) -> None:
        here = self.place
        if here is None or _place(place) > _place(here):
            self.place = place

    # --- what the page shows ----------------------------------------------------------------------------------------

    @property
    def shown(self) -> list[dict[str, Any]]:
        return sorted(self.entries.values(), key=_order)

    @property
    def texts(self) -> list[str]:
        return [entry["text"] for entry in self.shown]

    async def wait_until(self, holds: Callable[[], bool], within: float = 60.0) -> None:
        """Raises TimeoutError when it does not come to hold within so many seconds."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(holds)


def new_id() -> str:
    return secrets.token_hex(16)


def _order(entry: Mapping[str, Any]) -> tuple[str, float]:
    return entry["conversation_id"], entry["rank"]


def _place(place: Mapping[str, Any]) -> tuple[str, int]:
    return place["conversation_id"], place["position"]
