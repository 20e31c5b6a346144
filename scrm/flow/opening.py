"""Which conversation something belongs to: the one under way, the one before it opened again, or a new one."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from scrm.flow import records, window
from scrm.flow.adapters import Connected
from scrm.flow.draft import Draft
from scrm.flow.report import Reporter
from scrm.ids import ContactId, ConversationId, IdFactory
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Author, AuthorType
from scrm.ports.channel import IncomingMessage, PlatformEvent
from scrm.ports.stores import Stores


class Openings:
    def __init__(self, stores: Stores, reporter: Reporter, ids: IdFactory, reopen_within: timedelta) -> None:
        """reopen_within: of the resolution, what the customer writes belongs to the same conversation."""
        self._stores = stores
        self._reporter = reporter
        self._ids = ids
        self._reopen_within = reopen_within

    async def of(
        self,
        contact_id: ContactId,
        event: IncomingMessage | PlatformEvent,
        connected: Connected,
        draft: Draft,
        now: datetime,
    ) -> tuple[Conversation, bool]:
        """The conversation the event belongs to, and whether it is opened by this event, for the first time."""
        opens = isinstance(event, IncomingMessage) or event.opens_conversation
        latest = await draft.latest(contact_id, connected.channel.id)
        if latest is not None and (latest.status is not ConversationStatus.RESOLVED or not opens):
            return (records.woken(latest) if opens and not latest.elsewhere else latest), False
        if latest is not None and self._continues(latest, now):
            # One that only held silent events (a follow) was never open before.
            opened = replace(latest, status=_first_status(latest), resolved_at=None, routed_at=None, opened_at=now)
            if latest.first_incoming_at is None:
                return opened, True
            by = Author(type=AuthorType.CONTACT, id=contact_id)
            opened, line = records.activity(opened, self._ids, now, "reopened", by)
            draft.messages.append(line)
            draft.facts.append(self._reporter.reopened(line))
            return opened, False
        fresh = await self._new_conversation(contact_id, connected, latest, now, silent=not opens)
        draft.open(fresh)
        return fresh, opens

    def _continues(self, resolved: Conversation, now: datetime) -> bool:
        ended = resolved.resolved_at or resolved.last_activity_at
        return resolved.first_incoming_at is None or now - ended <= self._reopen_within

    async def _new_conversation(
        self,
        contact_id: ContactId,
        connected: Connected,
        latest: Conversation | None,
        now: datetime,
        *,
        silent: bool,
    ) -> Conversation:
        """latest: the one before it. silent: the customer only followed or left; nobody has to answer, so it starts
        resolved."""
        return Conversation(
            id=ConversationId(self._ids()),
            number=await self._stores.conversations.next_number(),
            contact_id=contact_id,
            channel_id=connected.channel.id,
            status=ConversationStatus.RESOLVED if silent else _first_status(latest),
            servicing=latest.servicing if latest else None,
            window=window.initial(connected.adapter.type.capabilities, latest.window if latest else None),
            created_at=now,
            last_activity_at=now,
            resolved_at=now if silent else None,
        )


def _first_status(latest: Conversation | None) -> ConversationStatus:
    """Of a conversation that a customer opens: nobody of the hub is to answer who is with the platform's people."""
    return ConversationStatus.PENDING if latest is not None and latest.elsewhere else ConversationStatus.OPEN
