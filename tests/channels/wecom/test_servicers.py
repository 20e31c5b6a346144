"""Customers passed on to the company's people in WeCom, through the whole hub, and taken back."""

import pytest

from channels.simulating.faults import Fault
from channels.wecom.simulator import SentMessage
from channels.wecom.simulator.platform import BY_PERSON, BY_PROGRAM, ENDED, UNTREATED, WAITING, Session
from scrm.errors import Conflict, Invalid, PlatformRefused, ReplyRefused
from scrm.model.conversation import Conversation, ConversationStatus
from scrm.model.message import Message
from scrm.ports.flow import ConversationChange
from tests.channels.wecom.conftest import AUTHOR, FIRST, Made, World

TRANS = "/cgi-bin/kf/service_state/trans"
BOX = FIRST.open_kfid


@pytest.fixture
async def world(make: Made) -> World:
    """A customer who wrote, and three people in WeCom: one takes customers, one does not, one is a department's."""
    world = await make()
    world.sim.platform.boxes[BOX].servicers.update({"zhangsan": 0, "lisi": 1, "wangwu": 0})
    await world.says("王芳", "在吗")
    return world


def session(world: World) -> Session:
    return world.sim.platform.boxes[BOX].sessions[world.sim.customer("王芳")]


async def passed(world: World, servicer: str = "zhangsan") -> Conversation:
    return await world.hub.servicers.pass_on((await world.conversation("王芳")).id, servicer, by=AUTHOR)


async def back(world: World) -> Conversation:
    return await world.hub.servicers.take_back((await world.conversation("王芳")).id, by=AUTHOR)


async def lines(world: World) -> list[str]:
    return [each.details["state"] for each in await world.thread("王芳") if each.content == "platform_session"]


def person_says(world: World, text: str, servicer: str = "zhangsan") -> None:
    world.sim.platform.answer(BOX, world.sim.customer("王芳"), servicer, text)


async def told(world: World) -> None:
    await world.sim.announce()
    await world.works()


async def test_a_person_has_the_customer_and_everything_said_is_on_the_timeline(world: World) -> None:
    listed = await world.hub.servicers.of((await world.conversation("王芳")).id)
    assert [(each.id, each.takes) for each in listed] == [("wangwu", True), ("zhangsan", True), ("lisi", False)]
    conversation = await passed(world)
    assert (session(world).state, session(world).servicer) == (BY_PERSON, "zhangsan")
    assert conversation.servicing is not None
    assert (conversation.servicing.servicer_id, conversation.status) == ("zhangsan", ConversationStatus.PENDING)
    person_says(world, "我来帮您")
    await told(world)
    await world.says("王芳", "好的")
    told_by_person = [each for each in await world.thread("王芳") if each.details.get("event") == "servicer_message"]
    assert [(each.content, each.details["servicer"]) for each in told_by_person] == [("我来帮您", "zhangsan")]
    assert await world.texts("王芳") == ["在吗", "好的"]
    now = await world.conversation("王芳")
    assert (now.status, now.waiting_since, now.incoming_count) == (ConversationStatus.PENDING, None, 2)
    assert now.first_response_at is not None  # somebody did answer
    assert now.elsewhere


async def test_meanwhile_a_reply_is_refused_before_anything_is_sent(world: World) -> None:
    failed = await world.answers("王芳", "您好")
    world.sim.inject(Fault(name="/cgi-bin/kf/send_msg", code=40058))
    await world.works()
    await passed(world)
    with pytest.raises(ReplyRefused) as caught:
        await world.answers("王芳", "还在吗")
    assert caught.value.code == "with_servicer"
    with pytest.raises(ReplyRefused):
        await world.hub.retry(failed.id, by=AUTHOR)
    await world.works()
    assert world.sim.sent == []


async def test_taken_back_the_customer_writes_and_the_hub_answers(world: World) -> None:
    await passed(world)
    conversation = await back(world)
    assert session(world).state == ENDED
    assert (conversation.status, conversation.elsewhere) == (ConversationStatus.OPEN, False)
    assert not world.hub.window(conversation, world.clock.now()).open
    with pytest.raises(ReplyRefused) as caught:
        await world.answers("王芳", "您好")
    assert caught.value.code == "window_closed"
    world.clock.advance(5)
    await world.says("王芳", "我还在")
    sent = await _answered(world, "您好")
    assert sent.content == "您好"
    assert await lines(world) == ["passed_on", "taken_back"]
    with pytest.raises(Conflict):
        await back(world)


async def test_one_who_waits_in_the_queue_is_taken_by_somebody_and_given_to_another(world: World) -> None:
    conversation = await passed(world, "")
    assert session(world).state == WAITING
    assert conversation.servicing is not None
    assert conversation.servicing.servicer_id == ""
    world.clock.advance(5)
    world.sim.platform.turn(BOX, world.sim.customer("王芳"), 1, "wangwu")
    await told(world)
    await told_is(world, "wangwu")
    world.clock.advance(5)
    world.sim.platform.turn(BOX, world.sim.customer("王芳"), 2, "zhangsan")
    await told(world)
    await told_is(world, "zhangsan")
    with pytest.raises(PlatformRefused) as caught:  # nobody can send a person's customer back to the queue
        await passed(world, "")
    assert caught.value.code == "with_servicer"
    assert (await passed(world, "wangwu")).elsewhere
    assert session(world).servicer == "wangwu"


async def test_a_person_ends_it_and_the_customer_has_to_write(world: World) -> None:
    await passed(world)
    world.clock.advance(5)
    world.sim.platform.turn(BOX, world.sim.customer("王芳"), 3)
    await told(world)
    conversation = await world.conversation("王芳")
    assert not conversation.elsewhere
    assert not world.hub.window(conversation, world.clock.now()).open
    world.clock.advance(5)
    await world.says("王芳", "还有个问题")
    assert (await world.conversation("王芳")).status is ConversationStatus.OPEN
    assert (await _answered(world, "请说")).content == "请说"


async def test_a_person_who_answers_in_an_ended_session_has_the_customer(world: World) -> None:
    conversation = await world.conversation("王芳")
    await world.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    await world.works()
    assert session(world).state == ENDED
    world.clock.advance(5)
    person_says(world, "再补充一句")
    await told(world)
    assert (await world.conversation("王芳")).elsewhere
    await world.says("王芳", "收到")  # it is opened again, but nobody here has to answer
    now = await world.conversation("王芳")
    assert (now.status, now.waiting_since) == (ConversationStatus.PENDING, None)


async def test_a_session_that_ended_without_a_word_is_found_out(world: World) -> None:
    """WeCom ends a session after two days; the customer who writes then waits for the hub."""
    await passed(world)
    session(world).state = ENDED
    world.clock.advance(5)
    await world.says("王芳", "有人吗")
    assert session(world).state == UNTREATED
    now = await world.conversation("王芳")
    assert (now.status, now.elsewhere) == (ConversationStatus.OPEN, False)
    assert now.waiting_since is not None
    assert await lines(world) == ["passed_on", "returned"]
    assert (await _answered(world, "在的")).content == "在的"


async def test_what_was_said_before_does_not_undo_what_was_done_after(world: World) -> None:
    """An event of the queue that arrives late, when the customer has been taken back already."""
    await passed(world, "")
    world.clock.advance(5)
    world.sim.platform.turn(BOX, world.sim.customer("王芳"), 1, "wangwu")  # not told yet
    world.clock.advance(5)
    await back(world)
    await told(world)
    assert not (await world.conversation("王芳")).elsewhere


async def test_resolving_ends_what_a_person_has(world: World) -> None:
    conversation = await passed(world)
    await world.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=AUTHOR)
    await world.works()
    assert session(world).state == ENDED
    assert not (await world.conversation("王芳")).elsewhere
    with pytest.raises(Conflict):
        await passed(world)


async def test_what_cannot_be_is_said_before_the_platform_is_asked_to_do_it(world: World) -> None:
    with pytest.raises(PlatformRefused) as away:
        await passed(world, "lisi")
    assert away.value.code == "servicer_away"
    with pytest.raises(Invalid):
        await passed(world, "nobody")
    session(world).state = ENDED
    with pytest.raises(PlatformRefused) as over:
        await passed(world)
    assert (over.value.code, session(world).state) == ("window_closed", ENDED)
    session(world).state = BY_PROGRAM
    world.sim.inject(Fault(name=TRANS, code=95019))  # stopped since the list was read
    with pytest.raises(PlatformRefused) as stopped:
        await passed(world)
    assert stopped.value.code == "servicer_away"
    assert not (await world.conversation("王芳")).elsewhere
    assert await lines(world) == []


async def test_an_agent_who_takes_one_back_that_nobody_has_has_it(world: World) -> None:
    """And what the platform has not ended by then stays answerable."""
    await passed(world)
    session(world).state = BY_PROGRAM  # somebody did that elsewhere
    conversation = await back(world)
    assert world.hub.window(conversation, world.clock.now()).open
    assert await lines(world) == ["passed_on", "returned"]


async def told_is(world: World, servicer: str) -> None:
    conversation = await world.conversation("王芳")
    assert conversation.servicing is not None
    assert conversation.servicing.servicer_id == servicer


async def _answered(world: World, text: str) -> SentMessage:
    message: Message = await world.answers("王芳", text)
    await world.works()
    stored = await world.message(message)
    assert stored.status == "sent", stored.failure
    return world.sim.sent[-1]
