"""The line of Socket Mode: what is acknowledged and when, and how it ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from channels.slack.adapter import SlackAdapter
from channels.slack.simulator import Action, Fault, SlackSimulator
from scrm.errors import SendError, SendErrorCode
from tests.channels.conformance import MemoryTokens, make_adapter


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(delivery="socket_mode") as simulator:
        yield simulator


@pytest.fixture
async def adapter(slack: SlackSimulator) -> AsyncIterator[SlackAdapter]:
    async with ClientSession() as session:
        found = make_adapter("slack", slack.settings(), session, MemoryTokens(), slack.clock)
        assert isinstance(found, SlackAdapter)
        yield found
        found.close()


async def acknowledged(slack: SlackSimulator, count: int) -> None:
    async with asyncio.timeout(10):
        await slack.wait_until(lambda: len(slack.api.acknowledged) >= count)


async def test_slack_may_forget_what_is_journalled_and_nothing_else(
    adapter: SlackAdapter, slack: SlackSimulator
) -> None:
    await slack.act(Action(user="王芳", text="你好", repeat=2))  # before there is a line
    heard = await adapter.listen("")
    assert len(heard.requests) == 1  # the same thing twice
    assert slack.api.acknowledged == []
    again = await adapter.listen("")  # it could not be journalled
    assert again == heard
    await adapter.settle(heard.requests)
    await acknowledged(slack, 2)
    assert slack.api.waiting == {}
    await slack.act(Action(user="王芳", text="在吗"))
    later = await adapter.listen(heard.mark)
    assert [b"\\u5728\\u5417" in each.body for each in later.requests] == [True]
    assert later.mark != heard.mark


async def test_what_was_not_acknowledged_comes_again_over_the_next_line(
    adapter: SlackAdapter, slack: SlackSimulator
) -> None:
    await slack.act(Action(user="王芳", text="你好"))
    first = await adapter.listen("")
    await slack.api.hang_up()
    with pytest.raises(SendError) as caught:
        await adapter.listen(first.mark)
    assert caught.value.retryable
    await adapter.settle(first.requests)  # too late for the line it came over
    assert slack.api.acknowledged == []
    second = await adapter.listen(first.mark)
    assert [each.dedupe_key for each in second.requests] == [each.dedupe_key for each in first.requests]
    await adapter.settle(second.requests)
    await acknowledged(slack, 1)


async def test_what_is_not_for_us_is_forgotten_at_once(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    """Other people's talk, and things of other kinds than events."""
    await slack.act(Action(user="王芳", text="大家好", group="闲聊"))
    await slack.api.tell({"command": "/x"}, kind="slash_commands")
    await slack.act(Action(user="王芳", text="你好"))
    heard = await adapter.listen("")
    assert len(heard.requests) == 1
    await acknowledged(slack, 2)


async def test_a_line_is_renewed_without_a_word(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    await slack.say("王芳", "一")
    heard = await adapter.listen("")
    await adapter.settle(heard.requests)
    await acknowledged(slack, 1)
    await slack.api.say_goodbye("refresh_requested")
    nothing = await adapter.listen(heard.mark)
    assert nothing.requests == ()
    await slack.say("王芳", "二")
    assert len((await adapter.listen(nothing.mark)).requests) == 1
    assert slack.api.opened == 2


@pytest.mark.parametrize(
    "reason, code, retryable",
    [("link_disabled", SendErrorCode.NOT_PERMITTED, False), ("too_many_websockets", SendErrorCode.UNREACHABLE, True)],
)
async def test_a_line_that_is_refused_says_why(
    adapter: SlackAdapter, slack: SlackSimulator, reason: str, code: SendErrorCode, retryable: bool
) -> None:
    slack.api.refuses = reason
    with pytest.raises(SendError) as caught:
        await adapter.listen("")
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


async def test_socket_mode_that_is_switched_off_meanwhile_says_so(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    await slack.say("王芳", "你好")
    heard = await adapter.listen("")
    await adapter.settle(heard.requests)
    await slack.api.say_goodbye("link_disabled")
    with pytest.raises(SendError) as caught:
        await adapter.listen(heard.mark)
    assert (caught.value.code, caught.value.detail) == (
        "not_permitted",
        "Socket Mode is switched off in the app's settings",
    )


async def test_a_line_to_somewhere_else_is_not_opened(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    slack.inject(Fault(name="apps.connections.open", body=b'{"ok":true,"url":"wss://example.com/link/?ticket=1"}'))
    with pytest.raises(SendError) as caught:
        await adapter.listen("")
    assert caught.value.code is SendErrorCode.PLATFORM_ERROR


async def test_an_app_token_that_was_taken_back(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    slack.inject(Fault(name="apps.connections.open", code="token_revoked"))
    with pytest.raises(SendError) as caught:
        await adapter.listen("")
    assert (caught.value.code, caught.value.retryable) == (SendErrorCode.CREDENTIALS_REFUSED, False)
