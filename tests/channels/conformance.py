"""What every channel type must do: conditions here, a channel type's fixtures for them in its `Kit`.

`test_conformance*.py` run every condition over every kit of `kits.py`; a new channel type brings a kit and nothing
else. Whether a condition applies to a type follows from what the type declares (`Kit.remote` and the like), never from
what its kit leaves out. Times are relative to NOW, so that fixtures are plain values.
"""

import asyncio
import mimetypes
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from aiohttp import ClientSession, ClientTimeout

from channels import CHANNEL_TYPES
from channels.registry import Registry
from channels.simulating.faults import Fault, Hang
from scrm.clock import Clock, ManualClock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.ids import ChannelId, MessageId
from scrm.model.channel import Capabilities, Channel
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.abilities import Listens
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
from tests.channels.example.page import EXAMPLE

# What is shipped, and the example of docs/adding-a-channel.md.
TYPES = Registry((*CHANNEL_TYPES.definitions, EXAMPLE.DEFINITION))
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
PATIENCE = 30.0
"""Seconds the hub waits for an answer where one comes: longer than any machine is busy with something else."""

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

    def files(self) -> Sequence[bytes]:
        """What is in the files that customers received, in order; where the platform fetches them, their addresses."""
        ...

    def shown(self, kind: ContentType) -> set[ContentType]:
        """As what customers may see a file of that kind."""
        ...

    def writes(self) -> None:
        """The customer writes, for what the platform makes of it: a reply window opens."""
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


class Misfortunes(Protocol):
    """What simulators over HTTP have in common."""

    def inject(self, fault: Fault) -> None: ...


S = TypeVar("S", bound=Misfortunes)


class SimulatorBench(Generic[S]):
    """Of a platform over HTTP. sends: its simulator's name for the request that sends."""

    sends: ClassVar[str]

    def __init__(self, simulator: S, api_base: str, recipient: str) -> None:
        self.simulator = simulator
        self.api_base = api_base
        self.recipient = recipient
        self.writes()

    def files(self) -> Sequence[bytes]:
        return [sent.data for sent in self.simulator.sent if sent.data]  # type: ignore[attr-defined]

    def shown(self, kind: ContentType) -> set[ContentType]:
        return {kind}

    def writes(self) -> None: ...

    def refusal(self, platform_code: str) -> dict[str, Any]:
        """The fields of a `Fault` that make it."""
        return {"code": platform_code}

    def _next(self, **fault: Any) -> None:
        self.simulator.inject(Fault(name=self.sends, **fault))

    def fail_next(self, platform_code: str) -> None:
        self._next(**self.refusal(platform_code))

    def answer_next(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._next(status=status, body=body, headers=headers)

    def hang_next(self, *, taken: bool) -> None:
        self._next(hang=Hang.AFTER if taken else Hang.BEFORE)

    def cut_next(self, *, taken: bool) -> None:
        self._next(cut=Hang.AFTER if taken else Hang.BEFORE)

    def stale_credentials(self) -> Sequence[Callable[[], None]]:
        return []  # most platforms' tokens do not go stale


@dataclass
class Connected:
    adapter: ChannelAdapter
    bench: Bench
    tokens: "MemoryTokens"


class Kit(ABC):
    """A channel type's fixtures. settings: complete, pointing to nowhere; the tables as the classes above say.

    covers_body: False where the platform only repeats a secret, which says nothing of what comes with it.
    signs_id: what it signs holds for the channel "channel1" alone.
    """

    type_name: str
    covers_body: bool = True
    signs_id: bool = False
    challenged: Sequence[Challenged]
    accepted: Sequence[Accepted]
    refused: Sequence[Refused]
    unreadable: Sequence[Unreadable]
    pairs: Sequence[Pair]
    codes: Sequence[CodeCase]
    corpus: Sequence[bytes]

    @abstractmethod
    def settings(self, api_base: str = NOWHERE) -> dict[str, str]: ...

    @abstractmethod
    def signed(self, body: bytes) -> WebhookRequest:
        """Any body, signed as the platform would."""

    def arrived(self, body: bytes) -> Arrived:
        """Any body, as what the hub takes for the platform's."""
        return self.signed(body)

    @abstractmethod
    def says(self, sender: str, text: str, at: datetime, number: int) -> Arrived:
        """A customer's text as it arrives, at once. number: 1, 2, 3 … in the order in which it was written."""

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> Arrived | None:
        """The platform's receipt for a message of ours; None: it never says so."""
        return None

    @abstractmethod
    def bench(self, clock: Clock) -> AbstractAsyncContextManager[Bench]: ...

    # What the type declares

    @cached_property
    def capabilities(self) -> Capabilities:
        return TYPES.capabilities(self.type_name)

    @cached_property
    def remote(self) -> bool:
        """Its settings say where the platform is: what is sent can be refused, lost and asked for."""
        return self.settings("1,1") != self.settings("2,2")

    @cached_property
    def http(self) -> bool:
        """And that is an address of the web."""
        return any(value.startswith(NOWHERE) for value in self.settings().values())

    @cached_property
    def pushes(self) -> bool:
        """It does not listen by itself: the platform comes to the hub's webhook."""
        adapter = self.adapter()
        return not (isinstance(adapter, Listens) and adapter.listens)

    @cached_property
    def statuses(self) -> frozenset[MessageStatus]:
        """Which fates of a message the platform tells."""
        fates = (MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED)
        return frozenset(each for each in fates if self.tells(each, "x", "x", NOW) is not None)

    @cached_property
    def customer(self) -> str:
        """The handle of a customer as the platform writes them."""
        return self.verified(self.accepted[0].request).handle

    def verified(self, request: Arrived) -> VerifiedRequest:
        found = request if isinstance(request, VerifiedRequest) else self.adapter().verify(request)
        assert isinstance(found, VerifiedRequest)
        return found

    def adapter(self, session: ClientSession | None = None, **changes: str) -> ChannelAdapter:
        return make_adapter(self.type_name, {**self.settings(), **changes}, session, MemoryTokens(), ManualClock(NOW))

    @asynccontextmanager
    async def connected(self, *, patience: float = PATIENCE) -> AsyncIterator[Connected]:
        """patience: seconds the hub waits for an answer."""
        clock = ManualClock(NOW)
        tokens = MemoryTokens()
        timeout = ClientTimeout(total=patience)
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
    return TYPES.adapter(context)


def text(recipient: str, content: str) -> OutboundMessage:
    return OutboundMessage(
        message_id=MessageId("m1"), part=0, recipient=recipient, content_type=ContentType.TEXT, content=content
    )


def picture(recipient: str, data: bytes = b"\x89PNG\r\n\x1a\n", media_type: str = "image/png") -> OutboundMessage:
    return file(recipient, ContentType.IMAGE, data, media_type)


def file(recipient: str, kind: ContentType, data: bytes, media_type: str, number: int = 1) -> OutboundMessage:
    """The number-th message with a file."""
    return OutboundMessage(
        message_id=MessageId(f"m{number}"),
        part=0,
        recipient=recipient,
        content_type=kind,
        file=OutboundFile(
            data=data,
            media_type=media_type,
            file_name=("图片" if kind is ContentType.IMAGE else "说明")
            + (mimetypes.guess_extension(media_type) or ".png"),
            address=f"https://desk.example.com/files/{number}",
            poster="https://desk.example.com/files/poster",
        ),
    )


def pushed(body: bytes, headers: dict[str, str], /, **changes: Any) -> WebhookRequest:
    """A platform's POST of JSON. changes: of the request's fields."""
    whole: dict[str, Any] = {
        "method": "POST",
        "query": {},
        "headers": {"content-type": "application/json", **headers},
        "body": body,
        "received_at": NOW,
    }
    return WebhookRequest(**(whole | changes))
