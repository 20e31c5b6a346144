"""satori-python, which shares no line with ours, on both sides: its client against our simulator, our adapter against
its server, and its elements against our reading of them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer
from graia.amnesia.builtins.aiohttp import AiohttpClientService
from launart import Launart
from msgspec.structs import replace
from satori import Api, At, Button, Channel, ChannelType, Event, EventType, Login, LoginStatus, MessageObject, User
from satori import Image as Picture
from satori import Link as Anchor
from satori import Quote as Quotation
from satori import Text as Words
from satori.client import App, WebsocketsInfo
from satori.client.account import Account as TheirAccount
from satori.element import Br
from satori.exception import ForbiddenException, NotFoundException, UnauthorizedException
from satori.model import Upload
from satori.parser import parse as their_parse
from satori.server import Server

from channels.satori import contents, elements
from channels.satori.adapter import SatoriAdapter
from channels.satori.payloads import external_id
from channels.satori.simulator import Account, Action, SatoriSimulator
from channels.satori.simulator.platform import PICTURE, SAMPLES
from scrm.clock import SystemClock
from scrm.errors import SendError, SendErrorCode
from scrm.model.message import ContentType
from scrm.ports.channel import IncomingMessage, MediaRef, WebhookRequest
from tests.channels.conformance import MemoryTokens, make_adapter, picture, text

TOKEN = Account().token


@pytest.fixture
async def simulator() -> AsyncIterator[SatoriSimulator]:
    async with SatoriSimulator() as running:
        yield running


async def ended(manager: Launart, running: asyncio.Task[None]) -> None:
    """As by Ctrl-C, the only way there is."""
    manager._on_sys_signal(None, None, running)
    with suppress(asyncio.CancelledError):
        await running


# Their client, our simulator


@pytest.fixture
async def client(simulator: SatoriSimulator) -> AsyncIterator[TheirAccount]:
    account = Account()
    login = Login(platform=account.platform, user=User(account.self_id))
    made = TheirAccount(login, WebsocketsInfo("127.0.0.1", simulator._port, token=TOKEN), [])
    yield made
    await made.protocol.session.close()


async def test_its_client_works_our_simulator(simulator: SatoriSimulator, client: TheirAccount) -> None:
    login = await client.login_get()
    assert (login.id, login.platform, login.status) == ("10001", "qq", LoginStatus.ONLINE)
    fang = simulator.platform.user("王芳")
    channel = await client.user_channel_create(fang)
    assert (channel.id, channel.type) == (f"private:{fang}", ChannelType.DIRECT)
    [sent] = await client.send_message(channel, [Quotation("5"), Words("请评价 <b> & 😀")])
    assert isinstance(sent, MessageObject)
    [address] = await client.upload_create(Upload(PICTURE, "image/png", "图.png"))
    await client.send_message(channel, [Picture(src=address)])
    assert [(each.kind, each.content, each.reply_to) for each in simulator.sent] == [
        ("text", "请评价 <b> & 😀", "5"),
        ("image", "", ""),
    ]
    assert simulator.sent[1].data == PICTURE
    assert (await client.user_get(fang)).name == "王芳"
    assert [each.id for each in (await client.meta_get()).logins if each.user] == ["10001"]
    await client.webhook_create("https://scrm.example.com/hooks/1", "t" * 20)
    assert simulator.platform.webhooks == {"https://scrm.example.com/hooks/1": "t" * 20}


async def test_it_knows_our_simulators_refusals(simulator: SatoriSimulator, client: TheirAccount) -> None:
    with pytest.raises(NotFoundException, match="channel not found"):
        await client.message_create("nowhere", "你好")
    with pytest.raises(NotFoundException, match="method not found"):
        await client.guild_get("1")
    client.self_info.user.id = "7"
    with pytest.raises(ForbiddenException, match="login not found"):
        await client.message_create("nowhere", "你好")
    client.config.token = "wrong"
    with pytest.raises(UnauthorizedException):
        await client.login_get()


@pytest.mark.filterwarnings("ignore:parameter 'timeout':DeprecationWarning")  # how it calls aiohttp
async def test_its_line_hears_every_event_our_simulator_makes(simulator: SatoriSimulator) -> None:
    heard: list[Event] = []
    arrived = asyncio.Event()
    app = App(WebsocketsInfo("127.0.0.1", simulator._port, token=TOKEN))

    @app.register
    async def _(account: object, event: Event) -> None:
        if not event.type.startswith("login"):
            heard.append(event)
            arrived.set()

    manager = Launart()
    manager.add_component(AiohttpClientService())
    manager.add_component(app)
    running = asyncio.create_task(manager.launch())
    async with asyncio.timeout(20):
        await simulator.wait_until(lambda: simulator.counts["lines"] == 1)
        said = await simulator.say("王芳", "你好")
        for kind in (*SAMPLES, "press", "react", "unreact"):
            await simulator.act(Action(user="王芳", type=kind, text="a", message=said["message"]["id"]))
        await simulator.act(Action(user="王芳", type="edit", text="改", message=said["message"]["id"]))
        await simulator.act(Action(user="王芳", type="delete", message=said["message"]["id"]))
        await simulator.act(Action(user="王芳", text="在吗", group="群", mention=True, reply_to=said["message"]["id"]))
        while len(heard) < simulator.platform.last_sn - 1:
            arrived.clear()
            await arrived.wait()
    await ended(manager, running)
    heard.sort(key=lambda event: event.sn)
    assert [event.type for event in heard][-3:] == ["message-updated", "message-deleted", "message-created"]
    assert heard[0].message is not None and heard[0].message.content == "你好"
    assert heard[0].channel is not None and heard[0].channel.type is ChannelType.DIRECT
    last = heard[-1]
    assert last.message is not None and last.member is not None
    assert [each.tag for each in last.message.message] == ["quote", "at", "text"]
    assert {event.login.id for event in heard} == {"10001"}


# Our adapter, their server


class Bot:
    """What their server is given: one account, and what it does with messages."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.files: list[bytes] = []

    def login(self) -> Login:
        return Login(platform="qq", user=User("10001", name="客服"), features=["message.create"])

    async def get_logins(self) -> list[Login]:
        return [self.login()]

    @staticmethod
    def proxy_urls() -> list[str]:
        return []

    def ensure(self, platform: str, self_id: str) -> bool:
        return (platform, self_id) == ("qq", "10001")

    async def handle_internal(self, request: Any, path: str) -> Any:
        raise FileNotFoundError(path)

    async def handle_proxied(self, prefix: str, url: str) -> None:
        return None


class Theirs:
    def __init__(self) -> None:
        self.bot = Bot()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options: Any = {"log_level": "critical", "access_log": False, "loop": "asyncio"}
        self.server = Server("127.0.0.1", self.port, token=TOKEN, uvicorn_options=options)
        self.server.apply(self.bot)

        @self.server.route(Api.MESSAGE_CREATE)
        async def create(request: Any) -> list[MessageObject]:
            self.bot.sent.append(request.params)
            return [MessageObject(str(len(self.bot.sent)), request.params["content"])]

        @self.server.route(Api.LOGIN_GET)
        async def login(request: Any) -> Login:
            return self.bot.login()

        @self.server.route(Api.USER_GET)
        async def user(request: Any) -> User:
            return User(request.params["user_id"], name="wangfang", nick="王芳")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "Theirs":
        self.manager = Launart()
        self.manager.add_component(self.server.asgi_service)
        self.manager.add_component(self.server)
        self.running = asyncio.create_task(self.manager.launch())
        async with asyncio.timeout(20), ClientSession() as session:
            while True:
                with suppress(ClientError):
                    async with session.post(f"{self.url}/v1/meta") as response:
                        if response.status == 200:
                            return self
                await asyncio.sleep(0.02)

    async def __aexit__(self, *_: object) -> None:
        await ended(self.manager, self.running)

    async def says(self, content: str, message_id: str = "8", kind: EventType = EventType.MESSAGE_CREATED) -> None:
        event = Event(
            kind,
            datetime.now(UTC),
            self.bot.login(),
            channel=Channel("private:20001", ChannelType.DIRECT),
            user=User("20001", name="wangfang", nick="王芳"),
            message=MessageObject(message_id, content),
            referrer={"msg_id": message_id},
        )
        await self.server.post(event)


@pytest.fixture
async def theirs() -> AsyncIterator[Theirs]:
    async with Theirs() as running:
        yield running


async def heard_texts(adapter: SatoriAdapter, mark: str, count: int) -> tuple[list[str], str]:
    found: list[str] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            heard = await adapter.listen(mark)
            events = [event for request in heard.requests for event in adapter.parse(request)]
            found += [event.content for event in events if isinstance(event, IncomingMessage)]
            mark = heard.mark
    return found, mark


async def test_our_adapter_works_its_server(theirs: Theirs) -> None:
    settings = {"address": theirs.url, "token": TOKEN, "platform": "qq", "self_id": "10001"}
    async with ClientSession(timeout=ClientTimeout(total=5, connect=2)) as session:
        adapter = make_adapter("satori", settings, session, MemoryTokens(), SystemClock())
        assert isinstance(adapter, SatoriAdapter)
        await adapter.check()
        assert await adapter.describe() == "qq · 客服 · 10001"
        assert (await adapter.fetch_profile("20001")).name == "王芳"
        await theirs.says("0")
        await theirs.says("你好", "9")  # before anybody listens
        found, mark = await heard_texts(adapter, "", 1)
        assert found[-1] == "你好"
        await theirs.says("在吗 &lt;b&gt;", "10")
        more, mark = await heard_texts(adapter, mark, 1)
        assert more == ["在吗 <b>"]
        adapter.close()
        await theirs.says("还在吗", "11")  # while the line is down
        assert (await heard_texts(adapter, mark, 1))[0] == ["还在吗"]
        answers = {"channel": "private:20001", "referrer": '{"msg_id":"11"}'}
        message = text("20001", '你好 <b> & "c"\n第二行')
        sent = await adapter.send(
            replace(message, answers=answers, reply_to=external_id("private:20001", "11")),
        )
        assert sent.external_id == external_id("private:20001", "1")
        [taken] = theirs.bot.sent
        assert (taken["channel_id"], taken["referrer"]) == ("private:20001", {"msg_id": "11"})
        quote, words = their_parse(taken["content"])
        assert (quote.type, quote.attrs["id"]) == ("quote", "11")
        assert words.attrs["text"] == '你好 <b> & "c"\n第二行'
        adapter.close()


async def test_files_go_to_its_server_and_come_from_it(theirs: Theirs) -> None:
    settings = {"address": theirs.url, "token": TOKEN, "platform": "qq", "self_id": "10001"}
    async with ClientSession(timeout=ClientTimeout(total=5, connect=2)) as session:
        adapter = make_adapter("satori", settings, session, MemoryTokens(), SystemClock())
        assert isinstance(adapter, SatoriAdapter)
        message = picture("20001", PICTURE)
        await adapter.send(replace(message, answers={"channel": "c"}))
        [image] = their_parse(theirs.bot.sent[0]["content"])
        address = image.attrs["src"]
        assert address.startswith("internal:qq/10001/_tmp/")
        assert (await adapter.fetch_media(MediaRef(source=address), 1000)).data == PICTURE
        with pytest.raises(SendError) as caught:
            await adapter.fetch_media(MediaRef(source="internal:qq/10001/gone"), 1000)
        assert caught.value.code is SendErrorCode.NOT_PERMITTED or caught.value.platform_code.startswith("404")
        with pytest.raises(SendError) as caught:
            await adapter.send(text("20001", "谁"))  # user.channel.create is not offered
        assert (caught.value.code, caught.value.certain) == (SendErrorCode.NOT_PERMITTED, True)
        stranger = make_adapter("satori", settings | {"self_id": "7"}, session, MemoryTokens(), SystemClock())
        assert isinstance(stranger, SatoriAdapter)
        with pytest.raises(SendError) as caught:
            await stranger.listen("")
        assert "qq 10001" in caught.value.detail
        wrong = make_adapter("satori", settings | {"token": "wrong"}, session, MemoryTokens(), SystemClock())
        assert isinstance(wrong, SatoriAdapter)
        with pytest.raises(SendError) as caught:
            await wrong.listen("")
        assert caught.value.code is SendErrorCode.CREDENTIALS_REFUSED


# Elements


def test_we_read_what_it_writes() -> None:
    message = MessageObject.from_elements(
        "8",
        [Quotation("5", content=["订单号 <?>"]), At("7", name='李"雷'), Words(" 1 < 2 & 3 "), Br(), Anchor("https://e/?a=1&b=2"),
         Button.action("refund")("退款"), Picture(src="https://e/1.png?a=1&b=2", title="图.png")],
    )  # fmt: skip
    content = contents.read(message.content, "1")
    assert content.text == '@李"雷 1 < 2 & 3 \nhttps://e/?a=1&b=2[refund]' or content.text.startswith(
        '@李"雷 1 < 2 & 3 \n'
    )
    assert (content.type, content.quoted, content.quoted_text) == (ContentType.IMAGE, "5", "订单号 <?>")
    assert [(ref.source, ref.file_name) for ref in content.media] == [("https://e/1.png?a=1&b=2", "图.png")]
    assert content.links == ("https://e/?a=1&b=2",)


@pytest.mark.parametrize(
    "said", ["你好", "a<b>&amp;\"'", "<at id='1'/>", " 两 边 ", "第一行\n第二行", "&#38;lt;", "😀"]
)
def test_it_reads_what_we_write(said: str) -> None:
    read = their_parse(elements.tag("quote", id=said) + elements.escape(said))
    assert (read[0].attrs["id"], "".join(each.attrs["text"] for each in read[1:])) == (said, said)


async def test_its_pushes_are_taken(theirs: Theirs, simulator: SatoriSimulator) -> None:
    """It says first, to a new address, where files are fetched from; then what happens."""
    settings = simulator.settings("webhook") | {"address": theirs.url}
    found: list[object] = []
    async with ClientSession(timeout=ClientTimeout(total=5, connect=2)) as session:
        adapter = make_adapter("satori", settings, session, MemoryTokens(), SystemClock())
        assert isinstance(adapter, SatoriAdapter)

        async def receive(request: web.Request) -> web.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            verdict = adapter.verify(
                WebhookRequest(
                    method=request.method,
                    query={},
                    headers=headers,
                    body=await request.read(),
                    received_at=datetime.now(UTC),
                )
            )
            found.append(verdict)
            return web.Response()

        application = web.Application()
        application.router.add_post("/hooks/1", receive)
        hook = TestServer(application)
        await hook.start_server()
        await adapter.register(str(hook.make_url("/hooks/1")))
        await theirs.says("推送")
        await hook.close()
        assert [type(each).__name__ for each in found] == ["Challenge", "VerifiedRequest"]
        [event] = adapter.parse(found[1])  # type: ignore[arg-type]
        assert isinstance(event, IncomingMessage)
        assert event.content == "推送"
