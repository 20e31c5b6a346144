"""Every condition over every channel type: through the hub, with the type's own adapter and its simulator.

Times are those of one clock, which the tests move on. All types are tried at once, in one hub (`together`).
"""

import asyncio
from datetime import timedelta

import pytest

from scrm.errors import ReplyRefused, WebhookError
from scrm.model.channel import ReplyRule
from scrm.model.message import STATUS_RANK, MessageStatus
from scrm.model.work import JournalState
from scrm.ports.channel import IncomingMessage, SendResult
from tests.channels.conformance import Arrived, Kit
from tests.channels.malformed import malformed
from tests.channels.together import World, at_once, tried

__all__ = ["tried"]

SENT = MessageStatus.SENT


@at_once()
async def test_what_comes_out_of_order_stands_in_order(world: World) -> None:
    """The platform's time decides; within a second its own number, where it has one."""
    late, early = world.says("六", number=60), world.says("五", number=50)
    await world.takes(late, *(world.says(word, ago=ago) for word, ago in {"三": 30, "一": 300, "二": 200}.items()))
    await world.takes(early, world.says("四", ago=5))
    [event] = world.kit.adapter().parse(world.kit.verified(late))
    assert isinstance(event, IncomingMessage)
    within_a_second = ["五", "六"] if event.sequence is not None else ["六", "五"]
    assert await world.said_in_order() == ["一", "二", "三", "四", *within_a_second]


@at_once()
async def test_what_comes_twice_is_there_once(world: World) -> None:
    """Beside itself, and again when other things have come; a duplicate is answered like the first."""
    first, second = world.says("一", ago=20), world.says("二", ago=10)
    await asyncio.gather(*(world.journals(first) for _ in range(3)))
    await world.takes(second)
    await world.takes(first, second)
    assert await world.said_in_order() == ["一", "二"]
    entries = await world.stores.journal.page(JournalState.DONE, channel_id=world.channel_id, after=None, limit=10)
    assert len(entries) == 2


@at_once()
async def test_what_cannot_be_read_is_kept(world: World) -> None:
    """Whatever was not refused at the door is in the journal as it came, as failed or as nothing for us; and what comes
    after it is taken in."""
    kept: dict[str, bytes] = {}
    for case in malformed(world.kit):
        try:
            request = world.kit.verified(case.request)
        except WebhookError:
            continue
        if len(kept) < 10:
            await world.journals(case.request)
            kept.setdefault(request.dedupe_key, request.body)
    await world.takes(world.says("在吗"))
    assert await world.said_in_order() == ["在吗"]
    page = world.stores.journal.page
    failed, done, pending = [
        await page(state, channel_id=world.channel_id, after=None, limit=200)
        for state in (JournalState.FAILED, JournalState.DONE, JournalState.PENDING)
    ]
    assert pending == []
    assert all(entry.error for entry in failed)
    assert len(failed) >= 5
    assert {entry.dedupe_key: entry.body for entry in (*failed, *done)}.items() >= kept.items()


@at_once(lambda kit: kit.capabilities.receipts)
async def test_receipts_late_and_in_any_order_move_forward_only(world: World) -> None:
    await world.takes(world.says("在吗"))
    first, *others = sorted(world.kit.statuses, key=lambda status: -STATUS_RANK[status])
    replies = [await world.replies(), await world.replies()]
    await world.passes(timedelta(days=30))
    # One hears the last of its fates first, and each once more; the other all at once, in their order.
    for reply, orders in zip(replies, ([[first], [*others, first, *others]], [[*others[::-1], first]]), strict=True):
        assert reply.status is SENT
        for order in orders:
            await world.takes(*(world.receipt(status, reply.external_ids[0]) for status in order))
            assert (await world.message(reply)).status is first


@at_once(lambda kit: kit.capabilities.receipts)
async def test_a_receipt_may_overtake_the_answer(world: World) -> None:
    """It is kept until the message has its id. One that names no message says nothing of what is still on its way."""
    await world.takes(world.says("在吗"))
    for status in sorted(world.kit.statuses):
        unnamed: list[bool] = []

        async def overtakes(result: SendResult, told: MessageStatus = status, seen: list[bool] = unnamed) -> None:
            receipt = world.receipt(told, result.external_id)
            seen.append(world.names_no_message(receipt))
            await world.takes_at_once(receipt)

        world.meanwhile = overtakes
        reply = await world.replies()
        world.meanwhile = None
        assert reply.status is SENT
        await world.passes(timedelta(minutes=1))
        await world.works()
        if unnamed == [True]:
            assert (await world.message(reply)).status is SENT
            await world.takes(world.receipt(status, reply.external_ids[0]))
        assert (await world.message(reply)).status is status


@at_once()
async def test_a_reply_beyond_the_quota_never_leaves(world: World) -> None:
    """As many as the type declares leave, and the platform takes each of them; then no more, and none when its time is
    over, until the customer writes again. Where nothing is declared, they always do."""
    asked = world.says("在吗")
    await world.takes(asked)
    rule = _rule(world.kit, asked)
    assert (rule is None) is (not world.kit.capabilities.reply_rules)
    allowed = (rule.replies if rule else None) or 2
    written = [await world.answers("", str(number)) for number in range(allowed)]
    await world.works()
    assert {(await world.message(reply)).status for reply in written} == {SENT}
    assert [message.content for message in world.left] == [str(number) for number in range(allowed)]
    if rule is not None and rule.replies is not None:
        assert await _refused(world) == "replies_used_up"
        await _writes_again(world)
        assert (await world.replies()).status is SENT
    await world.passes(rule.lasts if rule else timedelta(days=400))
    if rule is not None:
        assert await _refused(world) == "window_closed"
        await _writes_again(world)
    assert (await world.replies()).status is SENT


def _rule(kit: Kit, asked: Arrived) -> ReplyRule | None:
    [event] = kit.adapter().parse(kit.verified(asked))
    assert isinstance(event, IncomingMessage)
    return next((rule for rule in kit.capabilities.reply_rules if rule.trigger == event.trigger), None)


async def _refused(world: World) -> str:
    """Before anything leaves."""
    before = len(world.left)
    with pytest.raises(ReplyRefused) as caught:
        await world.answers("", "好的")
    await world.works()
    assert len(world.left) == before
    return caught.value.code


async def _writes_again(world: World) -> None:
    world.bench.writes()
    await world.takes(world.says("还在吗"))
