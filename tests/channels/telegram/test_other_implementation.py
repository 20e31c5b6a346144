"""python-telegram-bot, which shares no line with ours, on both sides: its client against our simulator, its types
against what our simulator pushes, and updates it writes against what our adapter reads."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import telegram
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

from channels.telegram import webhook
from channels.telegram.events import ALLOWED_UPDATES, SERVICE, parse
from channels.telegram.simulator import Action, Bot, Fault, TelegramSimulator
from channels.telegram.simulator.acts import PICTURE, SAMPLES
from scrm.ports.channel import IncomingMessage, PlatformEvent
from tests.channels.conformance import NOW


@pytest.fixture
async def simulator() -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator() as running:
        yield running


@pytest.fixture
async def bot(simulator: TelegramSimulator) -> AsyncIterator[telegram.Bot]:
    address = simulator.url
    token = simulator.platform.bot.token
    async with telegram.Bot(token, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot") as client:
        yield client


async def test_its_client_works_our_simulator(simulator: TelegramSimulator, bot: telegram.Bot) -> None:
    assert bot.username == Bot().username
    fang = simulator.platform.user("王芳")
    keys = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("满意", callback_data="good")]])
    sent = await bot.send_message(fang, "请评价 😀", reply_markup=keys)
    await bot.send_photo(fang, PICTURE, caption="图")
    await bot.send_document(fang, b"%PDF-1.4", filename="合同.pdf")
    await bot.send_voice(fang, b"OggS")
    await bot.send_chat_action(fang, "typing")
    assert [(each.method, each.content) for each in simulator.sent] == [
        ("sendMessage", "请评价 😀"), ("sendPhoto", "图"), ("sendDocument", ""), ("sendVoice", ""),
    ]  # fmt: skip
    assert simulator.sent[2].file_name == "合同.pdf"
    await simulator.act(Action(user="王芳", type="press", text="good", message=sent.message_id))
    await simulator.act(Action(user="王芳", type="photo", text="坏了"))
    pressed, photo = await bot.get_updates(timeout=0)
    assert pressed.callback_query is not None
    assert (pressed.callback_query.data, pressed.callback_query.from_user.id) == ("good", fang)
    await pressed.callback_query.answer()
    assert simulator.platform.answered == [pressed.callback_query.id]
    assert photo.message is not None
    file = await photo.message.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()) == PICTURE
    assert await bot.get_updates(offset=photo.update_id + 1, timeout=0) == ()
    await bot.set_webhook("https://scrm.example.com/hooks/1", secret_token="s" * 20)
    assert (await bot.get_webhook_info()).url == "https://scrm.example.com/hooks/1"
    with pytest.raises(Conflict):
        await bot.get_updates(timeout=0)


async def test_it_knows_our_simulators_refusals(
    simulator: TelegramSimulator, bot: telegram.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    fang = simulator.platform.user("王芳")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(12345, "你好")
    with pytest.raises(BadRequest, match="too long"):
        await bot.send_message(fang, "😀" * 2049)
    simulator.platform.blocked.add(fang)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(fang, "你好")
    simulator.inject(Fault(name="sendMessage", code=429, detail="Too Many Requests", retry_after=7))
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(fang, "你好")
    assert caught.value.retry_after == timedelta(seconds=7)
    stranger = telegram.Bot("700000001:another_token_of_nobody_at_all_0", base_url=f"{simulator.url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_it_reads_every_update_our_simulator_makes(simulator: TelegramSimulator, bot: telegram.Bot) -> None:
    """And finds nothing in them that its types do not know."""
    sent = await bot.send_message(simulator.platform.user("王芳"), "你好")
    kinds = ["text", *SAMPLES, "start", "location", "venue", "contact", "poll", "dice", "block", "unblock"]
    for kind in kinds:
        await simulator.act(Action(user="王芳", type=kind, text="你好", title="标题"))
    first = next(update["message"]["message_id"] for update in simulator.platform.updates if "message" in update)
    await simulator.act(Action(user="王芳", type="edit", text="改", message=first))
    await simulator.act(Action(user="王芳", type="react", text="❤", message=sent.message_id))
    await simulator.act(Action(user="王芳", type="press", text="a", message=sent.message_id))
    for tree in simulator.platform.updates:
        update = telegram.Update.de_json(json.loads(json.dumps(tree)), bot)
        assert update is not None
        assert not update.api_kwargs
        message = update.effective_message
        assert message is None or not message.api_kwargs
        assert update.effective_user is not None
        assert update.effective_user.first_name == "王芳"


def written(**fields: Any) -> telegram.Message:
    user = telegram.User(5_200_000_001, "芳", is_bot=False, last_name="王")
    chat = telegram.Chat(5_200_000_001, "private")
    return telegram.Message(8, datetime(2026, 11, 20, 2, tzinfo=UTC), chat, from_user=user, **fields)


PHOTO = (telegram.PhotoSize("small", "s", 90, 67), telegram.PhotoSize("large", "l", 1280, 960, 5000))


@pytest.mark.parametrize(
    "fields, kind, content, sources",
    [
        ({"text": "你好"}, "text", "你好", []),
        ({"photo": PHOTO, "caption": "坏了"}, "image", "坏了", ["large"]),
        ({"voice": telegram.Voice("v", "u", 3)}, "voice", "", ["v"]),
        ({"video": telegram.Video("v", "u", 1, 1, 3)}, "video", "", ["v"]),
        ({"video_note": telegram.VideoNote("v", "u", 240, 3)}, "video", "", ["v"]),
        ({"audio": telegram.Audio("v", "u", 3, title="歌")}, "voice", "歌", ["v"]),
        ({"document": telegram.Document("v", "u", file_name="a.pdf")}, "file", "", ["v"]),
        ({"location": telegram.Location(121.5, 31.2)}, "location", "", []),
        ({"dice": telegram.Dice(5, "🎲")}, "text", "🎲 5", []),
        ({"contact": telegram.Contact("138", "李雷")}, "text", "李雷 138", []),
        ({"story": telegram.Story(telegram.Chat(9, "private"), 1)}, "unknown", "", []),
    ],
)
def test_we_read_what_it_writes(fields: dict[str, Any], kind: str, content: str, sources: list[str]) -> None:
    update = telegram.Update(7, message=written(**fields))
    request = webhook.of_update(update.to_json().encode(), NOW)
    assert (request.dedupe_key, request.handle) == ("update:7", "5200000001")
    [event] = parse(request)
    assert isinstance(event, IncomingMessage)
    assert (event.content_type, event.content, [ref.source for ref in event.media]) == (kind, content, sources)
    assert (event.sender.name, event.sent_at) == ("芳 王", NOW)


def test_its_list_of_types_is_known() -> None:
    """Every kind of update we ask for is one, and every service message is a field of a message."""
    assert set(ALLOWED_UPDATES) <= set(telegram.constants.UpdateType)
    assert set(telegram.Message.__slots__) >= SERVICE
    update = telegram.Update(7, message=written(new_chat_title="新"))
    [event] = parse(webhook.of_update(update.to_json().encode(), NOW))
    assert isinstance(event, PlatformEvent)
    assert event.event == "new_chat_title"
