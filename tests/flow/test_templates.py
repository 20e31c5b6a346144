"""A text reply to somebody whose reply window is closed goes as the channel's automatic template: by itself, where a
consent permits one, and once. It is the same whether the hub knew that the window is closed, or the platform said so
at sending, or later."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from scrm.errors import Invalid, ReplyRefused, SendError, SendErrorCode
from scrm.flow.templates import filled
from scrm.ids import AgentId, AttachmentId
from scrm.model.account import MessageTemplate, TemplateField, TemplateKind, template_key
from scrm.model.conversation import Consent
from scrm.model.message import Attachment, AttachmentState, Author, AuthorType, Message, MessageStatus
from tests.flow.conftest import AUTHOR, CHANNEL, World
from tests.flow.make import NOW, agent

PROGRESS, REPLY, OTHER = "progress", "reply", "other"
MAPPING = {"thing1": "{message}", "name2": "{agent}", "time3": "{time}"}
SYSTEM = Author(type=AuthorType.SYSTEM, id="a1", name="an approver")


def template(template_id: str, kind: TemplateKind, **more: Any) -> MessageTemplate:
    base: dict[str, Any] = {
        "id": template_key(CHANNEL, template_id),
        "channel_id": CHANNEL,
        "template_id": template_id,
        "kind": kind,
        "title": "进度",
        "body": "{{thing1}} {{name2}} {{time3}}",
        "fields": (
            TemplateField(name="thing1", label="内容", limit=8),
            TemplateField(name="name2", label="客服", limit=10),
            TemplateField(name="time3", label="时间"),
        ),
        "mapping": MAPPING,
        "enabled": True,
        "automatic": True,
        "updated_at": NOW,
    }
    return MessageTemplate(**(base | more))


async def closed(world: World, *templates: MessageTemplate, consents: int = 0) -> None:
    """Alice wrote, her window has closed, and she agreed to this many messages of PROGRESS."""
    await world.stores.accounts.save_templates(templates)
    await world.says("hello")
    world.clock.advance(timedelta(hours=49).total_seconds())
    found = await world.conversation()
    given = (Consent(template_id=PROGRESS, left=consents, at=world.clock.now()),) if consents else ()
    await world.stores.conversations.save(replace(found, window=replace(found.window, consents=given)))


async def refused(world: World, code: str = "window_closed", **more: Any) -> None:
    found = await world.conversation()
    given: dict[str, Any] = {"author": AUTHOR, "content": "您好", "client_id": world.ids(), "attachments": ()}
    with pytest.raises(ReplyRefused) as caught:
        await world.hub.reply(found.id, **{**given, **more})
    assert caught.value.code == code


def went(message: Message) -> str:
    return message.template.template_id if message.template else ""


async def test_a_reply_goes_as_what_the_customer_agreed_to_and_uses_it_up(world: World) -> None:
    await world.stores.agents.save(agent("a1", public_name="小李"))
    await closed(world, template(REPLY, TemplateKind.TEMPLATE), template(PROGRESS, TemplateKind.SUBSCRIBE), consents=1)
    found = await world.conversation()
    offers = await world.hub.accounts.offers(found.id)
    assert [each.template.template_id for each in offers if each.automatic] == [PROGRESS]
    writer = Author(type=AuthorType.AGENT, id="a1", name="李娜")
    reply = {"author": writer, "content": "您好，\n退款明天到账", "client_id": "x", "attachments": ()}
    message, made = await world.hub.reply(found.id, **reply)  # type: ignore[arg-type]
    again, made_again = await world.hub.reply(found.id, **reply)  # type: ignore[arg-type]
    assert (made, made_again, again.id) == (True, False, message.id)
    await world.works()
    [sent] = world.platform.sent
    assert sent.template is not None
    # Cut to what the gap takes; the agent as customers know her; the workspace's time.
    assert sent.template.fields == {"thing1": "您好， 退款明天", "name2": "小李", "time3": "2026-11-22 11:00"}
    assert (await world.message(message)).status is MessageStatus.SENT
    assert message.content == "进度\n您好， 退款明天 小李 2026-11-22 11:00"
    found = await world.conversation()
    assert (found.window.consents[0].left, found.waiting_since, found.assignee_id) == (0, None, AgentId("a1"))
    # With none left, the one that needs no consent goes, once until the customer reacts; then nothing.
    assert went(await world.answers("还有")) == REPLY
    await refused(world)
    await world.says("收到")
    assert went(await world.answers("不客气")) == ""


async def test_repeated_at_the_same_moment_it_is_one(world: World) -> None:
    await closed(world, template(PROGRESS, TemplateKind.SUBSCRIBE), consents=1)
    messages = await asyncio.gather(*(world.answers("您好", client_id="x") for _ in range(4)))
    await world.works()
    assert (len({message.id for message in messages}), len(world.platform.sent)) == (1, 1)


async def test_what_nothing_permits_is_refused_as_ever(world: World) -> None:
    await closed(world, template(PROGRESS, TemplateKind.SUBSCRIBE))
    await refused(world)
    found = await world.conversation()
    assert not any(each.automatic for each in await world.hub.accounts.offers(found.id))
    given = (Consent(template_id=PROGRESS, left=None, at=world.clock.now()),)
    await world.stores.conversations.save(replace(found, window=replace(found.window, consents=given)))
    # Files, what goes to many, and a message of which a gap would stay empty.
    picture = Attachment(id=AttachmentId("f1"), state=AttachmentState.STORED, media_type="image/png", size=3)
    await refused(world, attachments=(picture,))
    await refused(world, author=SYSTEM)
    await refused(world, author=Author(type=AuthorType.API))
    contact = await world.stores.contacts.get(found.contact_id)
    assert contact is not None
    await world.stores.contacts.save(replace(contact, subscribed=False))
    await refused(world)
    await world.stores.contacts.save(replace(contact, subscribed=True))
    for change in ({"automatic": False}, {"enabled": False}, {"gone": True}):
        await world.stores.accounts.save_templates([template(PROGRESS, TemplateKind.SUBSCRIBE, **change)])
        await refused(world)
    assert world.platform.sent == []


async def test_a_text_too_long_for_the_replies_left_is_no_reason(world: World) -> None:
    """One reply would still go: the agent writes less, and no consent is used up."""
    await world.stores.accounts.save_templates([template(REPLY, TemplateKind.TEMPLATE)])
    await world.says("hello")
    for number in range(4):
        await world.answers(f"{number}")
    await refused(world, "replies_used_up", content="第一句说的是退款流程和时间。第二句说的是运费谁来承担。")
    assert went(await world.answers("4")) == ""
    assert went(await world.answers("5")) == REPLY  # used up now


async def agreed(world: World, consents: int = 1) -> None:
    """As the hub counts, Alice's window is open."""
    await world.stores.accounts.save_templates([template(PROGRESS, TemplateKind.SUBSCRIBE)])
    await world.says("hello")
    found = await world.conversation()
    given = (Consent(template_id=PROGRESS, left=consents, at=world.clock.now()),)
    await world.stores.conversations.save(replace(found, window=replace(found.window, consents=given)))


def refusals(*codes: str, certain: bool = True) -> list[SendError]:
    return [SendError(SendErrorCode(code), certain=certain) for code in codes]


def left(world: World) -> list[str]:
    """What the platform took: a text, or what of it stands in a template."""
    return [sent.template.fields["thing1"] if sent.template else sent.content for sent in world.platform.sent]


@pytest.mark.parametrize("code", ["window_closed", "replies_used_up"])
async def test_what_the_platform_refuses_as_too_late_goes_as_the_template_once(world: World, code: str) -> None:
    await agreed(world)
    world.platform.answers.extend(refusals(code))
    message = await world.answers("您好，退款明天到账了")
    await world.works()
    await world.works()
    sent = await world.message(message)
    assert left(world) == ["您好，退款明天到"]
    assert (sent.status, sent.failure, sent.external_ids) == (MessageStatus.SENT, None, ("out-1",))
    assert (went(sent), sent.details["original"]) == (PROGRESS, "您好，退款明天到账了")
    found = await world.conversation()
    assert found.preview is not None
    assert found.preview.content == sent.content == "进度\n您好，退款明天到 test 2026-11-20 10:00"
    assert not world.hub.window(found, world.clock.now()).open
    assert found.window.consents[0].left == 0
    await refused(world, code)


async def test_what_is_refused_as_a_template_too_stays_refused(world: World) -> None:
    """Also where several were on their way when the platform began to refuse: one consent, one template."""
    await agreed(world)
    world.platform.answers.extend(refusals("window_closed", "no_consent", "window_closed"))
    first, second = await world.answers("一"), await world.answers("二")
    await world.works()
    assert left(world) == []
    for message, code in ((first, "no_consent"), (second, "window_closed")):
        failed = await world.message(message)
        assert (failed.status, failed.failure and failed.failure.code) == (MessageStatus.FAILED, code)
    assert (await world.conversation()).window.consents == ()


async def test_what_went_in_part_or_may_have_gone_never_goes_as_a_template(world: World) -> None:
    await agreed(world, consents=5)

    async def takes() -> None: ...

    world.platform.answers.extend([takes, *refusals("window_closed")])
    parted = await world.answers("第一句说的是退款流程和时间。第二句说的是运费谁来承担。")
    await world.works()
    assert (await world.message(parted)).status is MessageStatus.FAILED
    await world.says("还在")
    world.platform.answers.extend(refusals("window_closed", certain=False))
    doubtful = await world.answers("一")
    await world.works()
    assert (await world.message(doubtful)).status is MessageStatus.UNKNOWN
    assert left(world) == ["第一句说的是退款流程和时间。"]


async def hears(world: World, message: Message, **more: Any) -> None:
    """That the message which was taken reached nobody, since the window was closed."""
    of = (await world.message(message)).external_ids[0]
    at = world.clock.now().isoformat()
    await world.arrives({"kind": "receipt", "of": of, "status": "failed", "code": "window_closed", "at": at, **more})
    await world.works()


async def test_what_the_platform_refuses_later_goes_as_the_template_once(world: World) -> None:
    await agreed(world, consents=5)
    message = await world.answers("一")
    await world.works()
    of = (await world.message(message)).external_ids[0]
    await hears(world, message)
    sent = await world.message(message)
    assert (left(world), sent.status, went(sent)) == (["一", "一"], MessageStatus.SENT, PROGRESS)
    assert sent.external_ids == ("out-2",)
    found = await world.conversation()
    assert not world.hub.window(found, world.clock.now()).open
    # What is said again is of the first try; the template that fails, fails.
    await hears(world, replace(message, external_ids=(of,)), of=of, again=True)
    assert (await world.message(message)).status is MessageStatus.SENT
    await hears(world, message)
    assert (await world.message(message)).status is MessageStatus.FAILED
    assert len(left(world)) == 2


async def test_a_late_refusal_closes_nothing_that_opened_since(world: World) -> None:
    """Then the agent sends again what failed; and a text of several parts may have arrived in part."""
    await agreed(world, consents=5)
    message = await world.answers("一")
    await world.works()
    world.clock.advance(60)
    await world.says("还在")
    await hears(world, message)
    assert (await world.message(message)).status is MessageStatus.FAILED
    assert world.hub.window(await world.conversation(), world.clock.now()).open
    parted = await world.answers("第一句说的是退款流程和时间。第二句说的是运费谁来承担。")
    await world.works()
    await hears(world, parted)
    assert (await world.message(parted)).status is MessageStatus.FAILED
    assert not world.hub.window(await world.conversation(), world.clock.now()).open
    assert len(left(world)) == 3


async def test_what_is_sent_again_is_settled_anew(world: World) -> None:
    """A text that failed goes as the template where the window closed meanwhile; and a template that failed goes as
    what was written, where the customer wrote meanwhile."""
    await agreed(world, consents=5)
    world.platform.answers.extend(refusals("platform_error", "template_refused"))
    message = await world.answers("您好，退款明天到账了")
    await world.works()
    world.clock.advance(timedelta(hours=49).total_seconds())
    again = await world.hub.retry(message.id, by=AUTHOR)
    assert (went(again), again.content[:8]) == (PROGRESS, "进度\n您好，退款")
    await world.works()
    assert (await world.message(message)).status is MessageStatus.FAILED
    await world.says("还在吗")
    again = await world.hub.retry(message.id, by=AUTHOR)
    await world.works()
    sent = await world.message(message)
    assert (went(sent), sent.content, sent.details) == ("", "您好，退款明天到账了", {})
    assert (sent.status, left(world)) == (MessageStatus.SENT, ["您好，退款明天到账了"])


async def test_one_of_a_kind_goes_by_itself_and_only_what_can(world: World) -> None:
    accounts, store = world.hub.accounts, world.stores.accounts
    kinds = {PROGRESS: TemplateKind.SUBSCRIBE, OTHER: TemplateKind.SUBSCRIBE, REPLY: TemplateKind.TEMPLATE}
    await store.save_templates([template(each, kind, automatic=each != OTHER) for each, kind in kinds.items()])

    async def change(**more: Any) -> MessageTemplate:
        given: dict[str, Any] = {"enabled": True, "mapping": MAPPING, "url": "", "automatic": True}
        return await accounts.change_template(CHANNEL, OTHER, **{**given, **more})

    wrong: tuple[dict[str, Any], ...] = (
        {"enabled": False},
        {"mapping": MAPPING | {"thing1": "您好"}},
        {"mapping": {"thing1": "{message}", "name2": "客服"}},
    )
    for each in wrong:
        with pytest.raises(Invalid) as caught:
            await change(**each)
        assert set(caught.value.extra["errors"]) == {"automatic"}  # type: ignore[call-overload]
    assert (await change()).automatic
    assert {each.template_id for each in await store.templates(CHANNEL) if each.automatic} == {OTHER, REPLY}


def test_a_customer_s_words_are_never_variables() -> None:
    fields = filled(template(REPLY, TemplateKind.TEMPLATE), {"message": "{agent}", "agent": "小李"})
    assert fields == {"thing1": "{agent}", "name2": "小李", "time3": "{time}"}
