"""A hub with nothing running: tests say when it works, so nothing waits and nothing races."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession

from scrm.clock import ManualClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.ids import ChannelId, ConversationId, CountingIds, IdFactory, JournalId
from scrm.model.analysis import Analysis, Category, Sentiment
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message
from scrm.model.work import JournalEntry, OutboxEntry, partition_of
from scrm.ports.stores import Stores
from tests.flow.scripted import Platform, ScriptedTypes

if TYPE_CHECKING:
    from tests.flow.office import Office

CHANNEL = ChannelId("channel1")
AUTHOR = Author(type=AuthorType.API, id="t1", name="test")


async def until(holds: Callable[[], bool]) -> None:
    """Let others work until it holds; ten seconds at the most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


class WordAnalyser:
    """Reads by single words, so that a test's text says what the reading will be. busy: answers to this many questions
    wait until it is `free`."""

    model = "words-1"
    taxonomy: Sequence[Category] = ()

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.busy = 0
        self.free = asyncio.Event()

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        self.asked.append(texts)
        if self.busy:
            self.busy -= 1
            await self.free.wait()
        return [None if "breaks" in text else self._read(text) for text in texts]

    def _read(self, text: str) -> Analysis:
        score = -0.9 if "angry" in text else 0.0
        return Analysis(
            model=self.model,
            sentiment=Sentiment.NEGATIVE if score else Sentiment.NEUTRAL,
            score=score,
            category="refund_return" if "refund" in text else None,
        )

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class World:
    """The hub, its platform, and the verbs of a test."""

    def __init__(self, stores: Stores, hub: FlowHub, platform: Platform, clock: ManualClock, ids: IdFactory) -> None:
        self.stores = stores
        self.hub = hub
        self.platform = platform
        self.clock = clock
        self.ids = ids
        self._partitions: set[int] = set()

    def knows(self, sender: str) -> None:
        """Somebody who comes by another way than `arrives`."""
        self._partitions.add(partition_of(CHANNEL, sender))

    async def works(self) -> None:
        """The hub does what is due where this world's customers are."""
        await self.hub.work_off(sorted(self._partitions))

    async def arrives(self, *items: dict[str, Any], sender: str = "alice", key: str | None = None) -> JournalEntry:
        """One delivery, journalled as `Journal` would, not yet taken in."""
        entry_id = JournalId(self.ids())
        self.knows(sender)
        entry = JournalEntry(
            id=entry_id,
            channel_id=CHANNEL,
            dedupe_key=key or entry_id,
            partition=partition_of(CHANNEL, sender),
            body=json.dumps(items).encode(),
            handle=sender,
            received_at=self.clock.now(),
        )
        await self.stores.journal.append([entry])
        return entry

    def text(self, text: str, *, sender: str = "alice", number: int | None = None, ago: float = 0) -> dict[str, Any]:
        at: datetime = self.clock.now() - timedelta(seconds=ago)
        number = int(self.ids()[-8:]) if number is None else number
        return {"kind": "message", "id": f"in-{sender}-{number}", "sequence": number, "from": sender, "text": text,
                "at": at.isoformat()}  # fmt: skip

    async def says(self, text: str, *, sender: str = "alice", **more: Any) -> None:
        """A customer's message, all the way through."""
        await self.arrives(self.text(text, sender=sender, **more), sender=sender)
        await self.works()

    async def conversation(self, sender: str = "alice") -> Conversation:
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, sender)
        assert identity is not None
        found = await self.stores.conversations.latest(identity.contact_id, CHANNEL)
        assert found is not None
        return found

    async def thread(self, conversation_id: ConversationId) -> list[Message]:
        """As it is read: by rank."""
        entries = await self.stores.messages.thread(conversation_id, after=0, until=500)
        return sorted(entries, key=lambda message: message.rank)

    async def texts(self, sender: str = "alice") -> list[str]:
        found = await self.conversation(sender)
        return [
            entry.content for entry in await self.thread(found.id) if entry.kind in ("incoming", "outgoing", "note")
        ]

    async def answers(self, text: str, *, sender: str = "alice", client_id: str | None = None) -> Message:
        """An agent's reply, taken on but not yet sent."""
        found = await self.conversation(sender)
        message, _ = await self.hub.reply(
            found.id, author=AUTHOR, content=text, client_id=client_id or self.ids(), attachments=()
        )
        return message

    async def sending(self, message: Message) -> OutboxEntry:
        found = await self.stores.outbox.get(message.id)
        assert found is not None
        return found

    async def message(self, message: Message) -> Message:
        found = await self.stores.messages.get(message.id)
        assert found is not None
        return found


@pytest.fixture
def analyser() -> WordAnalyser:
    return WordAnalyser()


@pytest.fixture
async def world(stores: Stores, analyser: WordAnalyser) -> AsyncIterator[World]:
    clock = ManualClock()
    ids = CountingIds()
    platform = Platform()
    now = clock.now()
    await stores.channels.insert(
        Channel(id=CHANNEL, type="scripted", name="剧本", settings={}, created_at=now, updated_at=now)
    )
    async with ClientSession() as session:
        hub = FlowHub(
            FlowSettings(owner="test", zone=ZoneInfo("Asia/Shanghai")),
            stores,
            ScriptedTypes(platform),  # type: ignore[arg-type]
            analyser,
            session,
            clock,
            ids,
            jitter=random.Random(1),
        )
        yield World(stores, hub, platform, clock, ids)
        await hub.close()


@pytest.fixture
async def office(world: World) -> "AsyncIterator[Office]":
    from tests.flow.office import Office, ScriptedTrainer  # it stands on what is above

    office = Office(world, ScriptedTrainer())
    yield office
    await office.learning.close()
