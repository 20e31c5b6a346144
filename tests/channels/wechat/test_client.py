"""The API beyond what every channel must do: one token for all, uploads that fail harmlessly, secrets that stay in."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ClientTimeout
from msgspec.structs import replace

from channels.wechat.adapter import WeChatAdapter
from channels.wechat.simulator import Fault, Hang
from scrm.errors import SendError, SendErrorCode
from scrm.model.message import ContentType
from scrm.ports.abilities import FetchesMedia, FetchesProfile, SendsTyping
from scrm.ports.channel import MediaRef, OutboundFile, OutboundMessage
from tests.channels.conformance import PATIENCE, Connected, make_adapter, picture, text
from tests.channels.wechat.kit import OPENID, SEND, WeChatBench, WeChatKit

TOKEN = "/cgi-bin/stable_token"
UPLOAD = "/cgi-bin/media/upload"
MEDIA = "/cgi-bin/media/get"


def brief(value: object) -> str:
    """A fault's name in a test's."""
    if not isinstance(value, Fault):
        return str(value)
    misfortunes = {"code": value.code, "http": value.status, "hang": value.hang, "cut": value.cut}
    return "_".join(f"{name}_{what}" for name, what in misfortunes.items() if what is not None) or repr(value.body)


@pytest.fixture
async def hub(request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    """Waits long for an answer, but where the platform is to give none."""
    given = request.node.callspec.params.values() if hasattr(request.node, "callspec") else ()
    silent = any(isinstance(each, Fault) and each.hang for each in given)
    async with WeChatKit().connected(patience=1 if silent else PATIENCE) as connected:
        yield connected


def bench(hub: Connected) -> WeChatBench:
    assert isinstance(hub.bench, WeChatBench)
    return hub.bench


def adapter(hub: Connected) -> WeChatAdapter:
    assert isinstance(hub.adapter, WeChatAdapter)
    return hub.adapter


async def refused(hub: Connected, message: OutboundMessage) -> SendError:
    with pytest.raises(SendError) as caught:
        await hub.adapter.send(message)
    return caught.value


def test_offers_what_its_platform_offers() -> None:
    made = WeChatKit().adapter()
    assert isinstance(made, FetchesMedia)
    assert isinstance(made, FetchesProfile)
    assert isinstance(made, SendsTyping)


async def test_many_sends_share_one_token(hub: Connected) -> None:
    bench(hub).simulator.platform().permit(OPENID, "payment")
    await asyncio.gather(*(hub.adapter.send(text(OPENID, str(number))) for number in range(20)))
    assert bench(hub).simulator.platform().token_fetches == 1
    assert {content for _, content in hub.bench.received()} == {str(number) for number in range(20)}


async def test_a_permanently_refused_token_is_fetched_once_more_and_no_oftener(hub: Connected) -> None:
    await hub.adapter.check()
    bench(hub).simulator.inject(Fault(name=SEND, code=40001, times=2))
    error = await refused(hub, text(OPENID, "a"))
    assert (error.code, error.certain) == (SendErrorCode.CREDENTIALS_REFUSED, True)
    assert hub.tokens.fetches == 2
    assert hub.bench.received() == []


@pytest.mark.parametrize(
    "fault, code, retryable",
    [
        (Fault(name=TOKEN, code=40125), SendErrorCode.CREDENTIALS_REFUSED, False),
        (Fault(name=TOKEN, code=40001), SendErrorCode.CREDENTIALS_REFUSED, False),
        (Fault(name=TOKEN, code=40164), SendErrorCode.ADDRESS_NOT_ALLOWED, False),
        (Fault(name=TOKEN, code=-1), SendErrorCode.PLATFORM_BUSY, True),
        (Fault(name=TOKEN, status=502), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=TOKEN, body=b"{}"), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=TOKEN, body=b'{"access_token": 5, "expires_in": "x"}'), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=TOKEN, body=b"<html>"), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=TOKEN, hang=Hang.BEFORE), SendErrorCode.TIMEOUT, True),
        (Fault(name=TOKEN, cut=Hang.AFTER), SendErrorCode.TIMEOUT, True),
    ],
    ids=brief,
)
async def test_without_a_token_nothing_was_sent_for_certain(
    hub: Connected, fault: Fault, code: SendErrorCode, retryable: bool
) -> None:
    bench(hub).simulator.inject(fault)
    error = await refused(hub, text(OPENID, "a"))
    assert (error.code, error.certain, error.retryable) == (code, True, retryable)
    assert hub.bench.received() == []


@pytest.mark.parametrize(
    "fault, code, retryable",
    [
        (Fault(name=UPLOAD, hang=Hang.BEFORE), SendErrorCode.TIMEOUT, True),
        (Fault(name=UPLOAD, cut=Hang.AFTER), SendErrorCode.TIMEOUT, True),
        (Fault(name=UPLOAD, status=500), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=UPLOAD, body=b"{}"), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=UPLOAD, code=40009), SendErrorCode.MEDIA_REFUSED, False),
    ],
    ids=brief,
)
async def test_a_lost_upload_delivers_nothing_for_certain(
    hub: Connected, fault: Fault, code: SendErrorCode, retryable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.wx.api.MEDIA_TIMEOUT", ClientTimeout(total=1))
    bench(hub).simulator.inject(fault)
    error = await refused(hub, picture(OPENID))
    assert (error.code, error.certain, error.retryable) == (code, True, retryable)
    assert hub.bench.received() == []


@pytest.mark.parametrize(
    "kind, media_type, name",
    [
        (ContentType.IMAGE, "image/jpeg", "../../照片.PNG"),
        (ContentType.IMAGE, "image/png", ""),
        (ContentType.VOICE, "audio/amr", "语音"),
        (ContentType.VOICE, "audio/mpeg", 'a"b\r\n.mp3'),
        (ContentType.VIDEO, "video/mp4", "片.mp4"),
    ],
)
async def test_files_of_every_kind_and_name(hub: Connected, kind: ContentType, media_type: str, name: str) -> None:
    data = bytes(range(256)) * 40
    file = OutboundFile(data=data, media_type=media_type, file_name=name)
    message = picture(OPENID)
    await hub.adapter.send(
        OutboundMessage(message_id=message.message_id, part=0, recipient=OPENID, content_type=kind, file=file)
    )
    [sent] = bench(hub).simulator.sent
    stored = bench(hub).simulator.platform().stored(sent.media_id or "")
    assert (sent.type, stored.kind, stored.data, stored.media_type) == (kind, kind, data, media_type)


async def test_a_document_cannot_be_sent(hub: Connected) -> None:
    file = OutboundFile(data=b"%PDF", media_type="application/pdf", file_name="a.pdf")
    message = OutboundMessage(
        message_id=picture("").message_id, part=0, recipient=OPENID, content_type=ContentType.FILE, file=file
    )
    assert (await refused(hub, message)).code is SendErrorCode.UNSUPPORTED_CONTENT


async def test_the_caption_of_a_picture_goes_as_text(hub: Connected) -> None:
    caption = OutboundMessage(
        message_id=picture("").message_id, part=0, recipient=OPENID, content_type=ContentType.IMAGE, content="看图"
    )
    await hub.adapter.send(caption)
    assert hub.bench.received() == [(ContentType.TEXT, "看图")]


async def test_characters_travel_as_they_are(hub: Connected) -> None:
    await hub.adapter.send(text(OPENID, "你好😀"))
    assert "你好😀".encode() in bench(hub).simulator.sent[0].raw


async def test_exactly_the_limit_passes(hub: Connected) -> None:
    await hub.adapter.send(text(OPENID, "好" * 682 + "ab"))
    assert (await refused(hub, text(OPENID, "好" * 682 + "abc"))).code is SendErrorCode.TOO_LONG


async def test_the_profile_of_a_follower(hub: Connected) -> None:
    customer = bench(hub).simulator.platform().customer(OPENID)
    customer.union_id, customer.scene, customer.remark = "o6_union", "店7", "老客户"
    profile = await adapter(hub).fetch_profile(OPENID)
    assert (profile.name, profile.avatar_url, profile.subscribed) == (None, None, True)
    assert (profile.union_id, profile.union_realm, profile.remark) == ("o6_union", "wechat", "老客户")
    assert profile.source["scene"] == "店7"
    customer.subscribed = False
    assert (await adapter(hub).fetch_profile(OPENID)).subscribed is False
    with pytest.raises(SendError) as caught:
        await adapter(hub).fetch_profile("nobody")
    assert caught.value.code is SendErrorCode.RECIPIENT_UNKNOWN


async def test_typing_twice_is_no_error(hub: Connected) -> None:
    await adapter(hub).send_typing(OPENID)
    await adapter(hub).send_typing(OPENID)
    assert bench(hub).simulator.platform().typing == [OPENID]
    with pytest.raises(SendError) as caught:
        await adapter(hub).send_typing("nobody")
    assert caught.value.code is SendErrorCode.RECIPIENT_UNKNOWN


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://169.254.169.254/latest", "http://qq.com.evil.example/", "http://[", "", "//x"],
)
async def test_a_video_is_fetched_from_the_platform_only(hub: Connected, address: str) -> None:
    body = b'{"video_url": "%s"}' % address.encode()
    bench(hub).simulator.inject(Fault(name=MEDIA, body=body, headers={"Content-Type": "text/plain"}))
    with pytest.raises(SendError) as caught:
        await adapter(hub).fetch_media(MediaRef(source="m"), 1000)
    assert (caught.value.code, caught.value.retryable) == (SendErrorCode.MEDIA_REFUSED, False)


@pytest.mark.parametrize(
    "fault, code, retryable",
    [
        (Fault(name=MEDIA, code=40007), SendErrorCode.MEDIA_REFUSED, False),
        (Fault(name=MEDIA, status=502), SendErrorCode.PLATFORM_ERROR, True),
        (Fault(name=MEDIA, status=404), SendErrorCode.PLATFORM_ERROR, False),
        (
            Fault(name=MEDIA, status=302, headers={"Location": "http://127.0.0.1:9/"}),
            SendErrorCode.PLATFORM_ERROR,
            False,
        ),
        (
            Fault(name=MEDIA, body=b"not json", headers={"Content-Type": "text/plain"}),
            SendErrorCode.PLATFORM_ERROR,
            True,
        ),
        # The HTTP client itself asks again where asking changes nothing.
        (Fault(name=MEDIA, cut=Hang.AFTER, times=9), SendErrorCode.TIMEOUT, True),
    ],
    ids=brief,
)
async def test_media_that_cannot_be_had(hub: Connected, fault: Fault, code: SendErrorCode, retryable: bool) -> None:
    ref = hub.bench.customer_file(ContentType.IMAGE, b"1", "image/png", "a.png")
    bench(hub).simulator.inject(fault)
    with pytest.raises(SendError) as caught:
        await adapter(hub).fetch_media(ref, 1000)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\secret\\a.png", "a\x00b.png", "." * 5, "名" * 300])
async def test_a_customers_file_name_is_only_a_name(hub: Connected, name: str) -> None:
    header = f'attachment; filename="{name}"'.replace("\\", "\\\\").replace("\x00", "")
    headers = {"Content-Disposition": header, "Content-Type": "image/png"}
    bench(hub).simulator.inject(Fault(name=MEDIA, body=b"1", headers=headers))
    fetched = await adapter(hub).fetch_media(MediaRef(source="m"), 1000)
    assert fetched.file_name is None or (
        len(fetched.file_name) <= 120 and not set(fetched.file_name) & set("/\\\x00") and fetched.file_name.strip(".")
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault(name=SEND, body=b'{"errcode": 40003, "errmsg": "bad openid with TOKEN"}'),
        Fault(name=SEND, cut=Hang.BEFORE),
        Fault(name=SEND, hang=Hang.BEFORE),
        Fault(name=SEND, status=500),
        Fault(name=SEND, code=45015),
    ],
    ids=brief,
)
async def test_no_secret_leaves_in_an_error_or_a_log(
    fault: Fault, hub: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await hub.adapter.check()
    token = next(iter(hub.tokens.held.values())).value
    simulator = bench(hub).simulator
    simulator.inject(replace(fault, body=fault.body.replace(b"TOKEN", token.encode())) if fault.body else fault)
    error = await refused(hub, text(OPENID, "秘密"))
    seen = "".join(traceback.format_exception(error)) + repr(error) + error.detail + error.platform_code
    assert token not in seen
    assert simulator.account.app_secret not in seen
    assert "秘密" not in seen
    assert token not in caplog.text
    assert simulator.account.app_secret not in caplog.text


async def test_an_address_that_cannot_be_used_is_said_for_certain(hub: Connected) -> None:
    settings = WeChatKit().settings("http://no-such-host.invalid")
    async with ClientSession() as session:
        made = make_adapter("wechat", settings, session, hub.tokens, bench(hub).simulator.clock)
        with pytest.raises(SendError) as caught:
            await made.check()
    assert (caught.value.code, caught.value.certain) == (SendErrorCode.UNREACHABLE, True)
