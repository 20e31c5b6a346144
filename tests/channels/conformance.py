"""What every channel type must do: conditions here, a channel type's fixtures for them in its `Kit`.

`test_conformance.py` runs every condition over every kit of `kits.py`; a new channel type brings a kit and nothing
else. Times are relative to NOW, so that fixtures are plain values.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from scrm.clock import Clock, ManualClock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.ids import ChannelId, MessageId
from scrm.model.channel import Channel
from scrm.model.message import ContentType
from scrm.ports.channel import (
    AccessToken,
    ChannelAdapter,
    ChannelContext,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    VerifiedRequest,
    WebhookRequest,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

# What arrives at the webhook, or, already verified, what was fetched from the platform.
Arrived = WebhookRequest | VerifiedRequest


@dataclass(frozen=True)
class Challenged:
    name: str
    request: WebhookRequest
    reply: bytes


@dataclass(frozen=True)
class Accepted:
    """event: attributes of the one event that comes of it; for dictionaries, the items that must be among them."""

    name: str
    request: Arrived
    event: dict[str, Any]


@dataclass(frozen=True)
class Refused:
    name: str
    request: WebhookRequest
    refusal: WebhookRefusal


@dataclass(frozen=True)
class Unreadable:
    """Signed, so it is journalled; not to be read, so it ends as `failed` and not as anything else."""

    name: str
    request: Arrived


@dataclass(frozen=True)
class Pair:
    name: str
    first: Arrived
    second: Arrived
    same: bool


@dataclass(frozen=True)
class CodeCase:
    """A platform's error code, and what it must become. retryable only ever together with certain."""

    platform_code: str
    code: SendErrorCode
    retryable: bool = False


class Bench(Protocol):
    """A running simulator, ready for one customer who may be written to."""

    api_base: str
    recipient: str

    def received(self) -> Sequence[tuple[ContentType, str]]:
        """What customers received, in order."""
        ...

    def fail_next(self, platform_code: str) -> None: ...

    def answer_next(self, status: int, body: bytes, headers: dict[str, str]) -> None: ...

    def hang_next(self, *, taken: bool) -> None:
        """The next send gets no answer; taken: the platform took it all the same."""
        ...

    def cut_next(self, *, taken: bool) -> None: ...

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef: ...

    def stale_credentials(self) -> Sequence[Callable[[], None]]:
        """Ways in which a token goes stale."""
        ...


@dataclass
class Connected:
    adapter: ChannelAdapter
    bench: Bench
    tokens: "MemoryTokens"


class Kit(ABC):
    """A channel type's fixtures. settings: complete, pointing to nowhere; the tables as the classes above say.

    remote: what is sent goes to a platform over a network, where it can be refused, lost and asked for.
    covers_body: False where the platform only repeats a secret, which says nothing of what comes with it.
    pushes: False where the hub fetches all there is and nothing comes to its webhook. http: how the hub asks it.
    """

    type_name: str
    remote: bool = True
    covers_body: bool = True
    pushes: bool = True
    http: bool = True
    challenged: Sequence[Challenged]
    accepted: Sequence[Accepted]
    refused: Sequence[Refused]
    unreadable: Sequence[Unreadable]
    pairs: Sequence[Pair]
    codes: Sequence[CodeCase]
    corpus: Sequence[bytes]

    @abstractmethod
    def settings(self, api_base: str = "http://127.0.0.1:9") -> dict[str, str]: ...

    @abstractmethod
    def signed(self, body: bytes, **settings: str) -> WebhookRequest:
        """Any body, signed as the platform would."""

    def arrived(self, body: bytes) -> Arrived:
        """Any body, as what the hub takes for the platform's."""
        return self.signed(body)

    @abstractmethod
    def bench(self, clock: Clock) -> AbstractAsyncContextManager[Bench]: ...

    def adapter(self, session: ClientSession | None = None, **changes: str) -> ChannelAdapter:
        return make_adapter(self.type_name, {**self.settings(), **changes}, session, MemoryTokens(), ManualClock(NOW))

    @asynccontextmanager
    async def connected(self, *, patience: float = 5.0) -> AsyncIterator[Connected]:
        """patience: seconds the hub waits for an answer."""
        clock = ManualClock(NOW)
        tokens = MemoryTokens()
        timeout = ClientTimeout(total=patience, connect=2)
        async with self.bench(clock) as bench, ClientSession(timeout=timeout) as session:
            adapter = make_adapter(self.type_name, self.settings(bench.api_base), session, tokens, clock)
            yield Connected(adapter=adapter, bench=bench, tokens=tokens)


@dataclass
class MemoryTokens:
    """`SharedTokens` of one process: single-flight, and fetched again when stale."""

    held: dict[str, AccessToken] = field(default_factory=dict)
    fetches: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def obtain(self, key: str, fetch: Callable[[], Awaitable[AccessToken]], *, stale: str | None = None) -> str:
        async with self._lock:
            token = self.held.get(key)
            if token is None or token.value == stale:
                self.fetches += 1
                token = self.held[key] = await fetch()
            return token.value


def make_adapter(
    type_name: str, settings: dict[str, str], session: ClientSession | None, tokens: MemoryTokens, clock: Clock
) -> ChannelAdapter:
    channel = Channel(
        id=ChannelId("channel1"), type=type_name, name="店", settings=settings, created_at=NOW, updated_at=NOW
    )
    # Pure methods need no session.
    context = ChannelContext(channel=channel, clock=clock, session=session, tokens=tokens)  # type: ignore[arg-type]
    return CHANNEL_TYPES.adapter(context)


def text(recipient: str, content: str) -> OutboundMessage:
    return OutboundMessage(
        message_id=MessageId("m1"), part=0, recipient=recipient, content_type=ContentType.TEXT, content=content
    )


def picture(recipient: str, data: bytes = b"\x89PNG\r\n\x1a\n", media_type: str = "image/png") -> OutboundMessage:
    return OutboundMessage(
        message_id=MessageId("m1"),
        part=0,
        recipient=recipient,
        content_type=ContentType.IMAGE,
        file=OutboundFile(
            data=data,
            media_type=media_type,
            file_name="图片.png",
            address="https://desk.example.com/files/1",
            poster="https://desk.example.com/files/2",
        ),
    )
