"""WeCom's customer service through the whole hub: announced, fetched, journalled, read, answered; each thing once."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from channels.simulating.faults import Fault
from channels.wecom.simulator import Account
from channels.wecom.simulator.platform import BY_PERSON, BY_PROGRAM, ENDED, UNTREATED
from scrm.errors import StoreUnavailable
from scrm.flow.partitions import Claim
from scrm.ids import AgentId
from scrm.model.contact import Identity, IdentityScope
from scrm.model.conversation import ConversationStatus
from scrm.model.message import AttachmentState, ContentType, MessageStatus
from scrm.model.people import Agent, Role
from scrm.model.work import JournalState
from scrm.ports.abilities import Pulled
from scrm.ports.flow import ConversationChange
from tests.channels.wecom.conftest import AUTHOR, FIRST, SECOND, Made, World, channel_of

SYNC = "/cgi-bin/kf/sync_msg"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def text(content: str) -> dict[str, object]:
    return {"msgtype": "text", "text": {"content": content}}


async def test_a_customer_and_an_agent_talk(make: Made) -> None:
    world = await make()
    assert await world.sim.challenge() == (200, b"1234567890")
    await world.says("王芳", "在吗")
    reply = await world.answers("王芳", "您好")
    await world.works()
    [sent] = world.sim.sent
    assert (sent.content, sent.customer) == ("您好", world.sim.customer("王芳"))
    stored = await world.message(reply)
    assert (stored.status, stored.external_ids) == (MessageStatus.SENT, (sent.message_id,))
    conversation = await world.conversation("王芳")
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert contact.name == "王芳"
    assert world.hub.window(conversation, world.clock.now()).replies_left == 4


async def test_three_notices_at_once_over_awkward_pages_bring_each_message_once(make: Made) -> None:
    """Pages of three, every other one empty, two messages of the page before on each; three callbacks at once, and
    three hubs that all fetch."""
    world = await make(hubs=3)
    platform = world.sim.platform
    platform.page_size, platform.empty_every, platform.overlap = 3, 2, 2
    users = ("王芳", "李雷", "韩梅", "张伟")
    for number in range(10):
        for user in users:
            world.sim.writes(user, text(f"{user}{number}"))
    await asyncio.gather(*(world.sim.announce() for _ in range(3)))
    assert all(delivery.delivered for delivery in world.sim.deliveries)
    await world.hub._ingest_step(Claim(world.partition(), world.clock))
    await world.fetch()
    await world.works()
    for user in users:
        assert await world.texts(user) == [f"{user}{number}" for number in range(10)]
    pull = await world.pull()
    assert pull.cursor.startswith("cur-40-")
    assert pull.due_at > world.clock.now()
    assert await world.stores.journal.page(JournalState.FAILED, channel_id=None, after=None, limit=9) == []


@pytest.mark.parametrize("where", ["keep", "advance", "rest"])
async def test_whatever_dies_each_message_comes_once(make: Made, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The process ends before a page is journalled, before its cursor is stored, or before the pull is put to rest."""
    world = await make()
    world.sim.platform.page_size = 2
    target = world.hub._journal if where == "keep" else world.stores.pulls
    whole = getattr(target, where)

    async def dies(*_: object) -> bool:
        monkeypatch.setattr(target, where, whole)
        raise StoreUnavailable("killed")

    for number in range(5):
        world.sim.writes("王芳", text(str(number)))
    await world.sim.announce()
    monkeypatch.setattr(target, where, dies)
    with pytest.raises(StoreUnavailable):
        await world.works()
    await world.works()
    assert await world.texts("王芳") == ["0", "1", "2", "3", "4"]


async def test_a_notice_while_a_page_is_fetched_is_not_swallowed(make: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make()
    connected = await world.hub._adapters.get(channel_of(FIRST))
    whole = connected.adapter.pull  # type: ignore[attr-defined]
    claim = Claim(world.partition(), world.clock)

    async def meanwhile(*cursor_and_ticket: object) -> Pulled:
        """The last page is read, and only then comes another message with its notice."""
        page: Pulled = await whole(*cursor_and_ticket)
        monkeypatch.setattr(connected.adapter, "pull", whole)
        await world.sim.say("王芳", "第二句")
        await world.hub._ingest_step(claim)
        return page

    await world.sim.say("王芳", "第一句")
    await world.hub._ingest_step(claim)
    monkeypatch.setattr(connected.adapter, "pull", meanwhile)
    await world.hub._pump.step(claim)
    assert (await world.pull()).due_at <= world.clock.now()
    await world.works()
    assert await world.texts("王芳") == ["第一句", "第二句"]


async def test_a_lost_notice_costs_minutes_not_messages(make: Made) -> None:
    world = await make()
    await world.says("王芳", "第一句")
    world.sim.writes("王芳", text("第二句"))
    await world.works()
    assert await world.texts("王芳") == ["第一句"]
    world.clock.advance(301)
    await world.works()
    assert await world.texts("王芳") == ["第一句", "第二句"]


async def test_a_channel_is_asked_as_soon_as_it_is_connected(make: Made) -> None:
    """What customers wrote before is there; and where nobody said that the channel is new, the timers find it."""
    world = await make()
    world.sim.writes("王芳", text("在吗"))
    await world.hub._timers.tick()
    await world.works()
    assert await world.texts("王芳") == ["在吗"]
    world.sim.writes("王芳", text("还在吗"))
    await world.hub.channel_changed(channel_of(FIRST))
    await world.works()
    assert await world.texts("王芳") == ["在吗", "还在吗"]


async def test_a_token_that_is_no_longer_good_is_not_insisted_on(make: Made) -> None:
    world = await make()
    await world.sim.say("王芳", "一")
    for box in world.sim.platform.boxes.values():
        box.tickets.clear()
    await world.works()
    assert await world.texts("王芳") == ["一"]
    assert len(world.sim.platform._bad_tickets) == 1
    await world.sim.say("王芳", "二")
    world.clock.advance(700)
    await world.works()
    assert await world.texts("王芳") == ["一", "二"]
    assert len(world.sim.platform._bad_tickets) == 1  # too old to be worth a try


async def test_a_platform_that_refuses_is_asked_later_and_the_channel_says_why(make: Made) -> None:
    world = await make()
    await world.says("王芳", "一")
    for fault in (Fault(name=SYNC, code=45009), Fault(name=SYNC, code=-1)):
        world.sim.inject(fault)
    await world.sim.say("王芳", "二")
    await world.works()
    assert await world.texts("王芳") == ["一"]
    assert (await world.channel()).last_error is None
    world.clock.advance(61)
    await world.works()
    assert "platform_busy" in ((await world.channel()).last_error or "")
    world.clock.advance(61)
    await world.works()
    assert await world.texts("王芳") == ["一", "二"]
    assert (await world.channel()).last_error is None


async def test_one_address_serves_the_companys_accounts(make: Made) -> None:
    """And a customer of two of them is one contact: the company knows both by one id."""
    world = await make(FIRST, SECOND)
    await world.says("王芳", "这里是二店吗", SECOND)
    await world.says("王芳", "这里是一店吗")
    assert await world.texts("王芳", SECOND) == ["这里是二店吗"]
    first, second = await world.conversation("王芳"), await world.conversation("王芳", SECOND)
    assert first.contact_id == second.contact_id
    await world.answers("王芳", "是")
    await world.works()
    assert [sent.open_kfid for sent in world.sim.sent] == [FIRST.open_kfid]
    assert world.sim.platform.token_fetches == 1


async def test_an_account_that_is_exchanged_is_read_from_its_beginning(make: Made) -> None:
    world = await make(FIRST, replace(SECOND, open_kfid="wk5imu1at0rAAAA0003"))
    await world.says("王芳", "一店")
    third = world.sim.accounts[1]
    world.sim.writes("王芳", text("三店"), third.open_kfid)
    await world.stores.channels.delete(channel_of(third))
    channel = await world.channel()
    await world.stores.channels.save(replace(channel, settings=third.settings(world.sim.url)))
    await world.hub.channel_changed(channel.id)
    await world.works()
    assert await world.texts("王芳") == ["一店", "三店"]


async def test_a_unionid_joins_the_companys_channels_from_the_first_message(make: Made) -> None:
    world = await make()
    await world.says("李雷", "我先来")
    follower = await world.conversation("李雷")
    known = Identity(
        id="i1",
        scope=IdentityScope.UNION,
        realm="wechat",
        value="union-of-wang",
        contact_id=follower.contact_id,
        evidence="the Official Account said so",
        created_at=world.clock.now(),
    )
    await world.stores.contacts.add_identity(known)
    world.sim.platform.people[world.sim.customer("王芳")]["unionid"] = "union-of-wang"
    await world.says("王芳", "是我")
    assert (await world.conversation("王芳")).contact_id == follower.contact_id


async def test_who_a_customer_is_may_be_told_later(make: Made) -> None:
    world = await make()
    world.sim.inject(Fault(name="/cgi-bin/kf/customer/batchget", code=45009))
    await world.says("王芳", "在吗")
    conversation = await world.conversation("王芳")
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert contact.name == "王芳"  # asked again, for the new contact alone


async def test_files_are_fetched_and_sent(make: Made) -> None:
    world = await make()
    media_id = world.sim.platform.store("image", PICTURE, "image/png", "a.png")
    await world.sim.act("王芳", {"msgtype": "image", "image": {"media_id": media_id}})
    note = world.sim.platform.store("file", "说明".encode(), "text/plain", "readme.txt")
    await world.sim.act("王芳", {"msgtype": "file", "file": {"media_id": note}})
    await world.works()
    picture, file = [each for each in await world.thread("王芳") if each.kind == "incoming"]
    assert (picture.content_type, file.content_type) == (ContentType.IMAGE, ContentType.FILE)
    for message, data in ((picture, PICTURE), (file, "说明".encode())):
        [attachment] = message.attachments
        assert attachment.state is AttachmentState.STORED
        assert await world.stores.blobs.get(attachment.id) == data
    assert file.attachments[0].file_name == "readme.txt"


async def test_a_failure_told_later_is_the_messages(make: Made) -> None:
    world = await make()
    await world.says("王芳", "在吗")
    reply = await world.answers("王芳", "您好")
    await world.works()
    world.sim.platform.fail(world.sim.sent[0].message_id, 10)
    await world.sim.announce()
    await world.works()
    stored = await world.message(reply)
    assert stored.status is MessageStatus.FAILED
    assert stored.failure is not None
    assert (stored.failure.code, stored.failure.platform_code) == ("blocked_by_contact", "fail_type 10")


@pytest.mark.parametrize(("state", "code"), [(ENDED, "window_closed"), (BY_PERSON, "with_servicer")])
async def test_a_session_that_forbids_to_send_says_why(make: Made, state: int, code: str) -> None:
    world = await make()
    await world.says("王芳", "在吗")
    world.sim.platform.boxes[FIRST.open_kfid].sessions[world.sim.customer("王芳")].state = state
    reply = await world.answers("王芳", "您好")
    await world.works()
    stored = await world.message(reply)
    assert stored.status is MessageStatus.FAILED
    assert stored.failure is not None
    assert stored.failure.code == code
    left = world.hub.window(await world.conversation("王芳"), world.clock.now())
    assert left.open is (state == BY_PERSON)


async def test_what_two_days_and_five_replies_permit(make: Made) -> None:
    world = await make()
    await world.says("王芳", "在吗")
    for number in range(5):
        await world.answers("王芳", str(number))
    await world.works()
    assert len(world.sim.sent) == 5
    assert world.hub.window(await world.conversation("王芳"), world.clock.now()).replies_left == 0
    world.clock.advance(timedelta(hours=49).total_seconds())
    assert not world.hub.window(await world.conversation("王芳"), world.clock.now()).open


async def test_a_deleted_channel_is_no_longer_asked(make: Made) -> None:
    world: World = await make(Account())
    await world.says("王芳", "在吗")
    asked = world.sim.platform.syncs
    await world.stores.channels.delete(channel_of(FIRST))
    await world.hub.channel_changed(channel_of(FIRST))
    world.clock.advance(3600)
    await world.works()
    assert await world.stores.pulls.get(channel_of(FIRST)) is None
    assert world.sim.platform.syncs == asked


async def test_who_opens_the_chat_is_greeted_once_and_in_time(make: Made) -> None:
    world = await make(replace(FIRST, welcome="欢迎光临"))
    await world.sim.enter("王芳", scene="mall", scene_param="a=1")
    await world.works()
    [sent] = world.sim.sent
    assert (sent.content, sent.welcome) == ("欢迎光临", True)
    entered, greeting = [each for each in await world.thread("王芳") if each.content in ("mall", "欢迎光临")]
    assert (entered.details["event"], entered.details["scene_param"]) == ("enter_session", "a=1")
    assert "welcome_code" not in entered.details
    assert (greeting.status, greeting.author.type, greeting.external_ids) == ("sent", "system", (sent.message_id,))
    conversation = await world.conversation("王芳")
    assert conversation.status is ConversationStatus.RESOLVED  # nobody has to answer
    contact = await world.stores.contacts.get(conversation.contact_id)
    assert contact is not None
    assert (contact.source["event"], contact.source["scene"]) == ("enter_session", "mall")
    await world.sim.enter("李雷")
    world.clock.advance(25)  # the hub was away
    await world.works()
    assert len(world.sim.sent) == 1
    assert [each.content for each in await world.thread("李雷")] == [""]


async def test_a_greeting_that_is_late_after_all_fails_and_costs_no_reply(make: Made) -> None:
    world = await make(replace(FIRST, welcome="欢迎光临"))
    await world.sim.enter("王芳")
    claim = Claim(world.partition(), world.clock)
    await world.hub._ingest_step(claim)
    await world.hub._pump.step(claim)
    for partition in range(16):
        await world.hub._ingest_step(Claim(partition, world.clock))
    world.clock.advance(25)
    await world.says("王芳", "在吗")
    [greeting] = [each for each in await world.thread("王芳") if each.content == "欢迎光临"]
    assert greeting.status is MessageStatus.FAILED
    assert greeting.failure is not None
    assert greeting.failure.code == "window_closed"
    assert world.sim.sent == []
    assert world.hub.window(await world.conversation("王芳"), world.clock.now()).replies_left == 5


async def test_the_platforms_session_follows_the_conversation(make: Made) -> None:
    """Assigned: the program's; resolved: over; and what failed is tried again and told."""
    world = await make()
    agent = Agent(
        id=AgentId("a1"),
        login="li",
        name="小李",
        role=Role.AGENT,
        password_hash="x",
        created_at=world.clock.now(),
        updated_at=world.clock.now(),
    )
    await world.stores.agents.insert(agent)
    await world.says("王芳", "在吗")
    session = world.sim.platform.boxes[FIRST.open_kfid].sessions[world.sim.customer("王芳")]
    assert session.state == UNTREATED
    conversation = await world.conversation("王芳")
    await world.hub.change(conversation.id, ConversationChange(assignee_id=agent.id), by=AUTHOR)
    await world.works()
    assert session.state == BY_PROGRAM
    world.sim.inject(Fault(name="/cgi-bin/kf/service_state/trans", code=-1))
    await world.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    await world.works()
    assert session.state == BY_PROGRAM
    world.clock.advance(10)
    await world.works()
    assert session.state == ENDED
    lines = [each.details["state"] for each in await world.thread("王芳") if each.content == "platform_session"]
    assert lines == ["taken", "ended"]


async def test_a_check_names_the_account_and_its_people(make: Made) -> None:
    world = await make()
    world.sim.platform.boxes[FIRST.open_kfid].servicers.update({"zhangsan": 0, "lisi": 1})
    assert await world.hub.check_channel(await world.channel()) == (True, "模拟客服 · zhangsan ●, lisi ○")
    world.sim.platform.allowed_addresses = frozenset({"192.0.2.1"})
    ok, said = await world.hub.check_channel(await world.channel())
    assert not ok
    assert "60020" in said
