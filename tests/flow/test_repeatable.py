"""Platforms that take one part once, however often it is sent: a lost answer is asked for again until it is known."""

import pytest

from scrm.errors import SendError, SendErrorCode
from scrm.model.message import MessageStatus
from tests.flow.conftest import World


def lost() -> SendError:
    return SendError(SendErrorCode.TIMEOUT, certain=False, repeatable=True)


def test_only_what_is_unknown_is_repeatable() -> None:
    assert lost().repeatable
    assert not SendError(SendErrorCode.TIMEOUT, repeatable=True).repeatable


async def test_a_lost_answer_is_asked_for_again(world: World) -> None:
    await world.says("你好")
    world.platform.answers += [lost(), lost()]
    sent = await world.answers("在的")
    await world.works()
    waiting = await world.message(sent)
    assert waiting.status is MessageStatus.RETRYING
    assert waiting.failure is not None
    assert waiting.failure.doubtful
    for _ in range(2):
        world.clock.advance(10)
        await world.works()
    done = await world.message(sent)
    assert (done.status, done.failure, done.external_ids) == (MessageStatus.SENT, None, ("out-1",))


@pytest.mark.parametrize("last", [lost(), SendError(SendErrorCode.UNREACHABLE, retryable=True)])
async def test_what_was_left_open_stays_so_until_it_succeeds(world: World, last: SendError) -> None:
    """The first try may have arrived, so after the last one nobody may say that it did not."""
    await world.says("你好")
    world.platform.answers += [lost(), *[last] * 9]
    sent = await world.answers("在的")
    for _ in range(9):
        await world.works()
        world.clock.advance(600)
    message = await world.message(sent)
    assert message.status is MessageStatus.UNKNOWN
    assert await world.stores.outbox.get(sent.id) is None


async def test_a_refusal_after_a_lost_answer_settles_nothing(world: World) -> None:
    await world.says("你好")
    world.platform.answers += [lost(), SendError(SendErrorCode.CONTENT_REFUSED)]
    sent = await world.answers("在的")
    await world.works()
    world.clock.advance(10)
    await world.works()
    message = await world.message(sent)
    assert message.failure is not None
    assert (message.status, message.failure.code) == (MessageStatus.UNKNOWN, "content_refused")


async def test_what_was_held_up_too_long_is_not_repeated(world: World) -> None:
    """The platform may have forgotten the key, and would take the same once more."""
    await world.says("你好")
    world.platform.answers.append(lost())
    sent = await world.answers("在的")
    await world.works()
    world.clock.advance(13 * 3600)
    await world.works()
    message = await world.message(sent)
    assert (message.status, world.platform.sent) == (MessageStatus.UNKNOWN, [])
    assert await world.stores.outbox.get(sent.id) is None
