"""Records to views: what belongs to a view is read once for a whole page, never once an item."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence

import msgspec
from aiohttp import web

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId
from scrm.model.channel import Capabilities, Channel
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.people import Agent, ReadMark
from scrm.ports.channel import ChannelTypes
from scrm.ports.stores import ChannelStore, ContactStore
from scrm.web.context import WebContext
from scrm.web.views import (
    AgentView,
    ChannelBrief,
    ChannelView,
    ContactBrief,
    ContactView,
    ConversationView,
)

# Kept in memory, a few hundred bytes each.
_MOST_BRIEFS = 20_000
_NO_CAPABILITIES = Capabilities(receives=(), sends=(), text_limit=0)


def contact_brief(contact: Contact) -> ContactBrief:
    return ContactBrief(
        id=contact.id, name=contact.name, avatar_url=contact.avatar_url, vip=contact.vip, labels=contact.labels
    )


def agent_view(agent: Agent, open_conversations: int) -> AgentView:
    values = msgspec.structs.asdict(agent)
    del values["password_hash"]
    return AgentView(**values, open_conversations=open_conversations)


def channel_view(channel: Channel, types: ChannelTypes, *, with_settings: bool) -> ChannelView:
    channel_type = types.get(channel.type)
    # Of a type this version does not know, nothing says what is secret: so everything is.
    secret = channel_type.secret_settings if channel_type else frozenset(channel.settings)
    settings = {name: "" if name in secret else value for name, value in channel.settings.items()}
    return ChannelView(
        id=channel.id,
        type=channel.type,
        name=channel.name,
        state=channel.state,
        settings=settings if with_settings else {},
        secrets_set=tuple(sorted(name for name in secret if channel.settings.get(name))),
        webhook_path=f"/hooks/{channel.id}",
        created_at=channel.created_at,
        updated_at=channel.updated_at,
        last_received_at=channel.last_received_at,
        last_error=channel.last_error,
        last_error_at=channel.last_error_at,
        capabilities=channel_type.capabilities if channel_type else _NO_CAPABILITIES,
    )


class ChannelNames:
    """Name and type of every channel, kept from the feed of changes so that a list need not open sealed settings."""

    def __init__(self, channels: ChannelStore) -> None:
        self._channels = channels
        self._briefs: dict[ChannelId, ChannelBrief] = {}
        self._complete = False

    async def get(self, channel_ids: Collection[ChannelId]) -> dict[ChannelId, ChannelBrief]:
        if not self._complete or any(channel_id not in self._briefs for channel_id in channel_ids):
            for channel in await self._channels.all():
                self.put(channel)
            self._complete = True
        # A deleted channel is remembered as such, or each look at its conversations would read them all again.
        return {
            channel_id: self._briefs.setdefault(channel_id, ChannelBrief(id=channel_id, name="", type=""))
            for channel_id in channel_ids
        }

    def put(self, channel: Channel) -> None:
        self._briefs[channel.id] = ChannelBrief(id=channel.id, name=channel.name, type=channel.type)

    def forget(self) -> None:
        """Something may have been missed: read again."""
        self._briefs.clear()
        self._complete = False


class ContactBriefs:
    """What lists show of contacts, kept from the feed of changes; the least lately shown are forgotten."""

    def __init__(self, contacts: ContactStore) -> None:
        self._contacts = contacts
        self._briefs: OrderedDict[ContactId, ContactBrief] = OrderedDict()

    async def get(self, contact_ids: Collection[ContactId]) -> dict[ContactId, ContactBrief]:
        unknown = [contact_id for contact_id in contact_ids if contact_id not in self._briefs]
        for contact in (await self._contacts.get_many(unknown)).values() if unknown else ():
            self._briefs.setdefault(contact.id, contact_brief(contact))  # the feed may have been faster, and newer
        found = {contact_id: self._briefs.get(contact_id) or _nobody(contact_id) for contact_id in contact_ids}
        for contact_id in found.keys() & self._briefs.keys():
            self._briefs.move_to_end(contact_id)
        while len(self._briefs) > _MOST_BRIEFS:
            self._briefs.popitem(last=False)
        return found

    def put(self, contact: Contact) -> ContactBrief | None:
        """The contact as lists are to show it now; None when no list has it."""
        known = contact.id in self._briefs
        self._briefs[contact.id] = brief = contact_brief(contact)
        return brief if known else None

    def forget(self) -> None:
        """Something may have been missed: read again."""
        self._briefs.clear()


class Views:
    """Builds views of whole pages."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._stores = context.stores
        self.channel_names = ChannelNames(context.stores.channels)
        self.contact_briefs = ContactBriefs(context.stores.contacts)

    async def agent(self, agent: Agent) -> AgentView:
        counts = await self._stores.conversations.open_counts()
        return agent_view(agent, counts.get(agent.id, 0))

    async def agents(self) -> list[AgentView]:
        agents, counts = await asyncio.gather(self._stores.agents.all(), self._stores.conversations.open_counts())
        return [agent_view(agent, counts.get(agent.id, 0)) for agent in agents]

    async def conversation(self, conversation: Conversation, agent_id: AgentId | None) -> ConversationView:
        return (await self.conversations([conversation], agent_id))[0]

    async def conversations(
        self, conversations: Sequence[Conversation], agent_id: AgentId | None
    ) -> list[ConversationView]:
        """agent_id: whose unread numbers; None (a program) has read everything."""
        marks: dict[ConversationId, ReadMark] = {}
        if agent_id and conversations:
            marks = await self._stores.read_marks.of_agent(agent_id, [each.id for each in conversations])
        views = await self.shared(conversations)
        if agent_id is None:
            return views
        return [msgspec.structs.replace(view, unread=unread(view, marks.get(view.id))) for view in views]

    async def shared(self, conversations: Sequence[Conversation]) -> list[ConversationView]:
        """Views as everybody sees them: nothing unread."""
        if not conversations:
            return []
        contacts, channels = await asyncio.gather(
            self.contact_briefs.get({each.contact_id for each in conversations}),
            self.channel_names.get({each.channel_id for each in conversations}),
        )
        now = self._context.clock.now()
        deadlines = await self._context.hub.deadlines(
            conversations, {contact_id: brief.vip for contact_id, brief in contacts.items()}
        )
        return [
            ConversationView(
                **{
                    **msgspec.structs.asdict(each),
                    "contact": contacts[each.contact_id],
                    "channel": channels[each.channel_id],
                    "unread": 0,
                    "deadline": deadlines.get(each.id),
                    "window": self._context.hub.window(each, now),
                }
            )
            for each in conversations
        ]

    async def contact(self, contact: Contact) -> ContactView:
        return (await self.contacts([contact]))[0]

    async def contacts(self, contacts: Sequence[Contact]) -> list[ContactView]:
        if not contacts:
            return []
        ids = [contact.id for contact in contacts]
        identities, counts = await asyncio.gather(
            self._stores.contacts.identities_of(ids), self._stores.conversations.counts_of(ids)
        )
        return [
            ContactView(
                **msgspec.structs.asdict(contact),
                identities=tuple(identities[contact.id]),
                conversations_count=counts[contact.id],
                first_seen=contact.created_at,
            )
            for contact in contacts
        ]


def _nobody(contact_id: ContactId) -> ContactBrief:
    return ContactBrief(id=contact_id, name="", avatar_url=None, vip=False, labels=())


def unread(conversation: Conversation, mark: ReadMark | None) -> int:
    return max(0, conversation.incoming_count - (mark.incoming_count if mark else 0))


VIEWS = web.AppKey("views", Views)
