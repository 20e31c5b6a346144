"""Weibo through the whole hub: private messages pushed and answered, comments fetched and answered under the post."""

import logging

import pytest
import structlog
from msgspec.structs import replace

from channels.simulating.faults import Fault
from scrm.errors import ReplyRefused
from scrm.model.message import AttachmentState, ContentType, MessageStatus
from scrm.model.work import JournalState
from tests.channels.weibo.conftest import ACCOUNT, CHANNEL, World

COMMENTS = "/2/comments/to_me.json"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def test_a_customer_and_an_agent_talk(world: World) -> None:
    """The address is asked first; a retry is the same message; a name comes from the profile."""
    assert await world.sim.challenge() == (200, b"dnPdpTZz85")
    await world.does("王芳", "在吗", repeat=2)
    assert await world.texts("王芳") == ["在吗"]
    reply = await world.answers("王芳", "您好")
    assert (reply.status, reply.external_ids) == (MessageStatus.SENT, ())
    [sent] = world.sim.sent
    assert (sent.receiver, sent.content, sent.comment_id) == (world.sim.platform.person("王芳").uid, "您好", "")
    contact = await world.stores.contacts.get((await world.conversation("王芳")).contact_id)
    assert contact is not None
    assert contact.name == "王芳"


async def test_pictures_are_fetched_with_the_receivers_number(world: World) -> None:
    fid = world.sim.platform.keep_file(PICTURE, "image/png")
    await world.does("王芳", "发了一张图片", type="image", data={"vfid": 1, "tovfid": int(fid)})
    [message] = await world.said("王芳")
    assert message.content_type is ContentType.IMAGE
    [attachment] = message.attachments
    assert attachment.state is AttachmentState.STORED
    assert await world.stores.blobs.get(attachment.id) == PICTURE


async def test_two_days_permit_private_messages_and_an_event_opens_them_again(world: World) -> None:
    await world.does("王芳", "在吗")
    world.clock.advance(48 * 3600 + 1)
    with pytest.raises(ReplyRefused) as caught:
        await world.answers("王芳", "您好")
    assert caught.value.code == "window_closed"
    await world.does("王芳", event="click", data={"key": "HELP"})
    assert (await world.answers("王芳", "您好")).status is MessageStatus.SENT


async def test_who_leaves_is_marked_and_cannot_be_written_to(world: World) -> None:
    """The platform's page gives the refusal no code: its words are what the agent sees."""
    await world.does("李雷", "你好")
    await world.does("李雷", event="unfollow")
    contact = await world.stores.contacts.get((await world.conversation("李雷")).contact_id)
    assert contact is not None
    reply = await world.answers("李雷", "在吗")
    assert reply.status is MessageStatus.FAILED
    assert reply.failure is not None
    assert (reply.failure.code, reply.failure.platform_code) == ("platform_error", "29999")


async def test_a_comment_is_answered_under_the_post_and_a_message_in_private(world: World) -> None:
    """What was said last decides; an answer to one in particular goes where that was said."""
    await world.does("王芳", "什么时候有货", type="comment", post="新品上架")
    await world.looks()
    [asked] = await world.said("王芳")
    assert (asked.content, asked.details["quote"]) == ("什么时候有货", "新品上架")
    reply = await world.answers("王芳", "下周")
    [first] = world.sim.sent
    assert first.comment_id == asked.details["comment_id"]
    assert reply.external_ids == ("comment:4800000000000002",)
    await world.looks()  # our own comment is nobody's question
    await world.does("王芳", "那我私信你")
    await world.answers("王芳", "好的")
    await world.answers("王芳", "已补货", reply_to=asked)
    assert [sent.comment_id for sent in world.sim.sent] == [first.comment_id, "", first.comment_id]
    assert await world.texts("王芳") == ["什么时候有货", "下周", "那我私信你", "好的", "已补货"]


async def test_a_comment_that_comes_in_while_an_agent_sends_makes_no_private_answer_public(world: World) -> None:
    await world.does("王芳", "我的订单到哪了")
    [asked] = await world.said("王芳")
    await world.does("王芳", "别买", type="comment")
    await world.looks()
    await world.answers("王芳", "在小区门口，尾号 8806", reply_to=asked)
    assert [sent.comment_id for sent in world.sim.sent] == [""]


async def test_a_comment_needs_no_follower_and_no_window_of_two_days(world: World) -> None:
    await world.does("韩梅", "质量怎么样", type="comment")
    world.sim.platform.person("韩梅").follows = False
    await world.looks()
    world.clock.advance(3 * 86_400)
    assert (await world.answers("韩梅", "很好")).status is MessageStatus.SENT


async def test_comments_come_once_however_the_pages_fall(world: World) -> None:
    """More than a page, some while the hub walks down, one page that fails, and then nothing new."""
    await world.does("王芳", "0", type="comment")
    await world.looks()
    for number in range(1, 61):
        world.sim.platform.comment("王芳", str(number))
    world.sim.inject(Fault(name=COMMENTS, code=10023))
    await world.looks()
    assert await world.texts("王芳") == ["0"]
    world.clock.advance(600)
    await world.works()
    world.sim.platform.comment("李雷", "中途")
    await world.looks()
    assert sorted(map(int, await world.texts("王芳"))) == list(range(61))
    assert await world.texts("李雷") == ["中途"]
    asked = world.sim.platform.asked
    await world.looks()
    assert world.sim.platform.asked == asked + 1
    assert await world.stores.journal.page(JournalState.FAILED, channel_id=None, after=None, limit=9) == []


async def test_a_check_says_whose_the_tokens_are_and_how_long_they_last(world: World) -> None:
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None
    assert await world.hub.check_channel(channel) == (True, "private messages 358 d · comments 358 d")
    world.sim.inject(Fault(name="/oauth2/get_token_info", code=21327))
    ok, said = await world.hub.check_channel(channel)
    assert not ok
    assert "21327" in said


async def test_a_channel_waits_for_its_token(world: World) -> None:
    """Weibo shows it only once it has the channel's address, and pushes before it."""
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None
    await world.stores.channels.save(replace(channel, settings={**channel.settings, "access_token": ""}))
    await world.hub.channel_changed(CHANNEL)
    await world.does("王芳", "在吗")
    reply = await world.answers("王芳", "您好")
    assert reply.failure is not None
    assert reply.failure.code == "credentials_refused"
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None
    assert "no access token" in (await world.hub.check_channel(channel))[1]


async def test_no_token_reaches_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        await world.does("王芳", "在吗")
        world.sim.inject(Fault(name="/2/messages/reply.json", code=21332, detail=f"bad {ACCOUNT.access_token}"))
        reply = await world.answers("王芳", "您好")
    assert reply.failure is not None
    everything = f"{logged} {caplog.text} {reply.failure}"
    for secret in (ACCOUNT.access_token, ACCOUNT.comments_token, ACCOUNT.app_secret):
        assert secret not in everything
