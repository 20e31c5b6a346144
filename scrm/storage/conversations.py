"""Conversations: written whole by compare-and-set on `version`, at most one unresolved for a contact on a channel."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from scrm.clock import Clock
from scrm.errors import Stale
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, TeamId
from scrm.model.conversation import ACTIVE, Conversation, ConversationStatus
from scrm.ports.stores import ConversationQuery, Counts, Page, Standing
from scrm.storage.codec import Document
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf, count_up

COLLECTION = "conversations"
COUNTERS = "counters"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

INDEXES = (
    # `unresolved` is there only while the conversation is; sparse, because every server then counts it out.
    Index(collection=COLLECTION, name="one_unresolved", keys=(("unresolved", 1),), unique=True, sparse=True),
    Index(collection=COLLECTION, name="contact", keys=(("contact_id", 1), ("channel_id", 1), ("number", -1))),
    Index(collection=COLLECTION, name="channel", keys=(("channel_id", 1),)),
    Index(collection=COLLECTION, name="status", keys=(("status", 1), ("last_activity_at", -1), ("_id", -1))),
    Index(
        collection=COLLECTION,
        name="assignee",
        keys=(("assignee_id", 1), ("status", 1), ("last_activity_at", -1), ("_id", -1)),
    ),
)

_OPEN = str(ConversationStatus.OPEN)
_UNRESOLVED = tuple(str(status) for status in ConversationStatus if status is not ConversationStatus.RESOLVED)


class MongoConversations:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._shelf = Shelf(database, COLLECTION, Conversation)
        self._database = database
        self._numbering = asyncio.Lock()
        self._clock = clock

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        return await self._shelf.get(conversation_id)

    async def get_many(self, ids: Collection[ConversationId]) -> dict[ConversationId, Conversation]:
        found = await self._shelf.get_many(ids)
        return {conversation.id: conversation for conversation in found.values()}

    async def latest(self, contact_id: ContactId, channel_id: ChannelId) -> Conversation | None:
        unresolved = await self._shelf.first({"unresolved": _pair(contact_id, channel_id)})
        if unresolved is not None:
            return unresolved
        where = {"contact_id": contact_id, "channel_id": channel_id}
        found = await self._shelf.find(where, sort=[("number", -1)], limit=1)
        return found[0] if found else None

    async def of_contact(self, contact_id: ContactId, limit: int) -> list[Conversation]:
        # A contact has few: no slices.
        return await self._shelf.find(
            {"contact_id": contact_id}, sort=[("last_activity_at", -1), ("_id", -1)], limit=limit
        )

    async def counts_of(self, contact_ids: Collection[ContactId]) -> dict[ContactId, int]:
        found = await self._shelf.group({"contact_id": {"$in": list(contact_ids)}}, "contact_id")
        return {contact_id: found.get(contact_id, 0) for contact_id in contact_ids}

    async def insert(self, *conversations: Conversation) -> None:
        await self._shelf.insert_documents([self._document(conversation) for conversation in conversations])

    async def save(self, conversation: Conversation) -> Conversation:
        stored = msgspec.structs.replace(conversation, version=conversation.version + 1)
        where = {"_id": conversation.id, "version": conversation.version}
        if not await self._shelf.replace(where, self._document(stored)):
            raise Stale(conversation.id)
        return stored

    async def page(self, query: ConversationQuery, *, after: Page | None, limit: int) -> list[Conversation]:
        statuses = dict.fromkeys(query.statuses) or ConversationStatus
        base: Document = {}
        if query.assignee != "any":
            base["assignee_id"] = None if query.assignee == "none" else query.assignee
        residual: dict[str, Any] = {
            name: value
            for name, value in (
                ("channel_id", query.channel_id),
                ("team_id", query.team_id),
                ("labels", query.label_id),
            )
            if value is not None
        }
        return await newest_first(
            self._shelf,
            [{**base, "status": str(status)} for status in statuses],
            "last_activity_at",
            now=self._clock.now(),
            after=after,
            limit=limit,
            residual=residual,
        )

    async def counts(self, agent_id: AgentId | None) -> Counts:
        active: Counter[str | None] = Counter()
        off: Counter[str | None] = Counter()
        for status in _UNRESOLVED:
            (active if status in ACTIVE else off).update(await self._shelf.group({"status": status}, "assignee_id"))
        return Counts(
            mine=active[agent_id] if agent_id else 0,
            unassigned=active[None],
            all=active.total(),
            backlog=active.total() + off.total(),
            backlog_unassigned=active[None] + off[None],
        )

    async def standing(self, channel_id: ChannelId | None, team_id: TeamId | None) -> Standing:
        wanted = _of(channel_id, team_id)
        ever: Document = {**wanted, "waiting_since": {"$gt": EPOCH}}
        unresolved = waiting = 0
        for status in _UNRESOLVED:
            unresolved += await self._shelf.count_among({"status": status}, wanted)
            waiting += await self._shelf.count_among({"status": status}, ever)
        return Standing(unresolved=unresolved, waiting=waiting)

    async def unresolved(self, channel_id: ChannelId | None, team_id: TeamId | None) -> list[Conversation]:
        # All are wanted, so nothing is gained by slices of time.
        found = [
            conversation
            for status in _UNRESOLVED
            for conversation in await self._shelf.find_among(
                {"status": status}, _of(channel_id, team_id), sort=[("created_at", 1)], limit=0
            )
        ]
        # One that changes its status meanwhile may come twice.
        return sorted({each.id: each for each in found}.values(), key=lambda each: (each.created_at, each.id))

    async def open_counts(self) -> dict[AgentId, int]:
        of = await self._shelf.group({"status": _OPEN}, "assignee_id")
        return {AgentId(assignee): number for assignee, number in of.items() if assignee is not None}

    async def unassigned(self, limit: int) -> list[Conversation]:
        """One nobody waits in counts from its last activity."""
        found = await self._shelf.find({"assignee_id": None, "status": _OPEN})
        found.sort(
            key=lambda conversation: (conversation.waiting_since or conversation.last_activity_at, conversation.id)
        )
        return found[:limit]

    async def waking(self, now: datetime, limit: int) -> list[Conversation]:
        # Every index is paid for with every message; the snoozed are few enough to look through.
        snoozed, due = {"status": str(ConversationStatus.SNOOZED)}, {"snoozed_until": {"$lte": now}}
        found = await self._shelf.find_among(snoozed, due, sort=[("snoozed_until", 1)], limit=0)
        return sorted(found, key=lambda each: (each.snoozed_until or now, each.id))[:limit]

    async def next_number(self) -> int:
        """Never the same twice; leaves a gap when the transaction around it is undone."""
        return (await self.next_numbers(1))[0]

    async def next_numbers(self, count: int) -> Sequence[int]:
        # One at a time in this process: others would only try again.
        async with self._numbering:
            last = await count_up(self._database, COUNTERS, "conversation_number", by=count)
        return range(last - count + 1, last + 1)

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        for conversation in await self._shelf.find({"contact_id": contact_id}):
            await self.save(msgspec.structs.replace(conversation, contact_id=into))

    async def count_of_channel(self, channel_id: ChannelId) -> int:
        return await self._shelf.count({"channel_id": channel_id})

    def _document(self, conversation: Conversation) -> Document:
        document = self._shelf.codec.encode(conversation)
        if conversation.status is not ConversationStatus.RESOLVED:
            document["unresolved"] = _pair(conversation.contact_id, conversation.channel_id)
        return document


def _of(channel_id: ChannelId | None, team_id: TeamId | None) -> dict[str, str]:
    pairs = (("channel_id", channel_id), ("team_id", team_id))
    return {name: value for name, value in pairs if value is not None}


def _pair(contact_id: ContactId, channel_id: ChannelId) -> str:
    return f"{contact_id} {channel_id}"
