"""What a batch of journal entries will have changed: collected in memory, written once, at the end of the transaction.

Customers who write much arrive together when a platform catches up; writing a conversation, its counts and its tasks
once for all of their messages costs a fraction of writing them for each.
"""

from scrm.ids import ChannelId, ContactId, ConversationId, MessageId
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.reports import ReportEvent
from scrm.model.work import OutboxEntry, Task
from scrm.ports.stores import Stores


class Draft:
    def __init__(self, stores: Stores, *, new: bool) -> None:
        """new: what it brings is expected to be stored nowhere yet; `write` says Duplicate where it is."""
        self._stores = stores
        self._new = new
        self._conversations: dict[ConversationId, Conversation] = {}
        self._latest: dict[tuple[ContactId, ChannelId], ConversationId] = {}
        self._fresh: set[ConversationId] = set()
        self._changed: set[ConversationId] = set()
        self._revised: dict[MessageId, Message] = {}
        self._contacts: dict[tuple[ChannelId, str], ContactId] = {}
        self.messages: list[Message] = []
        self.tasks: list[Task] = []
        self.facts: list[ReportEvent] = []
        self.outbox: list[OutboxEntry] = []
        self.noticed: list[ChannelId] = []  # channels there is something to fetch for

    async def latest(self, contact_id: ContactId, channel_id: ChannelId) -> Conversation | None:
        """Like `ConversationStore.latest`, with what this batch did to it."""
        key = (contact_id, channel_id)
        if key not in self._latest:
            stored = await self._stores.conversations.latest(contact_id, channel_id)
            if stored is None:
                return None
            self._keep(stored)
        return self._conversations[self._latest[key]]

    def open(self, conversation: Conversation) -> None:
        """A new conversation."""
        self._fresh.add(conversation.id)
        self._keep(conversation)

    def change(self, conversation: Conversation) -> None:
        self._conversations[conversation.id] = conversation
        self._changed.add(conversation.id)

    async def message(self, channel_id: ChannelId, external_id: str) -> Message | None:
        """Like `MessageStore.by_external_id`, with what this batch brought."""
        for message in self.messages:
            if message.channel_id == channel_id and external_id in message.external_ids:
                return message
        stored = await self._stores.messages.by_external_id(channel_id, external_id)
        return stored and self._revised.get(stored.id, stored)

    def revise(self, message: Message) -> None:
        """A message, new in this batch or not, as it reads now."""
        for place, other in enumerate(self.messages):
            if other.id == message.id:
                self.messages[place] = message
                return
        self._revised[message.id] = message

    def contact(self, channel_id: ChannelId, handle: str) -> ContactId | None:
        """Whom this batch has met under a handle."""
        return self._contacts.get((channel_id, handle))

    def meet(self, channel_id: ChannelId, handle: str, contact_id: ContactId) -> None:
        self._contacts[channel_id, handle] = contact_id

    async def recent(self, conversation: Conversation, number: int) -> list[Message]:
        """Its newest `number` entries, or a few more, stored or not."""
        last = conversation.last_position
        stored = await self._stores.messages.thread(conversation.id, after=last - number, until=last)
        return [*stored, *(message for message in self.messages if message.conversation_id == conversation.id)]

    def _keep(self, conversation: Conversation) -> None:
        self._conversations[conversation.id] = conversation
        self._latest[conversation.contact_id, conversation.channel_id] = conversation.id

    async def write(self) -> None:
        """Raises Duplicate, Stale: then the transaction is over."""
        await self._stores.messages.insert(*self.messages)
        for message in self._revised.values():
            await self._stores.messages.revise(message)
        for conversation in self._conversations.values():
            if conversation.id in self._fresh:
                await self._stores.conversations.insert(conversation)
            elif conversation.id in self._changed:
                await self._stores.conversations.save(conversation)
        for entry in self.outbox:
            await self._stores.outbox.insert(entry)
        await self._stores.tasks.add(self.tasks)
        await self._stores.reports.record(self.facts, new=self._new)
