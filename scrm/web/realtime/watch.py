"""One conversation, followed on one socket: nothing missed, nothing twice.

First the watch stands (live entries arrive and are held), then the backlog is read by windows of positions until the
last one, then what was held is sent, and from there everything as it comes. An entry written before the backlog was
read is in the backlog; one written after comes live; one that is in both is recognised by its id and revision.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from scrm.ids import ConversationId, MessageId
from scrm.model.message import Message
from scrm.ports.stores import Stores
from scrm.web.realtime.frames import CaughtUp, ErrorFrame, MessageFrame, encode

_WINDOW = 100
# Entries whose sent revision is remembered. Older ones change rarely, and a repeated frame is harmless to a screen.
_REMEMBERED = 2_000
_MOST_HELD = 2_000


class Line(Protocol):
    def offer(self, key: str, frame: bytes) -> None: ...

    def reload(self) -> None: ...

    async def room(self) -> None: ...


Show = Callable[[Message], Message]


def as_it_is(message: Message) -> Message:
    return message


class Watch:
    def __init__(
        self, conversation_id: ConversationId, after: int, stores: Stores, line: Line, show: Show = as_it_is
    ) -> None:
        """after: the last position the screen has; -1: it wants no backlog. show: an entry of the backlog as this
        screen may see it; live ones come as it may."""
        self.conversation_id = conversation_id
        self._after = after
        self._stores = stores
        self._line = line
        self._show = show
        self._sent: OrderedDict[MessageId, int] = OrderedDict()
        self._held: dict[MessageId, Message] | None = {}

    def live(self, message: Message, frame: bytes) -> None:
        """An entry was written or changed. frame: it, encoded once for all who watch."""
        if self._held is None:
            self._offer(message, frame)
            return
        known = self._held.get(message.id)
        if known is None or known.revision < message.revision:
            self._held[message.id] = message
        if len(self._held) > _MOST_HELD:
            self._held.clear()
            self._line.reload()

    async def catch_up(self) -> None:
        """Send the backlog, then let live entries through. Raises StoreUnavailable."""
        position = self._after
        while True:
            conversation = await self._stores.conversations.get(self.conversation_id)
            if conversation is None:
                gone = ErrorFrame(code="not_found", conversation_id=self.conversation_id)
                self._line.offer("error", encode(gone))
                return
            last = conversation.last_position
            if self._after < 0 or position >= last:
                break
            while position < last:
                until = min(position + _WINDOW, last)
                entries = await self._stores.messages.thread(self.conversation_id, after=position, until=until)
                for entry in entries:
                    await self._line.room()
                    self._offer(self._show(entry), None)
                position = until
        # No await from here on: between the last look and going live nothing can slip through.
        held, self._held = self._held or {}, None
        for entry in sorted(held.values(), key=lambda entry: entry.position):
            self._offer(entry, None)
            position = max(position, entry.position)
        frame = CaughtUp(conversation_id=self.conversation_id, position=max(position, last))
        self._line.offer(f"caught_up:{self.conversation_id}", encode(frame))

    def _offer(self, message: Message, frame: bytes | None) -> None:
        if self._sent.get(message.id, -1) >= message.revision:
            return
        self._sent[message.id] = message.revision
        self._sent.move_to_end(message.id)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        self._line.offer(f"message:{message.id}", frame or encode(MessageFrame(message=message)))
