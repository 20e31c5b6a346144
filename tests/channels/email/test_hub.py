"""Mail in, timeline, answer, threaded mail out; and what goes wrong on the way."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from channels.email.simulator import Action, SmtpFault
from scrm.ids import AttachmentId
from scrm.model.conversation import ConversationStatus
from scrm.model.message import Attachment, AttachmentState
from scrm.ports.flow import ConversationChange
from tests.channels.email.conftest import CHANNEL, World


async def test_a_conversation_by_mail(world: World) -> None:
    """Mail in, an agent's answer with a file, the customer's answer to it: one conversation, one thread."""
    provider = world.provider
    await provider.act(Action(user="王芳", subject="订单没到", text="单号 20261120", type="html"))
    await world.looks()
    [first] = [each for each in await world.thread() if each.kind == "incoming"]
    assert first.content == "订单没到\n\n单号 20261120"
    picture, original = first.attachments
    assert (picture.media_type, picture.file_name, picture.state) == ("image/png", "截图.png", AttachmentState.STORED)
    page = await world.stores.blobs.get(original.id)
    assert original.media_type == "text/html"
    assert b"script" not in page
    assert b'src="data:image/png;base64,' in page

    invoice = Attachment(
        id=AttachmentId("invoice1"), state=AttachmentState.STORED, media_type="application/pdf", file_name="发票.pdf"
    )
    await world.stores.blobs.put("invoice1", b"%PDF", "application/pdf", "发票.pdf")
    sent = await world.answers("您好，今天送到。", invoice)
    assert sent.status == "sent"
    [mail] = provider.sent
    assert (mail.subject, mail.content, mail.files) == ("Re: 订单没到", "您好，今天送到。", ("发票.pdf",))
    assert mail.message_id == f"<{sent.id}.0.hub@shop.example>"
    assert mail.in_reply_to == first.details["message_id"] == mail.references
    # The other implementation: the standard library's newer parser.
    whole = message_from_bytes(mail.raw, policy=default)
    assert isinstance(whole, EmailMessage)
    assert [part.get_content() for part in whole.iter_attachments()] == [b"%PDF"]
    assert not whole.defects

    await provider.act(Action(user="王芳", text="收到，谢谢", answers=True))
    await world.looks()
    answer = (await world.thread())[-1]
    assert answer.content == "收到，谢谢"
    assert "> 您好，今天送到。" in answer.details["quoted"]
    await world.answers("不客气")
    assert provider.sent[-1].references.split() == [
        first.details["message_id"], mail.message_id, answer.details["message_id"],
    ]  # fmt: skip


async def test_what_comes_again_is_stored_once(world: World) -> None:
    await world.provider.act(Action(user="王芳", text="在吗", repeat=2))
    await world.looks()
    world.provider.folder.renumber(2)
    await world.provider.say("王芳", "第二封")
    await world.looks()
    await world.looks()
    assert await world.written() == ["咨询\n\n在吗", "咨询\n\n第二封"]
    attached = await world.provider.act(Action(user="王芳", text="附件", type="file"))
    await world.looks()
    assert attached == world.provider.folder.next_uid - 1
    assert (await world.thread())[-1].attachments[0].state is AttachmentState.STORED


async def test_an_absence_note_opens_nothing_and_a_bounce_is_a_receipt(world: World) -> None:
    provider = world.provider
    await provider.say("王芳", "在吗")
    await world.looks()
    sent = await world.answers("在的")
    conversation = await world.conversation()
    assert conversation is not None
    await world.hub.change(conversation.id, ConversationChange(status=ConversationStatus.RESOLVED), by=sent.author)
    await provider.act(Action(user="王芳", type="absence", text="我在休假"))
    await provider.act(Action(user="王芳", type="newsletter", text="大促"))
    await world.looks()
    after = await world.conversation()
    assert after is not None
    assert (after.id, after.status) == (conversation.id, ConversationStatus.RESOLVED)
    events = [each for each in await world.thread() if each.details.get("event") == "automatic_mail"]
    assert [each.details["automatic"] for each in events] == ["reply", "bulk"]
    await provider.act(Action(user="王芳", type="bounce"))
    await world.looks()
    returned = await world.stores.messages.get(sent.id)
    assert returned is not None and returned.failure is not None
    assert (returned.status, returned.failure.code, returned.failure.platform_code) == (
        "failed", "recipient_unknown", "5.1.1",
    )  # fmt: skip
    assert len(provider.sent) == 1  # nothing of all that was answered by itself


async def test_an_answer_nobody_heard_is_the_same_mail_when_sent_again(world: World) -> None:
    await world.provider.say("王芳", "在吗")
    await world.looks()
    world.provider.smtp.faults.append(SmtpFault(cut=True, taken=True))
    sent = await world.answers("在的")
    assert sent.status == "unknown"
    await world.hub.retry(sent.id, by=sent.author)
    await world.works()
    again = await world.stores.messages.get(sent.id)
    assert again is not None and again.status == "sent"
    one, two = world.provider.sent
    assert one.message_id == two.message_id


async def test_a_provider_that_fails_is_told_on_the_channels_screen_and_tried_again(world: World) -> None:
    world.provider.users.clear()
    await world.provider.say("王芳", "在吗")
    await world.looks()
    channel = await world.stores.channels.get(CHANNEL)
    assert channel is not None and channel.last_error is not None
    assert channel.last_error.startswith("credentials_refused")
    assert "simulated" not in channel.last_error  # the password
    world.provider.users[world.provider.address] = "simulated"
    await world.looks()
    assert await world.written() == ["咨询\n\n在吗"]
