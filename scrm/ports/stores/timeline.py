"""Stores of what customers and agents say: channels, contacts, conversations and messages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, LabelId, MessageId, TeamId
from scrm.model.channel import Channel
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.exchange import Exchange
from scrm.model.message import Attachment, Corrected, Message, MessageStatus, SendFailure
from scrm.ports.stores.queries import ConversationQuery, Counts, Page, Reading, Standing


class ChannelStore(Protocol):
    """Seals `settings` at rest."""

    async def get(self, channel_id: ChannelId) -> Channel | None: ...

    async def all(self) -> list[Channel]: ...

    async def insert(self, channel: Channel) -> None: ...

    async def save(self, channel: Channel) -> None: ...

    async def delete(self, channel_id: ChannelId) -> bool: ...

    async def note_received(self, channel_id: ChannelId, at: datetime) -> None: ...

    async def note_error(self, channel_id: ChannelId, error: str | None, at: datetime) -> None: ...

    async def note_exchanges(self, channel_id: ChannelId, items: Sequence[Exchange], keep: int) -> None:
        """Put them after those that are there; of all, the last `keep` stay. They go with the channel."""
        ...

    async def exchanges(self, channel_id: ChannelId) -> list[Exchange]:
        """Oldest first."""
        ...


class ContactStore(Protocol):
    async def get(self, contact_id: ContactId) -> Contact | None: ...

    async def get_many(self, contact_ids: Collection[ContactId]) -> dict[ContactId, Contact]: ...

    async def insert(self, *contacts: Contact) -> None: ...

    async def save(self, contact: Contact) -> None: ...

    async def page(self, *, after: Page | None, limit: int) -> list[Contact]:
        """Newest `created_at` first."""
        ...

    async def search(self, text: str, limit: int) -> list[Contact]:
        """By name (any part, pinyin, initials), phone or e-mail."""
        ...

    async def identity(self, scope: IdentityScope, realm: str, value: str) -> Identity | None: ...

    async def identities(self, contact_id: ContactId) -> list[Identity]: ...

    async def identities_of(self, contact_ids: Collection[ContactId]) -> dict[ContactId, list[Identity]]:
        """Of each, the oldest first."""
        ...

    async def handle(self, contact_id: ContactId, channel_id: ChannelId) -> str | None:
        """The contact's handle on a channel."""
        ...

    async def add_identity(self, *identities: Identity) -> None:
        """Raises Duplicate when the handle belongs to somebody."""
        ...

    async def note_tagged(self, identity_id: str, labels: Collection[LabelId]) -> None: ...

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        """Give every identity to the other contact, and delete this one."""
        ...


class ConversationStore(Protocol):
    async def get(self, conversation_id: ConversationId) -> Conversation | None: ...

    async def get_many(self, ids: Collection[ConversationId]) -> dict[ConversationId, Conversation]: ...

    async def latest(self, contact_id: ContactId, channel_id: ChannelId) -> Conversation | None:
        """The contact's unresolved conversation on the channel (there is one at the most), else the newest."""
        ...

    async def of_contact(self, contact_id: ContactId, limit: int) -> list[Conversation]:
        """Newest activity first."""
        ...

    async def counts_of(self, contact_ids: Collection[ContactId]) -> dict[ContactId, int]:
        """How many conversations each has."""
        ...

    async def insert(self, *conversations: Conversation) -> None:
        """Raises Duplicate when the contact has an unresolved one on the channel."""
        ...

    async def save(self, conversation: Conversation) -> Conversation:
        """Write it whole, if nobody wrote since it was read (`version`); the stored one, its version counted up.
        Raises Stale."""
        ...

    async def page(self, query: ConversationQuery, *, after: Page | None, limit: int) -> list[Conversation]:
        """Newest activity first; Page.at is last_activity_at."""
        ...

    async def counts(self, agent_id: AgentId | None) -> Counts: ...

    async def standing(self, channel_id: ChannelId | None, team_id: TeamId | None) -> Standing:
        """Of those on the channel (None: any) and of the team."""
        ...

    async def unresolved(self, channel_id: ChannelId | None, team_id: TeamId | None) -> list[Conversation]:
        """All that `standing` counts, oldest first."""
        ...

    async def open_counts(self) -> dict[AgentId, int]:
        """Open conversations of each agent that has any."""
        ...

    async def unassigned(self, limit: int) -> list[Conversation]:
        """Open ones without assignee, longest waiting first."""
        ...

    async def waking(self, now: datetime, limit: int) -> list[Conversation]:
        """Snoozed ones whose time has come."""
        ...

    async def next_number(self) -> int: ...

    async def next_numbers(self, count: int) -> Sequence[int]:
        """That many, one after the other. Raises ValueError on none."""
        ...

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        """Every conversation of the contact becomes the other's. Raises Duplicate where both have an unresolved one on
        a channel."""
        ...

    async def count_of_channel(self, channel_id: ChannelId) -> int: ...


class MessageStore(Protocol):
    async def insert(self, *messages: Message) -> None:
        """All or none. Those that are not to be read first are queued for search with it. Raises Duplicate on a known
        external id of the channel, or client id or position of the conversation."""
        ...

    async def get(self, message_id: MessageId) -> Message | None: ...

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]: ...

    async def by_external_id(self, channel_id: ChannelId, external_id: str) -> Message | None: ...

    async def by_client_id(self, conversation_id: ConversationId, client_id: str) -> Message | None: ...

    async def by_attachment(self, attachment_id: str) -> Message | None: ...

    async def thread(self, conversation_id: ConversationId, *, after: int, until: int) -> list[Message]:
        """Entries with after < position <= until, by position. At most 500: ask for windows."""
        ...

    async def timeline(self, contact_id: ContactId, *, before: Page | None, limit: int) -> list[Message]:
        """Over all conversations, newest first; Page.at is occurred_at."""
        ...

    async def set_analyses(self, readings: Sequence[Reading]) -> int:
        """Only of messages that are pending and say what was read: the first reading stands. Of how many it was set;
        those are queued for search with it."""
        ...

    async def read_again(self, message_id: MessageId) -> bool:
        """A failed reading is pending again; False when it is not failed."""
        ...

    async def set_correction(self, message_id: MessageId, correction: Corrected | None) -> Message | None:
        """None: the message is gone."""
        ...

    async def set_status(
        self,
        message_id: MessageId,
        status: MessageStatus,
        *,
        failure: SendFailure | None = None,
        external_ids: tuple[str, ...] | None = None,
        only_from: MessageStatus | None = None,
    ) -> Message | None:
        """Only forward (`STATUS_RANK`: to a higher rank, or within rank 0; failure is replaced as well), and only from
        `only_from` where that is given; None when it was not. Raises Duplicate when another message of the channel has
        one of the external ids."""
        ...

    async def requeue(self, message_id: MessageId) -> Message | None:
        """Failed or unknown back to queued, because an agent decided; None when it was neither. The platform's ids of
        the earlier try are forgotten: what it says of them is not about the new one."""
        ...

    async def join(self, contact_id: ContactId, into: ContactId) -> None:
        """Every message of the contact becomes the other's."""
        ...

    async def set_attachment(self, message_id: MessageId, attachment: Attachment) -> Message | None: ...

    async def revise(self, message: Message) -> Message | None:
        """What it says now (content and its type, details, attachments, template, whether it is to be read), queued for
        search; None: it is gone."""
        ...
