"""One page of a visitor, followed: what it lacks first, then what comes, without a gap and each once.

The stream joins the hall before it reads, and holds what comes live until the backlog is in its line; an entry that is
in both is recognised by its id and revision.
"""

from collections import OrderedDict
from collections.abc import Sequence

from scrm.ids import ChannelId, ContactId, MessageId
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.ports.stores import Stores
from scrm.web.realtime.line import Line
from scrm.web.visitor import history
from scrm.web.visitor.faces import Faces
from scrm.web.visitor.frames import CaughtUp, EntryFrame, Place, encode, entry, shown, state

_REMEMBERED = 500
_MOST_HELD = 1_000
# Entries a page that comes back is told one by one. One that lacks more begins anew, with the newest: the whole of it
# must fit into the line before anybody takes from it.
_MOST_LACKED = 200


class Stream(Line):
    def __init__(self, channel_id: ChannelId, handle: str, expires: int, address: str, *, rating: bool) -> None:
        """expires: of the visitor's pass, seconds since 1970. address: it comes from, as limits count it. rating: the
        channel asks for one."""
        super().__init__()
        self.channel_id = channel_id
        self.handle = handle
        self.expires = expires
        self.address = address
        self.rating = rating
        self.contact_id: ContactId | None = None
        self.conversation: Conversation | None = None
        self.heard_at = 0.0
        self._sent: OrderedDict[MessageId, int] | None = None
        self._held: dict[MessageId, Message] | None = {}

    async def next(self) -> bytes | None:
        """The next frame; None once the stream is ended."""
        while not self.ended.done():
            if len(self):
                return await self.take()
            self._filled.clear()
            await self._filled.wait()
        return None

    def end(self, code: int, reason: str) -> None:
        super().end(code, reason)
        self._filled.set()

    def live(self, message: Message, frame: bytes) -> None:
        """An entry was written or changed. frame: it, encoded once for all pages of the contact."""
        if self._held is None:
            self._offer(message, frame)
            return
        known = self._held.get(message.id)
        if known is None or known.revision < message.revision:
            self._held[message.id] = message
        if len(self._held) > _MOST_HELD:
            self._held.clear()
            self.reload()

    def now_in(self, conversation: Conversation, faces: Faces) -> None:
        """The newest conversation is new or changed."""
        current = self.conversation
        if current is not None and (current.id, current.version) > (conversation.id, conversation.version):
            return
        before = state(current, faces, rating=self.rating) if current is not None else None
        self.conversation = conversation
        frame = state(conversation, faces, rating=self.rating)
        if frame != before:
            self.offer("state", encode(frame))

    async def catch_up(self, stores: Stores, faces: Faces, place: Place | None) -> None:
        """Offer what the page lacks, then let live entries through. Raises StoreUnavailable."""
        self._held = self._held if self._held is not None else {}
        await faces.load()
        found: list[Conversation] = []
        if self.contact_id is not None:
            found = await history.conversations(stores, self.contact_id, self.channel_id)
        began = history.index_of(found, place.conversation_id) if place is not None else None
        if began is not None and place is not None and _lacks(found[began:], place) > _MOST_LACKED:
            began = None
        anew = place is not None and began is None
        if anew:
            self._sent = None
        earlier: Place | None = None
        if began is None or place is None:
            page = await history.before(stores, found, None)
            earlier = page.before
            for message in page.entries:
                self._offer(message, encode(EntryFrame(entry=entry(message, faces))), again=True)
        else:
            for number, conversation in enumerate(found[began:]):
                position = place.position if number == 0 else 0
                for message in await history.after(stores, conversation, position):
                    self._offer(message, encode(EntryFrame(entry=entry(message, faces))), again=True)
        if found:
            self.conversation = None  # said again to a page that came back
            self.now_in(found[-1], faces)
        # No await from here on: between the last look and going live nothing can slip through.
        held, self._held = self._held, None
        for message in sorted(held.values(), key=lambda message: (message.conversation_id, message.position)):
            self._offer(message, encode(EntryFrame(entry=entry(message, faces))))
        end = Place(conversation_id=found[-1].id, position=found[-1].last_position) if found else None
        self.offer("caught_up", encode(CaughtUp(place=end, earlier=earlier is not None, anew=anew, before=earlier)))

    def _offer(self, message: Message, frame: bytes, *, again: bool = False) -> None:
        """again: the page asked for it, whatever was sent before."""
        if not shown(message):
            return
        self._sent = self._sent if self._sent is not None else OrderedDict()
        if not again and self._sent.get(message.id, -1) >= message.revision:
            return
        self._sent[message.id] = message.revision
        self._sent.move_to_end(message.id)
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        self.offer(f"entry:{message.id}", frame)


def _lacks(found: Sequence[Conversation], place: Place) -> int:
    """How many entries lie after the place, which is in the first of them."""
    return sum(conversation.last_position for conversation in found) - place.position
