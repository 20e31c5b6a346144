"""Messages from templates through the whole hub, with the platform's rules on the other side: by hand, and by itself
where the reply window is closed."""

import json

import pytest

from channels.wechat.simulator import Action
from channels.wechat.simulator.console import Template
from scrm.errors import Conflict, Invalid, ReplyRefused
from scrm.model.message import Author, AuthorType, Message, MessageStatus
from tests.channels.wechat.conftest import CHANNEL, World

AUTHOR = Author(type=AuthorType.API, id="t1", name="test")
SUBSCRIBE = "SUBTM000001-simulated-service-progress-0001"
REPLY = "OPENTM207422808-simulated-customer-service1"
PROGRESS = {"thing1": "退款申请", "phrase2": "处理中", "thing3": "请留意到账"}


async def closed(world: World, *, template_id: str = SUBSCRIBE) -> Message:
    """A conversation whose window has closed, and templates in use; the customer's message."""
    await world.hub.accounts.fetch_templates(CHANNEL)
    await world.hub.accounts.change_template(
        CHANNEL, template_id, enabled=True, mapping={}, url="https://example.com/orders"
    )
    await world.sim.say("王芳", "退款到哪了")
    await world.works()
    world.clock.advance(49 * 3600)
    return (await world.thread("王芳"))[0]


async def notify(world: World, template_id: str, fields: dict[str, str], client_id: str = "n1") -> Message:
    conversation = await world.conversation("王芳")
    message, _ = await world.hub.accounts.notify(
        conversation.id, author=AUTHOR, client_id=client_id, template_id=template_id, fields=fields
    )
    return message


async def stored(world: World, message: Message) -> Message:
    found = await world.stores.messages.get(message.id)
    assert found is not None
    return found


async def test_a_consent_permits_one_message_and_the_platform_tells_how_it_fared(world: World) -> None:
    await closed(world)
    conversation = await world.conversation("王芳")
    [offer] = await world.hub.accounts.offers(conversation.id)
    assert (offer.left, offer.refusal) == (0, "no_consent")
    with pytest.raises(ReplyRefused) as caught:
        await notify(world, SUBSCRIBE, PROGRESS)
    assert caught.value.code == "no_consent"

    await world.sim.act(Action(user="王芳", type="agree", key=SUBSCRIBE))
    await world.works()
    [offer] = await world.hub.accounts.offers(conversation.id)
    assert (offer.left, offer.refusal) == (1, "")
    message = await notify(world, SUBSCRIBE, PROGRESS)
    again = await notify(world, SUBSCRIBE, PROGRESS)
    assert again.id == message.id
    await world.works()
    [sent] = world.sim.sent
    assert (sent.type, sent.content) == ("subscribe", "服务内容:退款申请\n当前进度:处理中\n备注:请留意到账")
    assert json.loads(sent.raw)["page"] == "https://example.com/orders"
    assert (await stored(world, message)).status is MessageStatus.SENT
    assert (await stored(world, message)).content == "服务进度提醒\n" + sent.content
    with pytest.raises(ReplyRefused):
        await notify(world, SUBSCRIBE, PROGRESS, "n2")
    await world.sim.act(Action(user="王芳", type="report", key=str(sent.number)))
    await world.works()
    assert (await stored(world, message)).status is MessageStatus.DELIVERED


async def test_consents_outlive_a_conversation_and_can_be_taken_back(world: World) -> None:
    await closed(world)
    await world.sim.agree("王芳", SUBSCRIBE)
    world.clock.advance(1)
    await world.sim.agree("王芳", SUBSCRIBE)
    await world.works()
    await world.returns("王芳")
    conversation = await world.conversation("王芳")
    assert [(each.template_id, each.left) for each in conversation.window.consents] == [(SUBSCRIBE, 2)]
    await world.sim.agree("王芳", SUBSCRIBE, yes=False)
    await world.works()
    assert (await world.conversation("王芳")).window.consents == ()
    # One that lasts permits any number.
    world.sim.platform().console.templates[SUBSCRIBE].lasting = True
    await world.hub.accounts.fetch_templates(CHANNEL)
    world.clock.advance(49 * 3600)
    await world.sim.agree("王芳", SUBSCRIBE)
    await world.works()
    for number in range(2):
        await notify(world, SUBSCRIBE, PROGRESS, f"n{number}")
    await world.works()
    assert len(world.sim.sent) == 2


async def test_where_the_platform_knows_of_no_consent_it_is_right(world: World) -> None:
    await closed(world)
    await world.sim.agree("王芳", SUBSCRIBE)
    await world.works()
    world.sim.platform().console.consents.clear()
    message = await notify(world, SUBSCRIBE, PROGRESS)
    await world.works()
    failed = await stored(world, message)
    assert failed.status is MessageStatus.FAILED
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.platform_code) == ("no_consent", "43101")
    assert (await world.conversation("王芳")).window.consents == ()


async def test_a_template_message_is_not_followed_by_another_until_the_customer_reacts(world: World) -> None:
    await closed(world, template_id=REPLY)
    fields = {"thing2": "退款到哪了", "thing4": "已退回原账户", "time5": "2026-11-22 10:00"}
    message = await notify(world, REPLY, fields)
    await world.works()
    [sent] = world.sim.sent
    assert (sent.type, json.loads(sent.raw)["client_msg_id"]) == ("template", message.id[:32])
    await world.sim.report(sent, status="failed:user block")
    await world.works()
    failed = await stored(world, message)
    assert failed.failure is not None
    assert (failed.status, failed.failure.platform_code) == (MessageStatus.FAILED, "failed:user block")
    with pytest.raises(ReplyRefused):
        await notify(world, REPLY, fields, "n2")
    await world.sim.say("王芳", "收到")
    await world.works()
    with pytest.raises(Conflict):  # the window is open again: an ordinary reply will do
        await notify(world, REPLY, fields, "n3")
    world.clock.advance(49 * 3600)
    assert (await notify(world, REPLY, fields, "n4")).id != message.id


async def test_fields_are_checked_before_the_platform_refuses_the_message(world: World) -> None:
    await closed(world)
    await world.sim.agree("王芳", SUBSCRIBE)
    await world.works()
    for wrong in ({"thing1": ""}, {"phrase2": "六个字的进度"}, {"thing3": "长" * 21}):
        with pytest.raises(Invalid) as caught:
            await notify(world, SUBSCRIBE, PROGRESS | wrong)
        assert set(caught.value.extra["errors"]) == set(wrong)  # type: ignore[call-overload]
    assert world.sim.sent == []


async def test_templates_keep_how_they_are_filled_and_are_missed_when_gone(world: World) -> None:
    accounts, console = world.hub.accounts, world.sim.platform().console
    found = {each.template_id: each for each in await accounts.fetch_templates(CHANNEL)}
    assert [field.label for field in found[SUBSCRIBE].fields] == ["服务内容", "当前进度", "备注"]
    assert [field.limit for field in found[SUBSCRIBE].fields] == [20, 5, 20]
    assert found[REPLY].body.startswith("咨询内容：{{thing2}}")
    await accounts.change_template(CHANNEL, SUBSCRIBE, enabled=True, mapping={"thing3": "{message}"}, url="")
    with pytest.raises(Invalid):
        await accounts.change_template(CHANNEL, SUBSCRIBE, enabled=True, mapping={"thing9": "x"}, url="")
    console.templates["another"] = Template(template_id="another", kind="template", title="别的", content="")
    del console.templates[REPLY]
    found = {each.template_id: each for each in await accounts.fetch_templates(CHANNEL)}
    assert (found[SUBSCRIBE].enabled, found[SUBSCRIBE].mapping) == (True, {"thing3": "{message}"})
    assert (found[REPLY].gone, found["another"].gone) == (True, False)


@pytest.mark.parametrize("code", [45015, 45047])
async def test_what_the_platform_says_is_too_late_goes_as_the_automatic_template(world: World, code: int) -> None:
    """The hub counts one more reply than the platform does: the customer has one answer, as the template."""
    await world.hub.accounts.fetch_templates(CHANNEL)
    await world.hub.accounts.change_template(
        CHANNEL,
        SUBSCRIBE,
        enabled=True,
        automatic=True,
        mapping={"thing1": "咨询", "phrase2": "已回复", "thing3": "{message}"},
        url="",
    )
    await world.sim.say("王芳", "退款到哪了")
    await world.sim.act(Action(user="王芳", type="agree", key=SUBSCRIBE))
    await world.works()
    grants = world.sim.platform().customers[world.sim.openid("王芳")].grants
    for grant in grants.values():
        grant.left = 0
    if code == 45015:
        grants.clear()
    conversation = await world.conversation("王芳")
    assert world.hub.window(conversation, world.clock.now()).open
    message, _ = await world.hub.reply(
        conversation.id, author=AUTHOR, content="明天到账", client_id="r1", attachments=()
    )
    await world.works()
    await world.works()
    [sent] = world.sim.sent
    assert (sent.type, sent.content) == ("subscribe", "服务内容:咨询\n当前进度:已回复\n备注:明天到账")
    assert (await stored(world, message)).status is MessageStatus.SENT
