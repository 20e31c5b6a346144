"""LINE through the whole hub: what customers do reaches the timeline, what agents answer reaches them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
import structlog
from msgspec.structs import replace

from channels.line.adapter import SWITCHED_OFF
from channels.line.simulator import Action, Fault, Hang
from channels.line.simulator.account import Content
from channels.line.simulator.acts import FILM, PICTURE, SOUND
from scrm.clock import ManualClock
from scrm.model.message import AttachmentState, MessageStatus
from tests.channels.line.conftest import CHANNEL, Made, World

PUSH, REPLY = "/v2/bot/message/push", "/v2/bot/message/reply"


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def test_customers_and_an_agent_talk(make: Made) -> None:
    """The hub says where it is; two people's events come in one push, twice, and each is heard once, in order."""
    world = await make(running=True)
    simulator = world.simulator
    async with asyncio.timeout(20):
        await simulator.wait_until(lambda: world.platform.webhook_url.endswith(f"/hooks/{CHANNEL}"))
    assert await simulator.verify() == 200
    await simulator.act(Action(user="李雷", type="follow", waits=True))
    await simulator.act(Action(user="王芳", text="你好", waits=True))
    await simulator.act(Action(user="李雷", text="有货吗", waits=True))
    await simulator.act(Action(user="王芳", type="image", repeat=3))

    async def arrived() -> bool:
        fang, lei = await world.messages("王芳"), await world.messages("李雷")
        return len(lei) == 1 and len(fang) == 2 and all(
            each.state is AttachmentState.STORED for each in fang[1].attachments
        )  # fmt: skip

    await eventually(arrived)
    async with asyncio.timeout(20):
        await simulator.wait_until(lambda: not simulator.waiting)
    assert set(simulator.pushes) == {(4, 200)}
    thread = await world.messages("王芳")
    assert [(each.content_type, each.content) for each in thread] == [("text", "你好"), ("image", "")]
    assert (await world.stores.blobs.get(thread[1].attachments[0].id)) == PICTURE
    sent = await world.answers("王芳", "在的")
    async with asyncio.timeout(20):
        [reply] = await simulator.wait_for_sent(1)
    assert (reply.content, reply.to, reply.how) == ("在的", world.platform.user("王芳"), "reply")

    async def settled() -> bool:
        return (await world.message(sent)).status is MessageStatus.SENT

    await eventually(settled)
    assert (await world.message(sent)).external_ids == (reply.id,)

    async def named() -> bool:
        conversation = await world.conversation("王芳")
        contact = await world.stores.contacts.get(conversation.contact_id) if conversation else None
        return contact is not None and contact.name == "王芳"

    await eventually(named)


async def test_an_answer_is_free_while_it_is_fresh_and_certain_after(make: Made) -> None:
    """A reply token answers once and for a minute; then pushes go, whose lost answers are asked for until known."""
    world = await make()
    clock = world.clock
    assert isinstance(clock, ManualClock)
    await world.does("王芳", text="你好")
    await world.answers("王芳", "一")
    await world.answers("王芳", "二")
    await world.works()
    assert [(each.content, each.how) for each in world.simulator.sent] == [("一", "reply"), ("二", "push")]
    world.simulator.inject(Fault(name=PUSH, cut=Hang.AFTER))
    world.simulator.inject(Fault(name=PUSH, status=500, body=b"{}"))
    lost = await world.answers("王芳", "三")
    await world.works()
    assert (await world.message(lost)).status is MessageStatus.RETRYING
    clock.advance(30)
    await world.works()
    clock.advance(30)
    await world.works()
    known = await world.message(lost)
    assert known.status is MessageStatus.SENT
    assert [each.content for each in world.simulator.sent] == ["一", "二", "三"]
    assert known.external_ids == (world.simulator.sent[2].id,)
    assert world.platform.used == 2


async def test_a_free_answer_that_is_lost_asks_the_agent(make: Made) -> None:
    """Nothing says what became of it; sent again by hand it goes as a push."""
    world = await make()
    await world.does("王芳", text="你好")
    world.simulator.inject(Fault(name=REPLY, cut=Hang.BEFORE))
    sent = await world.answers("王芳", "在的")
    await world.works()
    assert (await world.message(sent)).status is MessageStatus.UNKNOWN
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(60)
    await world.hub.retry(sent.id, by=sent.author)
    await world.works()
    assert [each.how for each in world.simulator.sent] == ["push"]


async def test_long_text_typing_quotes_and_what_is_taken_back(make: Made) -> None:
    world = await make()
    first = await world.does("王芳", text="多少钱")
    await world.does("王芳", text="在吗")
    conversation = await world.conversation("王芳")
    assert conversation is not None
    await world.hub.typing(conversation.id)
    assert world.platform.typing == [(world.platform.user("王芳"), 10)]
    asked = (await world.messages("王芳"))[0]
    await world.answers("王芳", "九十九", reply_to=asked.id)
    await world.answers("王芳", "😀" * 2600 + "。" + "好" * 3000)
    await world.works()
    quoted, *parts = world.simulator.sent
    assert (quoted.content, quoted.quoted) == ("九十九", first)
    assert [part.quoted for part in parts] == ["", ""]
    assert "".join(part.content for part in parts) == "😀" * 2600 + "。" + "好" * 3000
    assert max(len(part.content.encode("utf-16-le")) // 2 for part in parts) <= 5000
    await world.does("王芳", text="这个", message=quoted.id)
    assert (await world.messages("王芳"))[-1].details["reply_to"] == quoted.id
    await world.does("王芳", "unsend", message=first)
    entries = await world.stores.messages.thread(conversation.id, after=0, until=500)
    assert (entries[-1].details["event"], entries[-1].details["message"]) == ("message_deleted", first)
    assert entries[0].content == "多少钱"


async def test_in_a_group_who_speaks_to_the_account_is_answered_there(make: Made) -> None:
    world = await make()
    asked = await world.does("王芳", text="@客服 退货", group="闺蜜团")
    await world.does("王芳", "join", group="闺蜜团")
    await world.does("王芳", "image", group="闺蜜团")  # among themselves
    assert [each.content for each in await world.messages("王芳", "闺蜜团")] == ["@客服 退货"]
    assert await world.conversation("王芳") is None
    conversation = await world.conversation("王芳", "闺蜜团")
    assert conversation is not None
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert contact.name == "王芳（闺蜜团）"
    await world.hub.typing(conversation.id)
    await world.answers("王芳", "好的", group="闺蜜团")
    await world.works()
    [sent] = world.simulator.sent
    assert (sent.to, sent.quoted) == (world.platform.group("闺蜜团"), asked)
    assert world.platform.typing == []
    channel = await world.channel()
    await world.stores.channels.save(replace(channel, settings={**channel.settings, "groups": "never"}))
    world.hub._adapters.forget(CHANNEL)
    await world.does("王芳", text="@客服 在吗", group="闺蜜团")
    assert len(await world.messages("王芳", "闺蜜团")) == 2


async def test_who_blocks_the_account_and_what_is_being_made_ready(make: Made) -> None:
    world = await make()
    film = Content(data=FILM, media_type="video/mp4", state="processing")
    id_ = await world.does("王芳", "video", media=film)
    [message] = await world.messages("王芳")
    assert message.attachments[0].state is AttachmentState.PENDING
    world.platform.files[id_] = replace(film, state="succeeded")
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(600)
    await world.works()
    [message] = await world.messages("王芳")
    assert message.attachments[0].state is AttachmentState.STORED
    await world.does("王芳", "audio", media=replace(film, state="failed"))
    assert (await world.messages("王芳"))[1].attachments[0].error == "media_refused"
    await world.does("王芳", "unfollow")
    conversation = await world.conversation("王芳")
    assert conversation is not None
    for there, kind in ((False, "unfollow"), (True, "unblock")):
        await world.does("王芳", kind)
        contact = await world.stores.contacts.get(conversation.contact_id)
        assert contact is not None
        assert contact.subscribed is there


async def test_the_month_is_over_and_a_flood_is_waited_out(make: Made) -> None:
    world = await make()
    await world.does("王芳", text="你好")
    world.simulator.inject(Fault(name=REPLY, code=429, detail="The API rate limit has been exceeded.", retry_after=30))
    sent = await world.answers("王芳", "在的")
    await world.works()
    assert (await world.message(sent)).status is MessageStatus.RETRYING
    entry = await world.stores.outbox.get(sent.id)
    assert entry is not None
    assert (entry.due_at - world.clock.now()).total_seconds() == 30
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(61)
    world.platform.quota = 0
    await world.works()
    ended = await world.message(sent)
    assert ended.failure is not None
    assert (ended.status, ended.failure.code) == (MessageStatus.FAILED, "daily_quota")
    channel = await world.channel()
    assert channel.last_error is not None
    assert "monthly limit" in channel.last_error


async def test_a_check_says_what_is_missing(make: Made) -> None:
    world = await make(reachable=False)
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "public_url" in said
    world.platform.webhook_url = "https://scrm.example.com/set-by-hand"
    assert await world.hub.check_channel(await world.channel()) == (
        True,
        "模拟官方账号 · @simulated · 0 / 200 messages this month",
    )
    world.hub._polling._hooks = "https://scrm.example.com/hooks"
    world.platform.webhook_active = False
    ok, said = await world.hub.check_channel(await world.channel())
    assert (ok, SWITCHED_OFF in said) == (False, True)
    assert world.platform.webhook_url == f"https://scrm.example.com/hooks/{CHANNEL}"
    world.simulator.inject(Fault(name="/v2/bot/info", code=401, detail="Authentication failed"))
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok


async def test_without_a_public_address_no_file_leaves(make: Made) -> None:
    world = await make(reachable=False)
    await world.does("王芳", text="发票")
    sent = await world.answers("王芳", attachments=[await world.file(PICTURE, "image/png", "发票.png")])
    await world.works()
    ended = await world.message(sent)
    assert ended.failure is not None
    assert (ended.status, ended.failure.code) == (MessageStatus.FAILED, "not_permitted")
    channel = await world.channel()
    assert "public_url" in (channel.last_error or "")


async def test_no_secret_reaches_a_log_or_a_record(
    make: Made, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong, and however loudly it is logged."""
    world = await make()
    for library in ("aiohttp", "asyncio", "scrm"):
        caplog.set_level(logging.DEBUG, library)
    account = world.platform.account
    await world.does("王芳", text="你好")
    faults = [
        Fault(name=REPLY, code=400, detail="something new"),
        Fault(name=PUSH, status=502, body=account.access_token.encode()),
        Fault(name=PUSH, status=302, headers={"Location": f"/{account.access_token}"}),
        Fault(name=PUSH, cut=Hang.BEFORE),
    ]
    with structlog.testing.capture_logs() as events:
        for fault in faults:
            world.simulator.inject(fault)
            sent = await world.answers("王芳", "在的")
            await world.works()
            assert account.access_token not in repr(await world.message(sent))
        await world.does("王芳", "image")
        await world.hub.check_channel(await world.channel())
    written = capsys.readouterr()
    told = caplog.text + repr(events) + written.out + written.err + repr(await world.messages("王芳"))
    assert account.access_token not in told
    assert account.channel_secret not in told


async def shows(world: World, address: str) -> tuple[int, str, bytes]:
    return await world.simulator.open(address)


async def test_files_are_fetched_by_the_platform_for_a_while(make: Made) -> None:
    """As what they are where LINE has that, else as their name and address; each address is for one file, and ends."""
    world = await make()
    await world.does("王芳", text="发我看看")
    large = PICTURE + bytes(1_000_001)
    files = [
        await world.file(PICTURE, "image/png", "图.png"),
        await world.file(large, "image/png", "大.png"),
        await world.file(FILM, "video/mp4", "片.mp4"),
        await world.file(SOUND, "audio/mp4", "音.m4a", 1.5),
        await world.file(b"ID3", "audio/mpeg", "歌.mp3", 1.5),
        await world.file(b"%PDF-1.4", "application/pdf", "合同.pdf"),
    ]
    sent = await world.answers("王芳", "请看", attachments=files)
    await world.works()
    assert (await world.message(sent)).status is MessageStatus.SENT
    _, small, big, film, sound, song, paper = world.simulator.sent
    assert [each.type for each in world.simulator.sent] == ["text", "image", "image", "video", "audio", "text", "text"]
    assert (small.preview, sound.duration) == (small.address, 1500)
    assert song.content.startswith("歌.mp3\nhttp://")
    name, _, address = paper.content.partition("\n")
    assert (name, await shows(world, address)) == ("合同.pdf", (200, "application/pdf", b"%PDF-1.4"))
    assert await shows(world, small.address) == (200, "image/png", PICTURE)
    assert await shows(world, big.address) == (200, "image/png", large)
    assert await shows(world, film.address) == (200, "video/mp4", FILM)
    for poster in (big.preview, film.preview):
        status, media_type, data = await shows(world, poster)
        assert (status, media_type, data[:4]) == (200, "image/png", b"\x89PNG")
    assert big.preview != film.preview
    *before, channel_id, id_, until, seal = small.address.split("/")
    wrong = [
        [channel_id, id_, until, seal[:-1] + ("0" if seal[-1] != "0" else "1")],
        [channel_id, id_, str(int(until) + 86_400), seal],
        [channel_id, files[1].id, until, seal],
        ["01OTHER", id_, until, seal],
        [channel_id, "a" * 65, until, seal],
        ["poster", "secret.png"],
    ]
    for parts in wrong:
        assert (await shows(world, "/".join([*before, *parts])))[0] == 404
    async with world.simulator.session.get(small.address, headers={"Range": "bytes=1-3"}) as response:
        assert (response.status, await response.read()) == (206, b"PNG")
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    async with world.simulator.session.head(small.address) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(len(PICTURE)))
    channel = await world.channel()
    changed = replace(channel, settings={**channel.settings, "channel_secret": "f" * 32})
    for now, status in ((changed, 404), (channel, 200)):
        await world.stores.channels.save(now)
        assert (await shows(world, small.address))[0] == status
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(89 * 86_400)
    assert (await shows(world, small.address))[0] == 200
    world.clock.advance(3 * 86_400)
    assert (await shows(world, small.address))[0] == 404
