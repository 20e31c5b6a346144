"""A send that another holder took for lost, or an agent asked for again, while it was under way."""

from functools import partial

import pytest

from scrm.errors import SendError, SendErrorCode
from scrm.flow.partitions import Claim
from scrm.model.message import Message, MessageStatus
from scrm.model.work import OutboxEntry, OutboxState, partition_of
from tests.flow.conftest import AUTHOR, CHANNEL, World

BUSY = SendError(SendErrorCode.PLATFORM_BUSY, retryable=True, platform_code="-1")
FIRST, SECOND = "第一句说的是退款流程和时间。", "第二句说的是运费谁来承担。"
TIMEOUT = SendError(SendErrorCode.TIMEOUT, certain=False)


async def overtaken(world: World, message: Message) -> None:
    """While the platform is asked, the lease is lost, the next holder calls the send unknown, and an agent sends it
    again."""
    world.clock.advance(13)
    await world.hub._outbox._orphaned(await world.sending(message))
    await world.hub.retry(message.id, by=AUTHOR)


@pytest.mark.parametrize("outcome", [BUSY, TIMEOUT, SendError(SendErrorCode.CONTENT_REFUSED)])
async def test_a_send_that_was_overtaken_leaves_the_next_one_alone(world: World, outcome: SendError) -> None:
    await world.says("hello")
    message = await world.answers("one")

    async def fails_late() -> None:
        await overtaken(world, message)
        raise outcome

    world.platform.answers.append(fails_late)
    await world.hub._outbox.step(Claim(partition_of(CHANNEL, "alice"), world.clock))
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["one"]
    assert (await world.message(message)).status is MessageStatus.SENT


async def test_a_send_that_was_overtaken_and_succeeds_is_the_only_one(world: World) -> None:
    await world.says("hello")
    message = await world.answers("one")
    world.platform.answers.append(partial(overtaken, world, message))
    await world.works()
    assert [sent.content for sent in world.platform.sent] == ["one"]
    assert (await world.message(message)).status is MessageStatus.SENT
    assert await world.stores.outbox.get(message.id) is None


async def test_a_holder_that_lost_its_lease_while_it_read_judges_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.says("hello")
    message = await world.answers("one")
    await world.stores.outbox.begin(message.id, "another")  # by the next holder
    real = world.stores.outbox.waiting

    async def slowly(partition: int) -> list[OutboxEntry]:
        world.clock.advance(10)
        return await real(partition)

    monkeypatch.setattr(world.stores.outbox, "waiting", slowly)
    await world.hub._outbox.step(Claim(partition_of(CHANNEL, "alice"), world.clock, 9))
    assert (await world.sending(message)).state is OutboxState.SENDING


async def test_an_id_that_another_message_has_does_not_hide_that_it_failed(world: World) -> None:
    await world.says("hello")
    await world.answers("one")
    await world.works()
    message = await world.answers(FIRST + SECOND)

    async def took_it_for_another() -> None:
        await world.stores.outbox.part_sent(await world.sending(message), 1, "out-1")
        raise SendError(SendErrorCode.CONTENT_REFUSED)

    world.platform.answers.append(took_it_for_another)
    await world.works()
    assert (await world.message(message)).status is MessageStatus.FAILED
    assert world.hub.window(await world.conversation(), world.clock.now()).replies_left == 3
