"""What leaves for the server, and where files are fetched from."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp import ClientSession, ClientTimeout
from msgspec.structs import replace

from channels.satori.adapter import SatoriAdapter
from channels.satori.fetching import _Guarded, permitted
from channels.satori.payloads import external_id, handle
from channels.satori.simulator import Action, Fault, SatoriSimulator
from channels.satori.simulator import command as satori
from channels.satori.simulator.platform import PICTURE, StoredFile
from channels.satori.webhook import MAX_KEPT, of_event
from scrm.clock import SystemClock
from scrm.errors import SendError, SendErrorCode
from scrm.model.message import ContentType
from scrm.ports.channel import IncomingMessage, MediaRef, OutboundFile
from tests.channels.conformance import NOW, MemoryTokens, make_adapter, picture, text
from tests.channels.satori.kit import said
from tests.channels.test_simulating import parsed


@pytest.fixture
async def simulator() -> AsyncIterator[SatoriSimulator]:
    async with SatoriSimulator() as running:
        yield running


@pytest.fixture
async def adapter(simulator: SatoriSimulator) -> AsyncIterator[SatoriAdapter]:
    async with ClientSession(timeout=ClientTimeout(total=5, connect=2)) as session:
        made = make_adapter("satori", simulator.settings(), session, MemoryTokens(), SystemClock())
        assert isinstance(made, SatoriAdapter)
        yield made


async def refused(adapter: SatoriAdapter, source: str, limit: int = 1000) -> SendError:
    with pytest.raises(SendError) as caught:
        await adapter.fetch_media(MediaRef(source=source), limit)
    return caught.value


# Out


async def test_a_reply_in_a_group_names_quotes_and_shows_why(
    simulator: SatoriSimulator, adapter: SatoriAdapter
) -> None:
    simulator.platform.user("王芳")
    simulator.platform.channels["g 1"] = {"id": "g 1", "type": 0}
    answers = {"channel": "g 1", "group": "售后群", "referrer": '{"msg_id":"8"}'}
    message = replace(text(handle("u<1>", "g 1"), '"<b>&'), reply_to=external_id("g 1", "8"), answers=answers)
    result = await adapter.send(message)
    [sent] = simulator.sent
    assert sent.raw == '<quote id="8"/><at id="u&lt;1&gt;"/> &quot;&lt;b&gt;&amp;'
    assert (sent.referrer, sent.mentions, sent.reply_to) == ({"msg_id": "8"}, ("u<1>",), "8")
    assert result.external_id == external_id("g 1", sent.message_id)
    await adapter.send(replace(message, reply_to=external_id("other", "8"), answers={"channel": "g 1"}))
    assert "<quote" not in simulator.sent[1].raw  # what was said elsewhere cannot be quoted here


async def test_blanks_and_breaks_at_the_ends_arrive(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    user = simulator.platform.user("王芳")
    for content in ("\n好\n", " 好 ", "好\n\n不", "\n"):
        if content.strip():
            await adapter.send(text(user, content))
            assert simulator.sent[-1].content == content


async def test_a_server_without_uploads_gets_the_file_inside_the_message(
    simulator: SatoriSimulator, adapter: SatoriAdapter
) -> None:
    user = simulator.platform.user("王芳")
    await adapter.send(picture(user, PICTURE))
    assert (simulator.sent[0].data, simulator.sent[0].file_name) == (PICTURE, "图片.png")
    simulator.platform.uploads = False
    await adapter.send(picture(user, PICTURE))
    assert simulator.sent[1].raw == f'<img src="data:image/png;base64,{b64encode(PICTURE).decode()}" title="图片.png"/>'
    large = OutboundFile(data=bytes(5_000_001), media_type="application/pdf", file_name="大.pdf")
    with pytest.raises(SendError) as caught:
        await adapter.send(replace(picture(user), content_type=ContentType.FILE, file=large))
    assert (caught.value.code, caught.value.certain) == (SendErrorCode.TOO_LONG, True)
    assert len(simulator.sent) == 2


async def test_an_upload_that_fails_is_certain(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    user = simulator.platform.user("王芳")
    for body in (b"[]", b"{}", b'{"file": 3}'):
        simulator.inject(Fault(name="upload.create", status=200, body=body))
        with pytest.raises(SendError) as caught:
            await adapter.send(picture(user, PICTURE))
        assert caught.value.certain
    simulator.inject(Fault(name="upload.create", status=503))
    with pytest.raises(SendError) as caught:
        await adapter.send(picture(user, PICTURE))
    assert (caught.value.certain, caught.value.retryable) == (True, True)
    assert not simulator.sent


async def test_who_never_wrote_is_written_to_directly(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    user = simulator.platform.user("王芳")
    await adapter.send(text(user, "1"))
    simulator.inject(Fault(name="user.channel.create", status=500))  # known by now: not asked again
    await adapter.send(text(user, "2"))
    assert [sent.channel_id for sent in simulator.sent] == [f"private:{user}"] * 2
    simulator.faults.waiting.clear()
    for body in (b"{}", b"[", b'{"id": {}}'):
        simulator.inject(Fault(name="user.channel.create", status=200, body=body))
        with pytest.raises(SendError) as caught:
            await adapter.send(text("7", "3"))
        assert caught.value.certain
    with pytest.raises(SendError) as caught:
        await adapter.send(text("7", "3"))
    assert caught.value.code is SendErrorCode.RECIPIENT_UNKNOWN


async def test_a_profile_as_far_as_the_platform_tells(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    user = simulator.platform.user("王芳")
    profile = await adapter.fetch_profile(handle(user, "群"))
    assert (profile.name, profile.avatar_url) == ("王芳", f"https://avatars.example.com/{user}.png")
    simulator.inject(Fault(name="user.get", status=404, body=b"method not found"))
    assert (await adapter.fetch_profile(user)).name is None
    simulator.inject(Fault(name="user.get", status=200, body=b'{"name": 3, "avatar": "internal:x"}'))
    profile = await adapter.fetch_profile(user)
    assert (profile.name, profile.avatar_url) == (None, None)


async def test_an_error_never_shows_the_token(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    token = simulator.platform.account.token
    body = json.dumps({"message": f"refused: Bearer {token}"}).encode()
    simulator.inject(Fault(name="message.create", status=400, body=body))
    with pytest.raises(SendError) as caught:
        await adapter.send(text(simulator.platform.user("王芳"), "你好"))
    assert caught.value.platform_code == "400 refused: Bearer …"


# Files


async def test_files_inside_the_message(adapter: SatoriAdapter) -> None:
    ref = MediaRef(source=f"data:image/png;base64,{b64encode(PICTURE).decode()}", media_type="image/png")
    assert (await adapter.fetch_media(ref, 1000)).data == PICTURE
    assert (await adapter.fetch_media(MediaRef(source="data:,a%20b"), 1000)).data == b"a b"
    assert (await refused(adapter, "data:image/png;base64,!!")).code is SendErrorCode.MEDIA_REFUSED
    assert (await refused(adapter, "data:,")).code is SendErrorCode.MEDIA_REFUSED
    assert (await refused(adapter, "data:," + "a" * 11, 10)).code is SendErrorCode.TOO_LONG


async def test_files_by_the_servers_proxy(simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    address = "https://cdn.example.com/a/b.png?rkey=1&x=%E4%BD%A0"
    simulator.platform.proxied[address] = StoredFile(data=PICTURE, media_type="image/png", name="")
    fetched = await adapter.fetch_media(MediaRef(source=address), 1000)
    assert (fetched.data, fetched.media_type) == (PICTURE, "image/png")
    ours = f"{simulator.url}/v1/proxy/{simulator.platform.keep_file(PICTURE, 'image/png', 'x')}"
    assert (await adapter.fetch_media(MediaRef(source=ours), 1000)).data == PICTURE
    for path in ("/v1/login.get", "/v1/proxy/../login.get", "/_sim/none"):  # its methods are not a message's to call
        assert (await refused(adapter, simulator.url + path)).code is not SendErrorCode.UNREACHABLE
    assert (await refused(adapter, "internal:qq/10001/gone")).platform_code.startswith("404")


@pytest.mark.parametrize(
    "source",
    [
        "http://127.0.0.1:9/x", "http://[::1]/x", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
        "http://localhost/x", "http://0x7f.1/", "http://2130706433/", "http://0/", "http://[::ffff:10.0.0.1]/",
        "http://100.100.100.200/", "file:///etc/passwd", "ftp://example.com/x", "gopher://x", "", "x" * 100,
        "https://" + "a" * 5000, "http://[", "https:///x", "http://exa mple/",
    ],
)  # fmt: skip
async def test_no_message_makes_the_hub_look_around(adapter: SatoriAdapter, source: str) -> None:
    error = await refused(adapter, source)
    assert (error.code, error.retryable) == (SendErrorCode.MEDIA_REFUSED, False)


async def test_a_name_that_leads_inside_is_not_followed() -> None:
    with pytest.raises(OSError, match="not a public address"):
        await _Guarded().resolve("localhost", 80)
    assert permitted(ip_address("9.9.9.9"))
    assert not any(map(permitted, map(ip_address, ("::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1", "fe80::1"))))


def test_a_picture_inside_a_message_that_is_too_large_to_keep_leaves_the_text() -> None:
    inside = said(f'看<img src="data:image/png;base64,{"A" * 90_000}"/>这里')
    long = said("长" * 30_000)
    for body, begins in ((inside, "看这里"), (long, "长长")):
        request = of_event(body, NOW)
        assert len(request.body) <= MAX_KEPT
        adapter = make_adapter("satori", ACCOUNT_SETTINGS, None, MemoryTokens(), SystemClock())
        [event] = adapter.parse(request)
        assert isinstance(event, IncomingMessage)
        assert event.content.startswith(begins)


ACCOUNT_SETTINGS = {"address": "http://127.0.0.1:9", "platform": "qq", "self_id": "10001"}


# scrm simulate satori


async def test_a_script_is_acted_out(tmp_path: object, simulator: SatoriSimulator, adapter: SatoriAdapter) -> None:
    for line in (
        b'{"user": "a", "text": "b", "repeat": 2}',
        b'{"user": "a", "group": "g", "mention": true, "type": "img"}',
    ):
        await satori.COMMAND.act(simulator, satori.COMMAND.read(line))
    heard = await adapter.listen("")
    assert len(heard.requests) == 2
    assert await satori.COMMAND.settle(simulator) == 0
    namespace = parsed(satori, "--port", "0", "--platform", "kook", "--delivery", "webhook")
    async with satori.COMMAND.simulator(namespace) as other, ClientSession() as session:
        assert other.settings()["platform"] == "kook"
        await other.act(Action(user="王芳", type="elements", text="<b>好</b>"))
        async with session.get(f"{other.url}/_sim/status") as response:
            assert (await response.json())["counts"]["events"] == 2
        async with session.post(f"{other.url}/_sim/say", data=b'{"user": "a", "type": "edit"}') as response:
            assert response.status == 422
        async with session.post(f"{other.url}/_sim/fault", data=b'{"name": "login.get", "status": 503}') as response:
            assert response.status == 204
        async with asyncio.timeout(5), session.post(f"{other.url}/v1/login.get") as response:
            assert response.status == 503
    adapter.close()
