"""Which visitors' pages are open in this process, and what each is told. Synchronous, but for its round.

A visitor who never wrote is nobody the database knows, so pages are found by the visitor's handle until a message of
that handle is on the timeline: it names the contact, and from then on the page belongs to that one.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web

from scrm.clock import Clock, end_tasks
from scrm.errors import TooMany, Unavailable
from scrm.ids import AgentId, ChannelId, ContactId
from scrm.model.channel import Channel
from scrm.model.conversation import Conversation
from scrm.model.message import Message, MessageKind
from scrm.model.people import Agent
from scrm.web.visitor.faces import Faces
from scrm.web.visitor.frames import EntryFrame, Ping, TypingFrame, encode, entry, shown
from scrm.web.visitor.sites import Sites
from scrm.web.visitor.stream import Stream

# A page that hears nothing for a while takes the line for dead; a line that carries no answer is dead.
PING_EVERY = 25.0
SILENT = 70.0
# Pages of one visitor: beyond this the oldest gives way.
MOST_OF_ONE = 10
# Sockets and long polls of one process: at 40 KiB each, some 800 MB.
MOST = 20_000
# Of them from one address: a large office or a mobile provider's gate, but not the whole hub.
MOST_OF_ADDRESS = 1_000
CLOSED_RESTART = 1012
CLOSED_PASS = 4401
CLOSED_TOO_MANY = 4429
CLOSED_SILENT = 4408
_PING = encode(Ping())

# Channel, and a visitor's handle or contact id.
Key = tuple[str, str]


class Visitors:
    def __init__(self, sites: Sites, faces: Faces, clock: Clock) -> None:
        self.sites = sites
        self.faces = faces
        self._clock = clock
        self._by_handle: dict[Key, list[Stream]] = defaultdict(list)
        self._by_contact: dict[Key, list[Stream]] = defaultdict(list)
        self._by_address: Counter[str] = Counter()
        self._count = 0
        self._closing = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __iter__(self) -> Iterator[Stream]:
        return (stream for streams in list(self._by_handle.values()) for stream in list(streams))

    def __len__(self) -> int:
        return self._count

    def join(self, stream: Stream, contact_id: ContactId | None) -> None:
        """Raises Unavailable when this process can take no more, TooMany when it takes no more from there."""
        if self._count >= MOST:
            raise Unavailable("too many visitors are here; try again", retry_after=10)
        if self._by_address[stream.address] >= MOST_OF_ADDRESS:
            raise TooMany("too many pages are open at this address; try again", retry_after=30)
        mine = self._by_handle[stream.channel_id, stream.handle]
        mine.append(stream)
        self._count += 1
        self._by_address[stream.address] += 1
        self._empty.clear()
        stream.heard_at = self._clock.monotonic()
        if contact_id is not None:
            self._bind(stream, contact_id)
        if len(mine) > MOST_OF_ONE:
            mine[0].end(CLOSED_TOO_MANY, "too many open pages")
        if self._closing:
            stream.end(CLOSED_RESTART, "restarting")

    def leave(self, stream: Stream) -> None:
        _drop(self._by_handle, (stream.channel_id, stream.handle), stream)
        if stream.contact_id is not None:
            _drop(self._by_contact, (stream.channel_id, stream.contact_id), stream)
        self._count -= 1
        self._by_address[stream.address] -= 1
        if not self._by_address[stream.address]:
            del self._by_address[stream.address]
        if not self._count:
            self._empty.set()

    def _bind(self, stream: Stream, contact_id: ContactId) -> None:
        if stream.contact_id == contact_id:
            return
        if stream.contact_id is not None:
            _drop(self._by_contact, (stream.channel_id, stream.contact_id), stream)
            stream.reload()  # two contacts became one: the page shows the history of both
        stream.contact_id = contact_id
        self._by_contact[stream.channel_id, contact_id].append(stream)

    # --- what the feed of changes says ------------------------------------------------------------------------------

    def message(self, message: Message) -> None:
        if not self._count:
            return
        if message.kind is MessageKind.INCOMING and message.external_ids:
            handle = message.external_ids[0].partition(":")[0]
            for stream in self._by_handle.get((message.channel_id, handle), ()):
                self._bind(stream, message.contact_id)
        streams = self._by_contact.get((message.channel_id, message.contact_id))
        if not streams or not shown(message):
            return
        frame = encode(EntryFrame(entry=entry(message, self.faces)))
        for stream in streams:
            stream.live(message, frame)

    def conversation(self, conversation: Conversation) -> None:
        for stream in self._by_contact.get((conversation.channel_id, conversation.contact_id), ()):
            stream.now_in(conversation, self.faces)

    def agent(self, agent: Agent) -> None:
        self.faces.put(agent)

    def channel(self, channel_id: ChannelId, channel: Channel | None) -> None:
        """Where it changed, or is gone, its visitors ask for a session again, and get what stands now."""
        if self.sites.put(channel) if channel is not None else self.sites.forget(channel_id):
            for stream in self:
                if stream.channel_id == channel_id:
                    stream.end(CLOSED_PASS, "the channel changed")

    def typing(self, conversation: Conversation, agent_id: AgentId | None) -> None:
        streams = self._by_contact.get((conversation.channel_id, conversation.contact_id))
        if streams:
            frame = encode(TypingFrame(agent=self.faces.name(agent_id)))
            for stream in streams:
                stream.offer("typing", frame)

    def lost(self) -> None:
        """Changes may have been missed."""
        self.sites.forget_all()
        self.faces.forget()
        for stream in self:
            stream.reload()

    # --- the round, and the end -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """One task for all pages: a timer each would be most of what an idle page costs."""
        task = asyncio.create_task(self._rounds(), name="visitors")
        try:
            yield
        finally:
            await end_tasks(task)

    async def _rounds(self) -> None:
        while True:
            await self._clock.sleep(PING_EVERY)
            now, moment = self._clock.monotonic(), self._clock.now().timestamp()
            for stream in self:
                if now - stream.heard_at > SILENT:
                    stream.end(CLOSED_SILENT, "nothing was heard")
                elif stream.expires <= moment:
                    stream.end(CLOSED_PASS, "the session has ended")
                elif not len(stream):
                    stream.offer("ping", _PING)

    def close(self) -> None:
        self._closing = True
        for stream in self:
            stream.end(CLOSED_RESTART, "restarting")

    async def emptied(self) -> None:
        """Until the last one has left; their endings are bounded."""
        await self._empty.wait()


def _drop(held: dict[Key, list[Stream]], key: Key, stream: Stream) -> None:
    streams = held.get(key)
    if streams is not None and stream in streams:
        streams.remove(stream)
        if not streams:
            del held[key]


VISITORS = web.AppKey("visitors", Visitors)
