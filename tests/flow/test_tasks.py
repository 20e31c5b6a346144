"""What is done after a message is stored: all of it, whatever happens meanwhile, and nothing in the way of anything."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from scrm.errors import SendError, SendErrorCode
from scrm.flow.decide import Workforce
from scrm.flow.enrich import Enrich
from scrm.flow.partitions import LASTS_SECONDS, Claim
from scrm.flow.tasks import FILE_ATTEMPTS, MAX_ATTEMPTS
from scrm.ids import AgentId, ConversationId, TaskId
from scrm.model.message import AttachmentState, Message
from scrm.model.work import Task, TaskKind, partition_of
from scrm.ports.channel import FetchedMedia, Profile
from tests.flow.conftest import CHANNEL, WordAnalyser, World, until
from tests.flow.make import agent
from tests.flow.scripted import ScriptedAdapter


async def test_work_that_is_wanted_again_while_it_is_done_is_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def profile(_: ScriptedAdapter, handle: str) -> Profile:
        asked.append(handle)
        if len(asked) == 1:  # while the platform answers
            contact = (await world.conversation()).contact_id
            [again] = await world.stores.tasks.due(
                partition_of(CHANNEL, "alice"), world.clock.now(), 9, asks_platform=True
            )
            assert again.subject == contact
            await world.stores.tasks.add([again])
        return Profile()

    monkeypatch.setattr(ScriptedAdapter, "fetch_profile", profile)
    await world.says("hello")
    assert asked == ["alice", "alice"]


async def test_a_reading_that_cannot_even_be_given_up_holds_up_no_other(
    world: World, analyser: WordAnalyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Enrich._store

    async def breaks(self: Enrich, messages: Sequence[Message], *rest: Any) -> Any:
        if any(message.content == "poison" for message in messages):
            raise RuntimeError("a bug")
        return await store(self, messages, *rest)

    monkeypatch.setattr(Enrich, "_store", breaks)
    analyser.busy = 1  # so that they are read after they are stored
    await world.says("poison")
    await world.says("my refund", sender="bob")
    for _ in range(MAX_ATTEMPTS):
        world.clock.advance(600)
        await world.works()
    [failed] = await world.stores.tasks.failed(after=None, limit=9)
    assert failed.kind is TaskKind.ANALYSE
    assert (await world.conversation("bob")).category == "refund_return"


AWAY = SendError(SendErrorCode.UNREACHABLE, retryable=True)
PICTURE = FetchedMedia(data=b"png", media_type="image/png", file_name="a.png")


async def sends_pictures(world: World, *sources: str) -> list[AttachmentState]:
    await world.arrives(world.text("") | {"media": sources})
    await world.works()
    return await states(world)


async def states(world: World) -> list[AttachmentState]:
    [message, *_] = await world.thread((await world.conversation()).id)
    return [attachment.state for attachment in message.attachments]


async def test_a_platform_that_is_away_for_an_evening_costs_no_picture(world: World) -> None:
    world.platform.files["m1"] = AWAY
    assert await sends_pictures(world, "m1") == [AttachmentState.PENDING]
    for _ in range(FILE_ATTEMPTS - 2):
        world.clock.advance(9 * 3600)
        await world.works()
    world.platform.files["m1"] = PICTURE
    world.clock.advance(9 * 3600)
    await world.works()
    assert await states(world) == [AttachmentState.STORED]


async def test_a_picture_that_never_comes_is_said_to_be_missing(world: World) -> None:
    world.platform.files["m1"] = AWAY
    await sends_pictures(world, "m1")
    for _ in range(FILE_ATTEMPTS - 1):
        world.clock.advance(9 * 3600)
        await world.works()
    assert await states(world) == [AttachmentState.FAILED]
    assert await world.stores.tasks.failed(after=None, limit=9) == []


async def test_a_picture_that_has_to_wait_holds_up_no_other_of_its_message(world: World) -> None:
    world.platform.files |= {"m1": AWAY, "m2": PICTURE}
    assert await sends_pictures(world, "m1", "m2") == [AttachmentState.PENDING, AttachmentState.STORED]
    world.platform.files["m1"] = PICTURE
    world.clock.advance(60)
    await world.works()
    assert await states(world) == [AttachmentState.STORED] * 2


async def test_a_picture_of_a_channel_that_was_deleted_is_said_to_be_missing(world: World) -> None:
    world.platform.files["m1"] = AWAY
    await sends_pictures(world, "m1")
    await world.stores.channels.delete(CHANNEL)
    await world.hub.channel_changed(CHANNEL)
    world.clock.advance(60)
    await world.works()
    assert await states(world) == [AttachmentState.FAILED]


async def test_who_lost_the_lease_while_waiting_to_write_writes_nothing(world: World) -> None:
    """Taking in and routing take turns; the turn may come when another process has the partition."""
    partition = partition_of(CHANNEL, "alice")
    await world.arrives(world.text("hello"))
    claim = Claim(partition, world.clock, LASTS_SECONDS)
    for step in (world.hub._ingest_step, world.hub._tasks.read_step):
        async with claim.writing:
            began = asyncio.create_task(step(claim))
            await until(lambda: bool(claim.writing._waiters))
            world.clock.advance(LASTS_SECONDS)
        await began
        assert await world.stores.journal.waiting_in() == {partition}
        claim.extend((world.clock.monotonic(), world.clock.now()))
        await world.stores.tasks.add([
            Task(id=TaskId("t1"), kind=TaskKind.ROUTE, subject="v1", partition=partition, due_at=world.clock.now())
        ])  # fmt: skip
    assert await world.stores.tasks.due_in(world.clock.now(), asks_platform=False) == {partition}


async def test_who_comes_in_waits_for_one_of_the_queue_not_for_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What their partition takes in waits with them."""
    await world.stores.agents.insert(agent("li", availability="offline", capacity=9))
    for sender in ("bob", "carol"):
        await world.says("hello", sender=sender)
    await world.says("hello")
    arrives = await world.conversation()
    await world.stores.conversations.save(replace(arrives, routed_at=None))
    await world.hub.availability(AgentId("li"), "online")  # type: ignore[arg-type]
    routing = world.hub._routing
    write, written = routing._write, list[ConversationId]()

    async def noting(conversation_id: ConversationId, workforce: Workforce, *, first: bool) -> None:
        written.append(conversation_id)
        if not comes:
            comes.append(asyncio.create_task(routing.route(arrives.id)))
            await until(lambda: bool(routing._turn._waiters))
        await write(conversation_id, workforce, first=first)

    comes: list[asyncio.Task[None]] = []
    monkeypatch.setattr(routing, "_write", noting)
    await routing.drain()
    await comes[0]
    queue = [(await world.conversation(sender)).id for sender in ("bob", "carol")]
    assert written == [queue[0], arrives.id, queue[1]]
