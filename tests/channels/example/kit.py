"""The fixtures of the example in docs/adding-a-channel.md, and its platform: the smallest whole kit there is."""

import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from channels.simulating.faults import Faults
from channels.simulating.server import SimulatedServer
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType
from scrm.ports.channel import MediaRef, Sender, WebhookRequest
from tests.channels.conformance import (
    NOW,
    NOWHERE,
    Accepted,
    Challenged,
    CodeCase,
    Kit,
    Pair,
    Refused,
    SimulatorBench,
    Unreadable,
    pushed,
)
from tests.channels.example.page import EXAMPLE

SECRET = "s" * 40


def said(**changes: Any) -> bytes:
    whole = {"id": "7", "user": "u1", "text": "你好", "at": int(NOW.timestamp()), "name": "王芳"} | changes
    return json.dumps(whole, ensure_ascii=False).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET, **changes: Any) -> WebhookRequest:
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    return pushed(body, {"x-timestamp": timestamp, "x-signature": signature}, **changes)


class OwnApp(SimulatedServer[str]):
    """What the company would run, believing only what the hub signed."""

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.faults = Faults(self.happened, lambda fault: web.json_response({"error": str(fault.code)}))
        self._sent: list[str] = []

    @property
    def sent(self) -> Sequence[str]:
        return self._sent

    def add_routes(self, application: web.Application) -> None:
        application.router.add_post("/", self.faults.guarded(self._take))

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        wanted = EXAMPLE.signature(SECRET, request.headers["X-Timestamp"], body)
        if not hmac.compare_digest(request.headers["X-Signature"], wanted):
            return web.json_response({"error": "refused"})
        if "text" in (reply := json.loads(body)):
            self._sent.append(reply["text"])
        return web.json_response({"error": None})


class OwnBench(SimulatorBench[OwnApp]):
    sends = "/"

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType.TEXT, text) for text in self.simulator.sent]

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        raise NotImplementedError


class OwnKit(Kit):
    type_name = "app"
    challenged: Sequence[Challenged] = ()
    accepted = (
        Accepted(
            "text",
            signed(said()),
            {"external_id": "7", "content": "你好", "sent_at": NOW, "sender": Sender(handle="u1", name="王芳")},
        ),
        Accepted("of a clock that is ahead", signed(said(at=int(NOW.timestamp()) + 3600)), {"sent_at": NOW}),
    )
    refused = (
        Refused("forged", signed(said(), secret="x" * 40), WebhookRefusal.BAD_SIGNATURE),
        Refused("changed", pushed(said(text="别的"), dict(signed(said()).headers)), WebhookRefusal.BAD_SIGNATURE),
        Refused("unsigned", pushed(said(), {}), WebhookRefusal.BAD_SIGNATURE),
        Refused("old", signed(said(), NOW - timedelta(minutes=11)), WebhookRefusal.STALE),
        Refused("of tomorrow", signed(said(), NOW + timedelta(days=1)), WebhookRefusal.STALE),
        Refused("GET", signed(said(), method="GET"), WebhookRefusal.MALFORMED),
    )
    unreadable = (
        Unreadable("no id", signed(said(id=""))),
        Unreadable("a time that is none", signed(said(at=10**17))),
    )
    pairs = (
        Pair("tried again", signed(said()), signed(said(), NOW - timedelta(minutes=9)), True),
        Pair("the same words twice", signed(said()), signed(said(id="8")), False),
    )
    codes = (
        CodeCase("unknown_user", SendErrorCode.RECIPIENT_UNKNOWN),
        CodeCase("refused", SendErrorCode.CONTENT_REFUSED),
        CodeCase("busy", SendErrorCode.PLATFORM_BUSY, retryable=True),
        CodeCase("unheard_of", SendErrorCode.PLATFORM_ERROR),
    )
    corpus = (said(),)

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        return {"secret": SECRET, "address": f"{api_base}/"}

    def signed(self, body: bytes) -> WebhookRequest:
        return signed(body)

    def says(self, sender: str, text: str, at: datetime, number: int) -> WebhookRequest:
        body = said(id=str(number), user=sender, text=text, at=int(at.timestamp()))
        return signed(body, at, received_at=at)

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[OwnBench]:
        async with OwnApp(clock=clock) as simulator:
            yield OwnBench(simulator, simulator.url, "u1")
