"""pywa, which shares no line with ours: its client works our simulator, and it checks and reads every push of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.errors import TemplateNotExists, UnsupportedMessageType, WhatsAppError
from pywa.types.base_update import RawUpdate
from pywa.types.callback import CallbackSelection
from pywa.types.message import Message
from pywa.types.message_status import MessageStatus
from pywa.types.system import PhoneNumberChange
from pywa.types.templates import BodyText, HeaderText, TemplateLanguage, URLButton

from channels.meta.signed import signature
from channels.meta.simulator.samples import FILM, PICTURE
from channels.simulating.faults import Fault
from channels.whatsapp.simulator import Action, WhatsAppSimulator
from channels.whatsapp.simulator.acts import SAMPLES
from channels.whatsapp.templates import message_of
from scrm.model.message import TemplateUse
from tests.channels.whatsapp.kit import ACCOUNT, APP

# Each makes its own parameters; their types say otherwise.
HEADER, BODY, LINK = cast("tuple[Any, Any, Any]", (HeaderText, BodyText, URLButton))
TEXTS = {"HEADER_1": "10086", "1": "王女士", "2": "已发货", "BUTTON_0": "10086"}


@pytest.fixture
async def simulator() -> AsyncIterator[WhatsAppSimulator]:
    async with WhatsAppSimulator() as running:
        yield running


@pytest.fixture
def client(simulator: WhatsAppSimulator) -> Any:
    with httpx.Client(timeout=10, trust_env=False) as session:
        made = WhatsApp(
            phone_id=ACCOUNT.phone_number_id,
            waba_id=ACCOUNT.account_id,
            token=APP.access_token,
            app_secret=APP.app_secret,
            verify_token=APP.verify_token,
            session=session,
        )
        session.base_url = httpx.URL(simulator.api_base)  # it would ask the real platform
        yield made


async def test_its_client_works_our_simulator(simulator: WhatsAppSimulator, client: WhatsApp) -> None:
    said = await simulator.say("王芳", "你好")
    photo = await simulator.act(Action(user="王芳", type="image", text="坏了"))
    fang = simulator.platform.person("王芳")
    media_id = simulator.platform.received[photo]["image"]["id"]

    def asks() -> None:
        client.indicate_typing(said)
        client.send_message(fang.phone, "在的 😀", reply_to_message_id=said)
        client.send_document(fang.user_id, b"%PDF-1.4", filename="合同.pdf", mime_type="application/pdf")
        found = client.get_media_url(media_id)
        assert client.get_media_bytes(found.url) == PICTURE
        assert client.get_business_phone_number().verified_name == ACCOUNT.name
        params = [
            HEADER.params("10086"),
            BODY.params("王女士", "已发货"),
            LINK.params(url_variable="10086", index=0),
        ]
        client.send_template(fang.phone, "order_update", TemplateLanguage.CHINESE_CHN, params)
        with pytest.raises(TemplateNotExists):
            client.send_template(fang.phone, "another", TemplateLanguage.CHINESE_CHN, [])
        simulator.inject(Fault(name="messages", code=131051))
        with pytest.raises(UnsupportedMessageType):
            client.send_message(fang.phone, "a")
        with pytest.raises(WhatsAppError, match="4096"):
            client.send_message(fang.phone, "长" * 4097)

    async with asyncio.timeout(30):
        await asyncio.to_thread(asks)
    assert simulator.platform.typing == [said]
    text, file, template = simulator.sent
    assert (text.content, text.reply_to, text.recipient) == ("在的 😀", said, fang.phone)
    assert (file.file_name, file.data, file.recipient) == ("合同.pdf", b"%PDF-1.4", fang.user_id)
    use = TemplateUse(template_id="order_update-zh_CN", kind="template", title="", fields=TEXTS)
    assert _plain(template.template) == _plain(message_of(use))  # what it writes of a template, we write


def _plain(template: dict[str, Any]) -> Any:
    parts = [
        (each["type"].lower(), str(each.get("index", "")), [part["text"] for part in each["parameters"]])
        for each in template["components"]
    ]
    return template["name"], template["language"]["code"], parts


async def test_it_believes_and_reads_what_our_simulator_pushes(simulator: WhatsAppSimulator, client: WhatsApp) -> None:
    for kind in ("text", *SAMPLES, "location", "contacts", "order", "unsupported"):
        await simulator.act(Action(user="王芳", type=kind, text="看"))
    await simulator.act(Action(user="王芳", type="list", text="顺丰"))
    await simulator.act(Action(user="王芳", type="move"))
    pushes = [(body, RawUpdate(body, hmac_header=None, update_hash="x")) for body in simulator.waiting]
    assert len(pushes) == 12
    for body, _ in pushes:
        assert client.webhook_update_validator(body, signature(body, APP.app_secret)) is None
        assert client.webhook_update_validator(body, signature(body, "another")) == ("Forbidden", 403)
    read = [Message.from_update(client, update) for _, update in pushes[:-2]]
    assert [str(each.type.value) for each in read] == [
        "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "order", "unsupported",
    ]  # fmt: skip
    assert read[0].text == "看"
    assert read[0].from_user.name == "王芳"
    assert read[2].voice is not None
    assert read[3].video is not None
    assert simulator.platform.files[read[3].video.id].data == FILM
    chosen = CallbackSelection.from_update(client, pushes[-2][1])
    assert (chosen.title, chosen.from_user.wa_id) == ("顺丰", read[0].from_user.wa_id)
    moved = PhoneNumberChange.from_update(client, pushes[-1][1])
    assert (moved.old_wa_id, moved.new_wa_id) == (read[0].from_user.wa_id, simulator.platform.person("王芳").phone)


async def test_it_reads_our_receipts(simulator: WhatsAppSimulator, client: WhatsApp) -> None:
    await simulator.say("王芳", "你好")
    fang = simulator.platform.person("王芳")
    fields = {"messaging_product": "whatsapp", "to": fang.phone, "type": "text", "text": {"body": "在的"}}
    sent, code = simulator.platform.send(fields)
    assert code == 0
    simulator.tell(sent, "delivered")
    simulator.tell(sent, "failed", code=131047)
    delivered, failed = (RawUpdate(body, hmac_header=None, update_hash="x") for body in simulator.waiting[-2:])
    assert MessageStatus.from_update(client, delivered).status.value == "delivered"
    error = MessageStatus.from_update(client, failed).error
    assert error is not None
    assert error.code == 131047
