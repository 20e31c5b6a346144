"""Between two writes: the database goes away, a fault strikes or somebody else acts at just that point, and nothing is
lost, doubled, judged wrongly or held up for others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from scrm.errors import Invalid, SendError, SendErrorCode, StoreUnavailable
from scrm.flow import outbox, records, tasks
from scrm.flow.adapters import Adapters, Connected
from scrm.flow.partitions import Claim
from scrm.flow.words import Words, _Compiled
from scrm.ids import AttachmentId, ChannelId, ConversationId, MessageId, WordListId
from scrm.model.account import TemplateKind
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Attachment, AttachmentState, Message, MessageKind, MessageStatus
from scrm.model.words import WordAction, WordHit, WordList, WordVariant
from scrm.model.work import OutboxState, partition_of
from scrm.ports.abilities import Heard, Pulled
from scrm.ports.channel import ChannelAdapter, ChannelContext, Profile, VerifiedRequest
from scrm.ports.flow import ConversationChange
from tests.flow.conftest import AUTHOR, CHANNEL, World
from tests.flow.make import NOW
from tests.flow.scripted import TYPE, ScriptedAdapter, ScriptedTypes
from tests.flow.test_templates import PROGRESS, closed, template

ALICES = partition_of(CHANNEL, "alice")
BROKEN = ChannelId("broken")
LIST = WordListId("list1")


@pytest.fixture
def at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the database waits no time."""

    async def no_time(_seconds: float) -> None: ...

    monkeypatch.setattr(world.clock, "sleep", no_time)


def away_once(monkeypatch: pytest.MonkeyPatch, of: Any, name: str, *, after: bool = False) -> None:
    """The next call finds the database away. after: it does what it is asked, and only its answer is lost."""
    real, failures = getattr(of, name), [StoreUnavailable()]

    async def call(*args: Any, **kwargs: Any) -> Any:
        if failures and after:
            await real(*args, **kwargs)
        if failures:
            raise failures.pop()
        return await real(*args, **kwargs)

    monkeypatch.setattr(of, name, call)


def unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel whose stored settings no longer fit its type, as after an update of the hub."""
    real = Adapters.get

    async def get(self: Adapters, channel_id: ChannelId) -> Connected:
        if channel_id == BROKEN:
            raise Invalid("the settings no longer fit")
        return await real(self, channel_id)

    monkeypatch.setattr(Adapters, "get", get)


async def waits_on_broken(world: World, number: int) -> Message:
    """A reply of the channel that is broken, in alice's partition and before her's."""
    found = replace(
        await world.conversation(), id=ConversationId(f"0{number}"), channel_id=BROKEN, last_position=number
    )
    message = records.written(
        found, world.ids, world.clock.now(), kind=MessageKind.OUTGOING, author=AUTHOR, content="one",
        client_id=f"broken-{number}", attachments=(),
    )  # fmt: skip
    await world.stores.messages.insert(message)
    await world.stores.outbox.insert(replace(records.outbox_entry(message, "b", world.clock.now()), partition=ALICES))
    return message


async def test_replies_of_a_channel_that_is_broken_hold_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than conversations that send abreast, and one that was found in sending."""
    monkeypatch.setattr(outbox, "ABREAST", 2)
    await world.says("hello")
    begun, *waiting = [await waits_on_broken(world, number) for number in range(4)]
    await world.stores.outbox.begin(begun.id, "another")
    message = await world.answers("two")
    unfit(monkeypatch)
    await world.hub._outbox.step(Claim(ALICES, world.clock))
    assert [sent.content for sent in world.platform.sent] == ["two"]
    assert (await world.message(message)).status is MessageStatus.SENT
    # They go when the channel is mended; what may have left waits for an agent.
    assert {(await world.sending(each)).state for each in waiting} == {OutboxState.WAITING}
    assert (await world.message(begun)).status is MessageStatus.UNKNOWN


async def test_a_reply_found_in_sending_that_cannot_be_read_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a newer version of the hub, beside this one, wrote of it what this one does not know."""
    await world.says("hello")
    begun = await waits_on_broken(world, 0)
    await world.stores.outbox.begin(begun.id, "another")
    message = await world.answers("one")
    real = world.stores.messages.get

    async def get(message_id: MessageId) -> Message | None:
        if message_id == begun.id:
            raise ValueError("a kind nobody thought of")
        return await real(message_id)

    monkeypatch.setattr(world.stores.messages, "get", get)
    await world.hub._outbox.step(Claim(ALICES, world.clock))
    assert (await world.message(message)).status is MessageStatus.SENT
    assert (await world.sending(begun)).state is OutboxState.SENDING
    monkeypatch.undo()
    await world.hub._outbox.step(Claim(ALICES, world.clock))
    assert (await world.message(begun)).status is MessageStatus.UNKNOWN


@pytest.mark.usefixtures("at_once")
async def test_a_begin_whose_answer_is_lost_is_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has left, and nobody else may send it: no agent has to ask the customer."""
    await world.says("hello")
    message = await world.answers("one")
    away_once(monkeypatch, world.stores.outbox, "begin", after=True)
    await world.hub._outbox.step(Claim(ALICES, world.clock))
    assert (await world.message(message)).status is MessageStatus.SENT
    assert len(world.platform.sent) == 1


@pytest.mark.usefixtures("at_once")
async def test_a_database_away_while_a_part_is_made_says_nothing_of_the_platform(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.says("hello")
    await world.stores.blobs.put("file-1", b"PNG", "image/png", "a.png")
    file = Attachment(
        id=AttachmentId("file-1"), state=AttachmentState.STORED, media_type="image/png", file_name="a.png", size=3
    )
    found = await world.conversation()
    message, _ = await world.hub.reply(found.id, author=AUTHOR, content="", client_id="x", attachments=[file])
    away_once(monkeypatch, world.stores.blobs, "get")
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT


async def test_a_database_away_while_a_token_is_asked_for_says_that_nothing_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.says("hello")
    message = await world.answers("one")
    tokens = world.hub._adapters._tokens

    async def asks_for_a_token() -> None:
        await tokens.obtain("account", world.ids)  # type: ignore[arg-type]

    world.platform.answers.append(asks_for_a_token)
    away_once(monkeypatch, world.stores.tokens, "get")
    await world.works()
    assert (await world.message(message)).status is MessageStatus.RETRYING
    world.clock.advance(60)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT


@pytest.mark.usefixtures("at_once")
async def test_a_lost_commit_does_not_fail_what_went_on_as_a_template(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closed(world, template(PROGRESS, TemplateKind.SUBSCRIBE), consents=1)
    given = (await world.conversation()).window.consents
    await world.says("hello again")
    found = await world.conversation()
    await world.stores.conversations.save(replace(found, window=replace(found.window, consents=given)))
    message = await world.answers("one")
    world.platform.answers.append(SendError(SendErrorCode.WINDOW_CLOSED))
    real = world.stores.transaction

    async def loses_the_answer(work: Callable[[], Awaitable[Any]]) -> Any:
        monkeypatch.setattr(world.stores, "transaction", real)
        await real(work)
        raise StoreUnavailable

    monkeypatch.setattr(world.stores, "transaction", loses_the_answer)
    await world.works()
    sent = await world.message(message)
    assert sent.template is not None
    assert (sent.status, len(world.platform.sent)) == (MessageStatus.SENT, 1)
    assert (await world.conversation()).window.consents[0].left == 0


async def test_work_wanted_again_during_its_last_try_has_its_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "MAX_ATTEMPTS", 1)
    asked: list[str] = []

    async def profile(_: ScriptedAdapter, handle: str) -> Profile:
        asked.append(handle)
        if len(asked) > 1:
            return Profile()
        [task] = await world.stores.tasks.due(ALICES, world.clock.now(), 9, asks_platform=True)
        await world.stores.tasks.add([replace(task, due_at=world.clock.now())])
        raise SendError(SendErrorCode.PLATFORM_BUSY, retryable=True)

    monkeypatch.setattr(ScriptedAdapter, "fetch_profile", profile)
    await world.says("hello")
    assert len(asked) == 2
    assert await world.stores.tasks.failed(after=None, limit=9) == []


async def test_a_fault_of_one_pull_is_told_and_waits_its_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def pull(_: ScriptedAdapter, cursor: str, ticket: str, ticket_at: datetime | None) -> Pulled:
        asked.append(cursor)
        raise KeyError("a page nobody thought of")

    for name, value in (("account", "account1"), ("pull_every", timedelta(minutes=1)), ("pull", pull)):
        monkeypatch.setattr(ScriptedAdapter, name, value, raising=False)
    await world.hub.channel_changed(CHANNEL)
    partition = partition_of(CHANNEL, "")
    for _ in range(3):
        assert await world.hub._pump.step(Claim(partition, world.clock))
        assert not await world.hub._pump.step(Claim(partition, world.clock))
        world.clock.advance(600)
    assert len(asked) == 3
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None and channel.last_error is not None
    assert "KeyError" in channel.last_error


async def test_a_contact_merged_away_while_its_message_is_taken_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the message opens a new conversation: nothing but the contact itself is common to the two writes."""
    free = replace(TYPE, capabilities=replace(TYPE.capabilities, reply_rules=()))
    monkeypatch.setattr(ScriptedAdapter, "type", free)
    await world.says("hello")
    await world.says("it is me", sender="bob")
    alice, bob = await world.conversation(), await world.conversation("bob")
    for each in (alice, bob):
        await world.hub.change(each.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    world.clock.advance(timedelta(days=3).total_seconds())
    real, merged = world.stores.conversations.next_number, [False]

    async def merged_first() -> int:
        if not merged[0]:
            merged[0] = True
            merging = world.hub.merging.merge(alice.contact_id, bob.contact_id, by=AUTHOR)
            await asyncio.create_task(merging, context=Context())
        return await real()

    monkeypatch.setattr(world.stores.conversations, "next_number", merged_first)
    await world.says("and another thing", sender="bob")
    assert merged == [True]
    assert await world.stores.contacts.get(bob.contact_id) is None
    timeline = await world.stores.messages.timeline(alice.contact_id, before=None, limit=50)
    assert [each.content for each in timeline].count("and another thing") == 1
    assert (await world.conversation("bob")).contact_id == alice.contact_id


async def test_a_bug_in_the_words_of_a_list_keeps_no_message_from_the_timeline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Matcher:
        def find(self, text: str) -> list[WordHit]:
            asked.append(text)
            if text == "poison":
                raise IndexError("a text nobody thought of")
            return [WordHit(list_id=LIST, word="refund", written="refund", start=3, end=9, variant=WordVariant.EXACT)]

    risk = WordList(id=LIST, name="风险", action=WordAction.RISK, updated_at=NOW)
    compiled = _Compiled(None, [risk], Matcher())

    async def lists(_: Words) -> _Compiled:
        return compiled

    monkeypatch.setattr(Words, "_lists", lists)
    monkeypatch.setattr(world.hub._reader._words, "_compiled", compiled)
    await world.arrives(world.text("poison"), world.text("my refund"))
    assert await world.hub._ingest_step(Claim(ALICES, world.clock)) is False
    assert await world.texts() == ["poison", "my refund"]
    assert asked
    lines = [each.details for each in await world.thread((await world.conversation()).id)]
    assert [each["words"] for each in lines if each.get("action") == "words"] == ["refund"]


@pytest.mark.parametrize("made", [True, False])
async def test_a_bug_of_one_channel_leaves_the_others_listening(
    world: World, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    """made: there is an adapter of it at all."""
    heard = asyncio.Event()

    class Broken(ScriptedAdapter):
        async def register(self, address: str | None) -> None:
            raise KeyError("an answer nobody thought of")

    class Listening(ScriptedAdapter):
        listens = True

        async def listen(self, mark: str) -> Heard:
            heard.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def settle(self, requests: Sequence[VerifiedRequest]) -> None: ...

    def adapter(_: ScriptedTypes, context: ChannelContext) -> ChannelAdapter:
        if context.channel.id == CHANNEL and not made:
            raise KeyError("a setting nobody thought of")
        return (Listening if context.channel.id == "second" else Broken)(context, world.platform)

    monkeypatch.setattr(ScriptedTypes, "adapter", adapter)
    first = await world.stores.channels.get(CHANNEL)
    assert first is not None
    await world.stores.channels.insert(replace(first, id=ChannelId("second")))
    polling = world.hub._polling
    await polling.look()
    async with asyncio.timeout(5):
        await heard.wait()
    await world.hub._pump.plan()
    told = await world.stores.channels.get(CHANNEL)
    assert told is not None and ("KeyError" in (told.last_error or "")) is made
    await polling._end(*polling._ears)
