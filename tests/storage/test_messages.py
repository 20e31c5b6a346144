"""Messages: nothing twice, statuses only forward, the first reading stands."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.errors import Duplicate
from scrm.ids import AttachmentId, ChannelId, ContactId, MessageId
from scrm.model.analysis import Analysis, AnalysisState, Sentiment
from scrm.model.message import STATUS_RANK, Attachment, AttachmentState, Message, MessageStatus, SendFailure
from scrm.ports.stores import Page, Reading, Stores
from tests.storage import records

CHANNEL = ChannelId("ch")


async def stored(stores: Stores, **fields: Any) -> Message:
    message = records.message(**fields)
    await stores.messages.insert(message)
    return message


async def current(stores: Stores, message: Message) -> Message:
    found = await stores.messages.get(message.id)
    assert found is not None
    return found


def reading(*keywords: str) -> Analysis:
    return Analysis(model="m1", sentiment=Sentiment.NEUTRAL, score=0.0, keywords=keywords)


async def test_each_unique_key_refuses_a_second(stores: Stores) -> None:
    first = await stored(stores, external_ids=("e1", "e2"), client_id="k1", position=7)
    with pytest.raises(Duplicate) as caught:
        await stored(stores, external_ids=("e2",))
    assert caught.value.key == "external_id"
    with pytest.raises(Duplicate) as caught:
        await stored(stores, conversation_id=first.conversation_id, client_id="k1", position=8)
    assert caught.value.key == "client_id"
    with pytest.raises(Duplicate) as caught:
        await stored(stores, conversation_id=first.conversation_id, position=7)
    assert caught.value.key == "position"
    # The same ids elsewhere, and none at all any number of times, are no repeats.
    await stored(stores, external_ids=("e1",), channel_id=ChannelId("another"), client_id="k1")
    await stored(stores, external_ids=("",))
    await stored(stores, external_ids=("",))
    assert await stores.messages.by_external_id(CHANNEL, "e2") == first
    assert await stores.messages.by_external_id(CHANNEL, "e3") is None
    assert await stores.messages.by_external_id(CHANNEL, "") is None
    assert await stores.messages.by_client_id(first.conversation_id, "k1") == first


async def test_a_thread_is_read_in_windows_by_position(stores: Stores) -> None:
    made = [await stored(stores, conversation_id="v9", position=position) for position in (3, 1, 2, 5, 4)]
    by_position = sorted(made, key=lambda message: message.position)
    assert await stores.messages.thread(made[0].conversation_id, after=0, until=10**9) == by_position
    assert await stores.messages.thread(made[0].conversation_id, after=1, until=4) == by_position[1:4]
    assert await stores.messages.thread(made[0].conversation_id, after=5, until=505) == []


async def test_a_timeline_spans_conversations_newest_first(stores: Stores) -> None:
    made = [
        await stored(stores, contact_id="c9", occurred_at=records.at(-(10**index))) for index in (0, 1, 4, 5, 6, 7, 8)
    ]
    twin = await stored(stores, contact_id="c9", occurred_at=made[2].occurred_at)
    await stored(stores, contact_id="c8")
    expected = sorted([*made, twin], key=lambda message: (message.occurred_at, message.id), reverse=True)
    seen: list[Message] = []
    before: Page | None = None
    while page := await stores.messages.timeline(ContactId("c9"), before=before, limit=3):
        seen += page
        before = Page(at=page[-1].occurred_at, id=page[-1].id)
    assert seen == expected


async def test_the_first_reading_stands(stores: Stores) -> None:
    message, broken, edited = [await stored(stores, analysis_state=AnalysisState.PENDING) for _ in range(3)]
    unread = await stored(stores)
    done = AnalysisState.DONE
    said = message.content
    count = await stores.messages.set_analyses(
        [
            Reading(message_id=message.id, content=said, state=done, analysis=reading("退款")),
            Reading(message_id=broken.id, content=broken.content, state=AnalysisState.FAILED, analysis=None),
            Reading(message_id=edited.id, content="what it said before", state=done, analysis=reading()),
            Reading(message_id=unread.id, content=unread.content, state=done, analysis=reading()),
            Reading(message_id=MessageId("nobody"), content=said, state=done, analysis=reading()),
        ]
    )
    assert count == 2
    changed = await current(stores, message)
    assert (changed.analysis_state, changed.analysis, changed.revision) == (done, reading("退款"), 1)
    failed = await current(stores, broken)
    assert (failed.analysis_state, failed.analysis) == (AnalysisState.FAILED, None)
    assert await current(stores, unread) == unread
    assert await current(stores, edited) == edited
    again = [
        Reading(message_id=each.id, content=each.content, state=done, analysis=reading("发票"))
        for each in (message, broken)
    ]
    await stores.messages.set_analyses(again)
    await stores.messages.set_analyses([])
    assert await current(stores, message) == changed
    assert await current(stores, broken) == failed


async def test_several_are_stored_in_one_go(stores: Stores) -> None:
    await stores.messages.insert()
    first, second = records.message(), records.message(external_ids=("e1",))
    await stores.messages.insert(first, second)
    assert await stores.messages.get_many([first.id, second.id]) == {first.id: first, second.id: second}

    async def work() -> None:
        await stores.messages.insert(records.message(id=new), records.message(external_ids=("e1",)))

    new = MessageId(records.new_id("m"))
    with pytest.raises(Duplicate) as caught:
        await stores.transaction(work)
    assert caught.value.key == "external_id"
    assert await stores.messages.get(new) is None


STATUSES = st.lists(st.sampled_from(list(MessageStatus)), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from(list(MessageStatus)), wanted=STATUSES)
async def test_a_status_only_moves_forward(stores: Stores, start: MessageStatus, wanted: list[MessageStatus]) -> None:
    message = records.outgoing(status=start)
    await stores.messages.insert(message)
    status, revision = start, 0
    for step, next_ in enumerate(wanted):
        failure = SendFailure(code=f"code{step}") if step % 2 else None
        changed = await stores.messages.set_status(message.id, next_, failure=failure)
        moves = STATUS_RANK[next_] > STATUS_RANK[status] or STATUS_RANK[next_] == STATUS_RANK[status] == 0
        assert (changed is not None) == moves
        if changed is not None:
            status, revision = next_, revision + 1
            assert changed.failure == failure
        now = await current(stores, message)
        assert (now.status, now.revision) == (status, revision)


async def test_an_incoming_message_has_no_status_to_set(stores: Stores) -> None:
    message = await stored(stores)
    assert await stores.messages.set_status(message.id, MessageStatus.SENT) is None
    assert await stores.messages.set_status(MessageId("nobody"), MessageStatus.SENT, external_ids=("e",)) is None


async def test_a_sent_message_is_found_by_the_platform_s_ids(stores: Stores) -> None:
    message = await stored(stores, status=MessageStatus.SENDING)
    sent = await stores.messages.set_status(message.id, MessageStatus.SENT, external_ids=("p1", "", "p2"))
    assert sent is not None
    assert sent.external_ids == ("p1", "", "p2")
    assert await stores.messages.by_external_id(CHANNEL, "p2") == sent
    # A late failure report does not undo the ids.
    await stores.messages.set_status(message.id, MessageStatus.READ)
    assert (await current(stores, message)).external_ids == ("p1", "", "p2")


async def test_only_failed_and_unknown_ones_are_queued_again(stores: Stores) -> None:
    for status in MessageStatus:
        message = await stored(stores, status=status, failure=SendFailure(code="timeout"))
        again = await stores.messages.requeue(message.id)
        if status in {MessageStatus.FAILED, MessageStatus.UNKNOWN}:
            assert again is not None
            assert (again.status, again.failure, again.revision) == (MessageStatus.QUEUED, None, 1)
        else:
            assert again is None
            assert await current(stores, message) == message


async def test_one_attachment_changes_and_the_others_stay(stores: Stores) -> None:
    files = tuple(Attachment(id=records.new_id("f"), state=AttachmentState.PENDING) for _ in range(3))  # type: ignore[arg-type]
    message = await stored(stores, attachments=files)
    done = Attachment(id=files[1].id, state=AttachmentState.STORED, media_type="image/png", size=5)
    changed = await stores.messages.set_attachment(message.id, done)
    assert changed is not None
    assert changed.attachments == (files[0], done, files[2])
    assert await stores.messages.by_attachment(files[2].id) == changed
    assert await stores.messages.by_attachment("nothing") is None
    other = Attachment(id=records.new_id("f"), state=AttachmentState.STORED)  # type: ignore[arg-type]
    assert await stores.messages.set_attachment(message.id, other) is None
    assert list(await stores.messages.get_many([message.id])) == [message.id]


async def test_a_revised_message_keeps_its_place_and_is_found_by_what_it_says_now(stores: Stores) -> None:
    made = await stored(stores, content="before", details={"file": "a"}, external_ids=("r1",))
    await stores.messages.set_status(made.id, MessageStatus.SENT)
    fresh = Attachment(id=AttachmentId("f9"), state=AttachmentState.PENDING, source="s")
    now = replace(
        made, content="after", details={}, attachments=(fresh,), analysis_state=AnalysisState.PENDING, position=99
    )
    changed = await stores.messages.revise(now)
    assert changed is not None
    assert (changed.content, changed.details, changed.attachments) == ("after", {}, (fresh,))
    assert (changed.position, changed.external_ids) == (made.position, made.external_ids)
    assert changed.analysis_state is AnalysisState.PENDING
    assert changed.revision > made.revision
    assert await stores.messages.revise(replace(now, id=MessageId("gone"))) is None
