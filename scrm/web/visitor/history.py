"""What a visitor may read of the past: their own messages and agents' that left, over all conversations on the channel.

Conversations of one contact on one channel follow each other, and their ids are in the order they began, so a place
is a conversation and a position in it.
"""

from collections.abc import Sequence

from scrm.ids import ChannelId, ContactId, ConversationId
from scrm.model.base import Record
from scrm.model.conversation import Conversation
from scrm.model.message import Message, MessageKind, MessageStatus
from scrm.ports.stores import Stores
from scrm.web.visitor.frames import Place, shown

PAGE = 40
# Conversations of a contact that are looked at, newest activity first; what is older an agent can still read.
_MOST_CONVERSATIONS = 60
_WINDOW = 100
# Windows read for one page at the most, should they hold little but notes.
_MOST_WINDOWS = 20
# An agent's message can leave later than what stands after it; so far back a page that resumes is given those that
# were sent and did not reach it.
_LOOK_BACK = 100


class Page(Record, kw_only=True):
    """entries: in order. before: where the page before it ends; None: there is none."""

    entries: tuple[Message, ...]
    before: Place | None


async def conversations(stores: Stores, contact_id: ContactId, channel_id: ChannelId) -> list[Conversation]:
    """The contact's on the channel, oldest first."""
    found = await stores.conversations.of_contact(contact_id, _MOST_CONVERSATIONS)
    return sorted((each for each in found if each.channel_id == channel_id), key=lambda each: each.id)


async def before(stores: Stores, found: Sequence[Conversation], place: Place | None) -> Page:
    """The last entries before a place, or of all."""
    entries: list[Message] = []
    windows = 0
    for conversation in reversed(found):
        until = conversation.last_position
        if place is not None:
            if conversation.id > place.conversation_id:
                continue
            if conversation.id == place.conversation_id:
                until = min(until, place.position - 1)
        while until > 0:
            if len(entries) >= PAGE or windows >= _MOST_WINDOWS:
                return _cut(entries, Place(conversation_id=conversation.id, position=until + 1))
            windows += 1
            read = await stores.messages.thread(conversation.id, after=max(0, until - _WINDOW), until=until)
            entries = [message for message in read if shown(message)] + entries
            until -= _WINDOW
    return _cut(entries, None)


def _cut(entries: list[Message], rest: Place | None) -> Page:
    if len(entries) > PAGE:
        entries = entries[-PAGE:]
        rest = Place(conversation_id=entries[0].conversation_id, position=entries[0].position)
    return Page(entries=tuple(entries), before=rest)


async def after(stores: Stores, conversation: Conversation, position: int) -> list[Message]:
    """Entries after a position, and agents' messages before it that left and did not arrive."""
    entries: list[Message] = []
    start = max(0, min(position, conversation.last_position - _LOOK_BACK))
    while start < conversation.last_position:
        until = min(start + _WINDOW, conversation.last_position)
        for message in await stores.messages.thread(conversation.id, after=start, until=until):
            if shown(message) and (message.position > position or _did_not_arrive(message)):
                entries.append(message)
        start = until
    return entries


def _did_not_arrive(message: Message) -> bool:
    return message.kind is MessageKind.OUTGOING and message.status in (MessageStatus.SENDING, MessageStatus.SENT)


def index_of(found: Sequence[Conversation], conversation_id: ConversationId | str) -> int | None:
    return next((number for number, each in enumerate(found) if each.id == conversation_id), None)
