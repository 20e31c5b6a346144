"""The line of one socket and the watch of one conversation, without a network."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scrm.clock import ManualClock
from scrm.ids import AgentId, ChannelId, ContactId, ConversationId, MessageId, TokenId
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message, MessageKind
from scrm.model.people import ApiToken, ReadMark, Role
from scrm.web.auth import Principal
from scrm.web.realtime.frames import MessageFrame, encode
from scrm.web.realtime.listener import LONGEST, Listener
from scrm.web.realtime.marks import Marks
from scrm.web.realtime.watch import Watch

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WHO = Principal(role=Role.ADMIN, token=ApiToken(id=TokenId("t"), name="t", digest="d", role=Role.ADMIN, created_at=NOW))
ROOM = ConversationId("c1")


async def taken(listener: Listener) -> bytes | None:
    task = asyncio.ensure_future(listener.take())
    await asyncio.sleep(0)
    if task.done():
        return task.result()
    task.cancel()
    return None


async def everything(listener: Listener) -> list[bytes]:
    found = []
    while (frame := await taken(listener)) is not None:
        found.append(frame)
    return found


async def test_a_newer_frame_takes_the_place_of_one_about_the_same() -> None:
    listener = Listener(WHO)
    listener.offer("a", b"a1")
    listener.offer("b", b"b1")
    listener.offer("a", b"a2")
    assert await everything(listener) == [b"a2", b"b1"]


async def test_a_reader_who_falls_behind_is_told_once_to_load_again() -> None:
    listener = Listener(WHO)
    for number in range(LONGEST + 10):
        listener.offer(f"k{number}", b"x")
    found = await everything(listener)
    assert found[0] == b'{"type":"reload"}'
    assert len(found) == 10
    assert listener.dropped == LONGEST


async def test_who_can_wait_waits_for_room() -> None:
    listener = Listener(WHO)
    for number in range(LONGEST // 2):
        listener.offer(f"k{number}", b"x")
    waiting = asyncio.ensure_future(listener.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await listener.take()
    await asyncio.sleep(0)
    assert waiting.done()


def entry(position: int, revision: int = 0) -> Message:
    return Message(
        id=MessageId(f"m{position:05}"),
        conversation_id=ROOM,
        contact_id=ContactId("p"),
        channel_id=ChannelId("ch"),
        position=position,
        rank=float(position),
        kind=MessageKind.NOTE,
        author=Author(type=AuthorType.SYSTEM),
        occurred_at=NOW,
        created_at=NOW,
        revision=revision,
    )


class Book:
    """A conversation that grows while it is read: `happens` runs before each read that names its number."""

    def __init__(self, happens: dict[int, Any]) -> None:
        self.entries: list[Message] = []
        self._happens = happens
        self._reads = 0
        self.conversations = self.messages = self

    async def _now(self) -> None:
        action = self._happens.get(self._reads)
        self._reads += 1
        if action:
            action()
        await asyncio.sleep(0)

    async def get(self, conversation_id: ConversationId) -> Conversation:
        await self._now()
        return Conversation(
            id=ROOM,
            number=1,
            contact_id=ContactId("p"),
            channel_id=ChannelId("ch"),
            created_at=NOW,
            last_activity_at=NOW,
            last_position=len(self.entries),
        )

    async def thread(self, conversation_id: ConversationId, *, after: int, until: int) -> list[Message]:
        await self._now()
        return [each for each in self.entries if after < each.position <= until]


class Line:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.reloads = 0

    def offer(self, key: str, frame: bytes) -> None:
        self.frames.append(msgspec.json.decode(frame))

    def reload(self) -> None:
        self.reloads += 1

    async def room(self) -> None:
        await asyncio.sleep(0)


@given(
    start=st.integers(0, 250),
    after=st.integers(0, 260),
    writes=st.dictionaries(st.integers(0, 12), st.tuples(st.integers(1, 120), st.booleans()), max_size=6),
)
def test_nothing_is_missed_or_repeated_however_writing_and_reading_interleave(
    start: int, after: int, writes: dict[int, tuple[int, bool]]
) -> None:
    """Entries may be heard of live at once, or only after the backlog was read (`late`)."""

    async def run() -> None:
        late: list[Message] = []
        happens: dict[int, Any] = {}
        line = Line()

        def live(message: Message) -> None:
            watch.live(message, encode(MessageFrame(message=message)))

        def write(count: int, at_once: bool) -> None:
            for _ in range(count):
                message = entry(len(book.entries) + 1)
                book.entries.append(message)
                live(message) if at_once and not late else late.append(message)

        for number, (count, at_once) in writes.items():
            happens[number] = lambda count=count, at_once=at_once: write(count, at_once)
        book = Book(happens)
        book.entries = [entry(position) for position in range(1, start + 1)]
        watch = Watch(ROOM, after, book, line)  # type: ignore[arg-type]
        await watch.catch_up()
        for message in late:
            live(message)
        late.clear()
        write(3, True)
        positions = [each["message"]["position"] for each in line.frames if each["type"] == "message"]
        wanted = list(range(after + 1, len(book.entries) + 1))
        assert [position for position in positions if position > after] == wanted
        assert len(positions) == len(set(positions))
        assert sum(each["type"] == "caught_up" for each in line.frames) == 1

    asyncio.run(run())


async def test_a_change_during_the_backlog_is_not_lost() -> None:
    line = Line()
    changed = entry(1, revision=4)
    book = Book({2: lambda: watch.live(changed, b"{}")})
    book.entries = [entry(1), entry(2)]
    watch = Watch(ROOM, 0, book, line)  # type: ignore[arg-type]
    await watch.catch_up()
    shown = [(each["message"]["position"], each["message"]["revision"]) for each in line.frames if "message" in each]
    assert shown == [(1, 0), (2, 0), (1, 4)]
    watch.live(changed, b"{}")
    assert len(line.frames) == 4


async def test_what_is_asked_while_the_agent_leaves_is_answered() -> None:
    """The last screen of an agent may close in the middle of a look at how far it has read."""
    agent_id = AgentId("a1")

    class Store:
        async def save(self, mark: ReadMark) -> None:
            raise AssertionError

        async def of_agent(self, of: AgentId, ids: Collection[ConversationId]) -> dict[ConversationId, ReadMark]:
            marks.forget(of)
            mark = ReadMark(agent_id=of, conversation_id=ROOM, position=4, incoming_count=3, at=NOW)
            return {ROOM: mark}

    marks = Marks(Store(), ManualClock())
    assert await marks.seen(agent_id, [ROOM, ConversationId("c2")]) == {ROOM: 3, ConversationId("c2"): 0}
