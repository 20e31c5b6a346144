"""From the agent's reply to the platform: at most once, in order, within what the platform permits."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from scrm.errors import Conflict, Invalid, ReplyRefused, SendError, SendErrorCode, StoreUnavailable
from scrm.flow.partitions import Claim
from scrm.ids import AttachmentId
from scrm.model.channel import ChannelState
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Attachment, AttachmentState, Author, AuthorType, MessageKind, MessageStatus
from scrm.model.reports import Metric, ReportFilter
from scrm.model.work import partition_of
from scrm.ports.flow import ConversationChange
from tests.flow.conftest import AUTHOR, CHANNEL, World, until
from tests.flow.make import agent

BUSY = SendError(SendErrorCode.PLATFORM_BUSY, retryable=True, platform_code="-1")
FIRST, SECOND = "第一句说的是退款流程和时间。", "第二句说的是运费谁来承担。"
TIMEOUT = SendError(SendErrorCode.TIMEOUT, certain=False)


async def test_a_reply_is_sent_once_and_marked(world: World) -> None:
    await world.says("hello")
    message = await world.answers("您好")
    assert message.status is MessageStatus.QUEUED
    await world.works()
    await world.works()
    assert [(sent.recipient, sent.content) for sent in world.platform.sent] == [("alice", "您好")]
    sent = await world.message(message)
    assert (sent.status, sent.external_ids) == (MessageStatus.SENT, ("out-1",))
    found = await world.conversation()
    assert (found.waiting_since, found.first_response_at) == (None, world.clock.now())
    assert await world.stores.outbox.get(message.id) is None


async def test_the_same_client_id_is_the_same_reply(world: World) -> None:
    await world.says("hello")
    first = await world.answers("您好", client_id="x")
    again = await world.answers("您好", client_id="x")
    await world.works()
    assert first.id == again.id
    assert len(world.platform.sent) == 1


async def test_the_same_client_id_at_the_same_moment_is_the_same_reply(world: World) -> None:
    await world.says("hello")
    messages = await asyncio.gather(*(world.answers("您好", client_id="x") for _ in range(5)))
    await world.works()
    assert len({message.id for message in messages}) == 1
    assert len(world.platform.sent) == 1


async def test_a_long_text_leaves_in_parts_and_counts_as_such(world: World) -> None:
    await world.says("hello")
    message = await world.answers(FIRST + SECOND)
    await world.works()
    assert [sent.content for sent in world.platform.sent] == [
        "第一句说的是退款流程和时间。",
        "第二句说的是运费谁来承担。",
    ]
    assert (await world.message(message)).external_ids == ("out-1", "out-2")
    assert world.hub.window(await world.conversation(), world.clock.now()).replies_left == 3


async def test_replies_of_a_conversation_leave_in_order_even_when_one_must_wait(world: World) -> None:
    await world.says("hello")
    world.platform.answers.append(BUSY)
    first = await world.answers("one")
    await world.answers("two")
    await world.works()
    assert world.platform.sent == []
    assert (await world.message(first)).status is MessageStatus.RETRYING
    world.clock.advance(10)
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["one", "two"]


async def test_another_customer_does_not_wait_for_that(world: World) -> None:
    await world.says("hello")
    await world.says("hi", sender="bob")
    world.platform.answers.append(BUSY)
    await world.answers("one")
    await world.hub._outbox.step(Claim(partition_of(CHANNEL, "alice"), world.clock))
    await world.answers("to bob", sender="bob")
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["to bob"]


async def test_retries_end(world: World) -> None:
    await world.says("hello")
    world.platform.answers.extend([BUSY] * 20)
    message = await world.answers("one")
    for _ in range(10):
        await world.works()
        world.clock.advance(600)
    failed = await world.message(message)
    assert failed.status is MessageStatus.FAILED
    assert failed.failure is not None and (failed.failure.code, failed.failure.platform_code) == ("platform_busy", "-1")
    assert len(world.platform.answers) == 14
    assert world.hub.window(await world.conversation(), world.clock.now()).replies_left == 5


async def test_an_unknown_outcome_is_never_sent_again_by_itself(world: World) -> None:
    await world.says("hello")
    world.platform.answers.append(TIMEOUT)
    message = await world.answers("one")
    for _ in range(5):
        await world.works()
        world.clock.advance(3600)
    assert (await world.message(message)).status is MessageStatus.UNKNOWN
    assert world.platform.sent == []
    await world.hub.retry(message.id, by=AUTHOR)
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["one"]
    assert (await world.message(message)).status is MessageStatus.SENT


async def test_an_unknown_message_can_be_given_up_and_a_sent_one_cannot_be_retried(world: World) -> None:
    await world.says("hello")
    world.platform.answers.append(TIMEOUT)
    message = await world.answers("one")
    await world.works()
    assert (await world.hub.give_up(message.id, by=AUTHOR)).status is MessageStatus.FAILED
    sent = await world.answers("two")
    await world.works()
    with pytest.raises(Conflict):
        await world.hub.retry(sent.id, by=AUTHOR)


async def test_killed_while_sending_the_outcome_is_unknown(world: World) -> None:
    """The process dies after the request may have left: whoever takes over must not send again."""
    await world.says("hello")
    message = await world.answers("one")
    assert await world.stores.outbox.begin(message.id, "another")
    await world.works()
    assert (await world.message(message)).status is MessageStatus.UNKNOWN
    assert world.platform.sent == []


async def test_two_holders_of_a_partition_send_once(world: World) -> None:
    await world.says("hello")
    await world.answers("one")
    partition = partition_of(CHANNEL, "alice")
    await asyncio.gather(*(world.hub._outbox.step(Claim(partition, world.clock)) for _ in range(4)))
    assert [sent.content for sent in world.platform.sent] == ["one"]


async def test_the_outcome_outlives_a_database_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform took the message, then the database is away twice: it ends as sent, sent once."""
    await world.says("hello")
    message = await world.answers("one")
    real, failures = world.stores.outbox.part_sent, [StoreUnavailable(), StoreUnavailable()]

    async def sometimes_away(*args: object) -> None:
        if failures:
            raise failures.pop()
        await real(*args)  # type: ignore[arg-type]

    async def at_once(_seconds: float) -> None: ...

    monkeypatch.setattr(world.stores.outbox, "part_sent", sometimes_away)
    monkeypatch.setattr(world.clock, "sleep", at_once)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT
    assert len(world.platform.sent) == 1


async def test_a_certain_failure_in_the_middle_keeps_what_was_sent(world: World) -> None:
    await world.says("hello")
    refused = SendError(SendErrorCode.CONTENT_REFUSED, platform_code="45064")

    async def fine() -> None: ...

    world.platform.answers.extend([fine, refused])
    message = await world.answers(FIRST + SECOND)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.FAILED
    assert world.hub.window(await world.conversation(), world.clock.now()).replies_left == 4


async def test_five_replies_then_refused_before_anything_is_sent(world: World) -> None:
    await world.says("hello")
    for number in range(5):
        await world.answers(str(number))
    with pytest.raises(ReplyRefused) as refused:
        await world.answers("six")
    assert refused.value.code == SendErrorCode.REPLIES_USED_UP
    await world.works()
    assert len(world.platform.sent) == 5
    assert await world.texts() == ["hello", "0", "1", "2", "3", "4"]


async def test_after_48_hours_the_window_is_closed_until_the_customer_writes(world: World) -> None:
    await world.says("hello")
    world.clock.advance(timedelta(hours=48).total_seconds())
    with pytest.raises(ReplyRefused) as refused:
        await world.answers("late")
    assert refused.value.code == SendErrorCode.WINDOW_CLOSED
    await world.says("still there?")
    await world.answers("yes")


async def test_the_platforms_count_wins(world: World) -> None:
    await world.says("hello")
    world.platform.answers.append(SendError(SendErrorCode.REPLIES_USED_UP, platform_code="45047"))
    await world.answers("one")
    await world.works()
    with pytest.raises(ReplyRefused):
        await world.answers("two")


async def test_a_paused_channel_refuses_and_keeps_what_is_queued(world: World) -> None:
    await world.says("hello")
    message = await world.answers("one")
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None
    await world.stores.channels.save(replace(channel, state=ChannelState.PAUSED))
    await world.hub.channel_changed(CHANNEL)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.QUEUED
    with pytest.raises(ReplyRefused):
        await world.answers("two")
    await world.stores.channels.save(channel)
    await world.hub.channel_changed(CHANNEL)
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["one"]


async def test_receipts_move_forward_only_and_may_come_early(world: World) -> None:
    await world.says("hello")
    at = world.clock.now().isoformat()
    await world.arrives({"kind": "receipt", "of": "out-1", "status": "delivered", "at": at})
    await world.works()
    message = await world.answers("one")
    await world.works()
    world.clock.advance(3)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.DELIVERED
    for status, expected in (("read", "read"), ("delivered", "read"), ("sent", "read")):
        await world.arrives({"kind": "receipt", "of": "out-1", "status": status, "at": at})
        await world.works()
        assert (await world.message(message)).status == expected


async def test_files_are_sent_with_the_text(world: World) -> None:
    await world.says("hello")
    await world.stores.blobs.put("file1", b"png", "image/png", "a.png")
    picture = Attachment(
        id=AttachmentId("file1"), state=AttachmentState.STORED, media_type="image/png", file_name="a.png", size=3
    )
    found = await world.conversation()
    await world.hub.reply(found.id, author=AUTHOR, content="看图", client_id="p", attachments=(picture,))
    await world.works()
    text, image = world.platform.sent
    assert text.content == "看图"
    assert image.file is not None and (image.content_type, image.file.data) == ("image", b"png")
    large = Attachment(
        id=AttachmentId("file2"), state=AttachmentState.STORED, media_type="image/png", file_name="b.png", size=1001
    )
    with pytest.raises(ReplyRefused) as refused:
        await world.hub.reply(found.id, author=AUTHOR, content="", client_id="q", attachments=(large,))
    assert refused.value.code == SendErrorCode.MEDIA_REFUSED


@pytest.mark.parametrize(
    ("content", "client_id"), [("", "x"), ("   ", "x"), ("a" * 10_001, "x"), ("a", ""), ("a", "x" * 65)]
)
async def test_bad_replies_are_refused(world: World, content: str, client_id: str) -> None:
    await world.says("hello")
    found = await world.conversation()
    with pytest.raises(Invalid):
        await world.hub.reply(found.id, author=AUTHOR, content=content, client_id=client_id, attachments=())


async def test_who_answers_what_nobody_has_has_it(world: World) -> None:
    await world.says("hello")
    await world.stores.agents.insert(agent("li"))
    found = await world.conversation()
    author = Author(type=AuthorType.AGENT, id="li", name="李敏")
    await world.hub.reply(found.id, author=author, content="我来", client_id="x", attachments=())
    assert (await world.conversation()).assignee_id == "li"


async def test_a_note_stays_inside_and_leaves_the_customer_waiting(world: World) -> None:
    await world.says("hello")
    found = await world.conversation()
    note, created = await world.hub.note(
        found.id, author=AUTHOR, content="老客户", client_id="n", mentions=(), attachments=()
    )
    again, created_again = await world.hub.note(
        found.id, author=AUTHOR, content="老客户", client_id="n", mentions=(), attachments=()
    )
    await world.works()
    assert (note.id, created, created_again) == (again.id, True, False)
    assert note.kind is MessageKind.NOTE
    assert world.platform.sent == []
    assert (await world.conversation()).waiting_since is not None


async def test_first_response_is_measured_from_the_first_message(world: World) -> None:
    await world.says("hello")
    world.clock.advance(30)
    await world.says("anybody?")
    world.clock.advance(60)
    await world.answers("here")
    await world.answers("and again")
    day = ReportFilter(first_day="2026-11-20", last_day="2026-11-20")
    assert await world.stores.reports.values(day, Metric.FIRST_RESPONSE) == [90.0]


async def test_a_reply_reopens_a_resolved_conversation(world: World) -> None:
    await world.says("hello")
    found = await world.conversation()
    await world.hub.change(found.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    await world.answers("one more thing")
    reopened = await world.conversation()
    assert (reopened.status, reopened.resolved_at) == (ConversationStatus.OPEN, None)
    assert (await world.thread(found.id))[-1].details["status"] == "open"


async def test_killed_after_the_last_part_it_counts_as_sent(world: World) -> None:
    await world.says("hello")
    message = await world.answers("one")
    await world.stores.outbox.begin(message.id, "another")
    await world.stores.outbox.part_sent(await world.sending(message), 1, "out-9")
    await world.works()
    sent = await world.message(message)
    assert (sent.status, sent.external_ids) == (MessageStatus.SENT, ("out-9",))
    assert world.platform.sent == []


async def test_killed_between_two_parts_the_platforms_ids_are_kept(world: World) -> None:
    await world.says("hello")
    message = await world.answers(FIRST + SECOND)
    await world.stores.outbox.begin(message.id, "another")
    await world.stores.outbox.part_sent(await world.sending(message), 1, "out-9")
    await world.works()
    unknown = await world.message(message)
    assert (unknown.status, unknown.external_ids) == (MessageStatus.UNKNOWN, ("out-9",))


async def test_a_database_away_right_after_begin_does_not_make_it_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.says("hello")
    message = await world.answers("one")
    real, failures = world.stores.messages.set_status, [StoreUnavailable()]

    async def sometimes_away(*args: object, **kwargs: object) -> object:
        if failures:
            raise failures.pop()
        return await real(*args, **kwargs)  # type: ignore[arg-type]

    async def at_once(_seconds: float) -> None: ...

    monkeypatch.setattr(world.stores.messages, "set_status", sometimes_away)
    monkeypatch.setattr(world.clock, "sleep", at_once)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT
    assert len(world.platform.sent) == 1


async def test_an_id_that_another_message_has_does_not_hide_that_it_was_sent(world: World) -> None:
    await world.says("hello")
    await world.arrives(world.text("echo") | {"id": "out-1"})
    await world.works()
    message = await world.answers("one")
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT
    assert len(world.platform.sent) == 1


async def test_a_receipt_of_the_first_try_says_nothing_of_the_second(world: World) -> None:
    await world.says("hello")
    message = await world.answers("one")
    await world.works()
    at = world.clock.now().isoformat()
    await world.arrives({"kind": "receipt", "of": "out-1", "status": "failed", "at": at})
    await world.works()
    assert (await world.message(message)).status is MessageStatus.FAILED
    await world.hub.retry(message.id, by=AUTHOR)
    await world.arrives({"kind": "receipt", "of": "out-1", "status": "failed", "at": at, "again": True})
    await world.works()
    assert (await world.message(message)).status is MessageStatus.SENT
    assert len(world.platform.sent) == 2


async def test_what_was_retried_cannot_be_given_up(world: World) -> None:
    await world.says("hello")
    world.platform.answers.append(TIMEOUT)
    message = await world.answers("one")
    await world.works()
    await world.hub.retry(message.id, by=AUTHOR)
    with pytest.raises(Conflict):
        await world.hub.give_up(message.id, by=AUTHOR)


async def test_a_claim_that_ran_out_sends_nothing_more(world: World) -> None:
    """Between two parts the lease may have gone to somebody else: the rest is theirs to send."""
    await world.says("hello")
    claim = Claim(partition_of(CHANNEL, "alice"), world.clock, lasts=10)

    async def slow() -> None:
        world.clock.advance(11)

    world.platform.answers.append(slow)
    message = await world.answers(FIRST + SECOND)
    await world.hub._outbox.step(claim)
    assert [sent.content for sent in world.platform.sent] == [FIRST]
    assert (await world.message(message)).status is MessageStatus.SENDING
    await world.works()
    assert [sent.content for sent in world.platform.sent] == [FIRST, SECOND]
    assert (await world.message(message)).external_ids == ("out-1", "out-2")


async def test_one_slow_conversation_holds_up_no_other_of_its_partition(world: World) -> None:
    partition = partition_of(CHANNEL, "alice")
    bob = next(name for name in (f"bob{n}" for n in range(999)) if partition_of(CHANNEL, name) == partition)
    await world.says("hello")
    await world.says("hi", sender=bob)
    answered = asyncio.Event()
    world.platform.answers.append(answered.wait)
    await world.answers("slow")
    step = asyncio.create_task(world.hub._outbox.step(Claim(partition, world.clock)))
    await until(lambda: not world.platform.answers)
    await world.answers("quick", sender=bob)
    await until(lambda: bool(world.platform.sent))
    assert [sent.content for sent in world.platform.sent] == ["quick"]
    answered.set()
    assert await step
    assert [sent.content for sent in world.platform.sent] == ["quick", "slow"]


async def test_a_paused_channel_still_takes_in_what_customers_write(world: World) -> None:
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None
    await world.stores.channels.save(replace(channel, state=ChannelState.PAUSED))
    await world.says("is anybody there")
    assert await world.texts() == ["is anybody there"]
