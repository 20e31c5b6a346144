"""Customers pass to the company's people on a platform, and come back. See `scrm.ports.servicers`.

The platform is asked first, and what it did is written after it: if the hub dies in between, passing on or taking back
once more does no harm, and the platform's own events say the same.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, Invalid, NotFound, PlatformRefused, SendError, SendErrorCode
from scrm.flow import records, window
from scrm.flow.adapters import Adapters
from scrm.flow.handover import HandOver
from scrm.flow.people import handle_of
from scrm.flow.reply import refused
from scrm.ids import AgentId, ConversationId, IdFactory
from scrm.model.channel import ChannelState
from scrm.model.conversation import Conversation, ConversationStatus, Servicing
from scrm.model.message import Author, AuthorType, Message
from scrm.ports.abilities import PassesOn, Servicer
from scrm.ports.stores import Stores

T = TypeVar("T")
Change = Callable[[Conversation], tuple[Conversation, Message]]

SENTENCES = {
    SendErrorCode.WINDOW_CLOSED: "The platform's session is over: the customer has to write first.",
    SendErrorCode.WITH_SERVICER: "A person of the company has the customer there, or the customer waits for one.",
    SendErrorCode.SERVICER_AWAY: "This person takes no customers now.",
}


class ServicerDesk:
    def __init__(self, stores: Stores, adapters: Adapters, handover: HandOver, clock: Clock, ids: IdFactory) -> None:
        self._stores = stores
        self._adapters = adapters
        self._handover = handover
        self._clock = clock
        self._ids = ids

    async def of(self, conversation_id: ConversationId) -> Sequence[Servicer]:
        adapter, _ = await self._platform(await self._conversation(conversation_id))
        return sorted(await _asked(adapter.servicers()), key=lambda each: (not each.takes, each.name or each.id))

    async def pass_on(self, conversation_id: ConversationId, servicer_id: str, *, by: Author) -> Conversation:
        conversation = await self._conversation(conversation_id)
        if conversation.status is ConversationStatus.RESOLVED:
            raise Conflict("The conversation is resolved.")
        adapter, recipient = await self._platform(conversation)
        name = ""
        if servicer_id:
            found = next((each for each in await _asked(adapter.servicers()) if each.id == servicer_id), None)
            if found is None:
                raise Invalid("There is no such person.", errors={"servicer_id": "takes no customers of this account"})
            if not found.takes:
                raise PlatformRefused(SendErrorCode.SERVICER_AWAY, SENTENCES[SendErrorCode.SERVICER_AWAY])
            name = found.name or found.id
        await _asked(adapter.pass_on(recipient, servicer_id))

        def passed(found: Conversation) -> tuple[Conversation, Message]:
            now = self._clock.now()
            waits = found.status is not ConversationStatus.RESOLVED
            changed = replace(
                found,
                servicing=Servicing(servicer_id=servicer_id, at=now),
                status=ConversationStatus.PENDING if waits else found.status,
                snoozed_until=None,
                waiting_since=None,
                last_activity_at=now,
            )
            return records.activity(
                changed, self._ids, now, "platform_session", by, state="passed_on" if name else "queued", servicer=name
            )

        return await self._written(conversation_id, passed)

    async def take_back(self, conversation_id: ConversationId, *, by: Author) -> Conversation:
        conversation = await self._conversation(conversation_id)
        if not conversation.elsewhere:
            raise Conflict("Nobody has the customer on the platform.")
        adapter, recipient = await self._platform(conversation)
        ended = await _asked(adapter.take_back(recipient))

        def back(found: Conversation) -> tuple[Conversation, Message]:
            now = self._clock.now()
            resolved = found.status is ConversationStatus.RESOLVED
            mine = found.assignee_id is None and by.type is AuthorType.AGENT and by.id
            changed = replace(
                found,
                servicing=Servicing(servicer_id=None, at=now),
                window=window.ended(found.window, now) if ended else found.window,
                status=found.status if resolved else ConversationStatus.OPEN,
                snoozed_until=None,
                assignee_id=AgentId(by.id) if mine and by.id else found.assignee_id,
                routed_at=found.routed_at or (now if mine else None),
                last_activity_at=now,
            )
            state = "taken_back" if ended else "returned"
            return records.activity(changed, self._ids, now, "platform_session", by, state=state)

        return await self._written(conversation_id, back)

    async def _written(self, conversation_id: ConversationId, change: Change) -> Conversation:
        async def work() -> Conversation:
            before = await self._conversation(conversation_id)
            changed, line = change(before)
            await self._stores.messages.insert(line)
            saved = await self._stores.conversations.save(changed)
            await self._handover.changed(before, saved)
            return saved

        try:
            saved = await self._stores.transaction(work)
        except Duplicate as error:
            raise Conflict("The conversation changed at the same moment; try again.") from error
        self._handover.stored(conversation_id)
        return saved

    async def _conversation(self, conversation_id: ConversationId) -> Conversation:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no such conversation")
        return conversation

    async def _platform(self, conversation: Conversation) -> tuple[PassesOn, str]:
        connected = await self._adapters.get(conversation.channel_id)
        if not isinstance(connected.adapter, PassesOn):
            raise Conflict("The channel's platform has no people of its own.")
        if connected.channel.state is ChannelState.PAUSED:
            raise refused(SendErrorCode.CHANNEL_PAUSED)
        recipient = await handle_of(self._stores, conversation)
        if recipient is None:
            raise refused(SendErrorCode.RECIPIENT_UNKNOWN)
        return connected.adapter, recipient


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except SendError as error:
        said = " ".join(filter(None, (str(error), error.detail)))
        raise PlatformRefused(error.code, SENTENCES.get(error.code) or f"The platform said: {said}") from error
