"""The simulator keeps the platform's rules: tries, windows, quotas, tokens; and scripts say what they mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from channels.simulating.script import ScriptError
from channels.wechat.config import Mode
from channels.wechat.simulator import Account, Action, WeChatSimulator, read_script
from channels.wechat.simulator.platform import Platform
from channels.wx.simulator.faults import Refused
from scrm.clock import ManualClock
from tests.channels.conformance import NOW

Answering = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Hub:
    """A webhook that answers by rote: one status after another, then 200; None: not at all."""

    statuses: list[int | None] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.query), await request.read()))
        self.arrived.set()
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            await asyncio.Event().wait()
        return web.Response(status=status or 200, body=request.query.get("echostr", "").encode())

    async def tried(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.requests) < count:
                self.arrived.clear()
                await self.arrived.wait()


@asynccontextmanager
async def listening(*statuses: int | None) -> AsyncIterator[Hub]:
    hub = Hub(statuses=list(statuses))
    application = web.Application()
    application.router.add_route("*", "/hooks/1", hub.handle)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/1"
    try:
        yield hub
    finally:
        await runner.cleanup()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def platform(clock: ManualClock) -> Platform:
    made = Platform(Account(), clock, [])
    made.permit("o1", "message")
    return made


async def outcome(statuses: list[int | None], clock: ManualClock) -> tuple[bool, tuple[int, ...], Hub]:
    async with listening(*statuses) as hub, WeChatSimulator(clock=clock) as simulator:
        simulator.connect(hub.url)
        delivery = asyncio.ensure_future(simulator.say("王芳", "你好"))
        async with asyncio.timeout(5):
            for count, status in enumerate(statuses, start=1):
                await hub.tried(count)
                if status is not None:
                    await simulator.wait_until(lambda count=count: simulator.counts["tries"] >= count)  # type: ignore[misc]
                clock.advance(5)
            done = await delivery
        assert simulator.counts["delivered"] == done.delivered
        return done.delivered, done.statuses, hub


async def test_tries_three_times_and_gives_up(clock: ManualClock) -> None:
    delivered, statuses, hub = await outcome([None, None, None], clock)
    assert (delivered, statuses) == (False, (0, 0, 0))
    assert hub.requests[0] == hub.requests[1] == hub.requests[2]


async def test_an_error_is_tried_again(clock: ManualClock) -> None:
    delivered, statuses, _ = await outcome([500, None, 200], clock)
    assert (delivered, statuses) == (True, (500, 0, 200))


async def test_one_good_answer_is_enough(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(clock=clock) as simulator:
        simulator.connect(hub.url)
        delivery = await simulator.say("王芳", "你好")
    assert (delivery.delivered, delivery.statuses, len(hub.requests)) == (True, (200,), 1)


async def test_a_repetition_is_the_same_request(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(clock=clock) as simulator:
        simulator.connect(hub.url)
        await simulator.say("王芳", "你好", repeat=3)
        await simulator.say("王芳", "你好")
    assert hub.requests[0] == hub.requests[1] == hub.requests[2] != hub.requests[3]


async def test_numbers_messages_upwards(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(Account(mode=Mode.PLAIN, form="json"), clock=clock) as simulator:
        simulator.connect(hub.url)
        ids = [int((await simulator.say("王芳", str(number))).message_id) for number in range(3)]
    assert ids == sorted(set(ids))
    assert [json.loads(body)["MsgId"] for _, body in hub.requests] == ids


async def test_asks_the_first_question(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(clock=clock) as simulator:
        simulator.connect(hub.url)
        assert await simulator.challenge("42") == (200, b"42")


# Rules of sending


def send(platform: Platform, content: str = "a", openid: str = "o1") -> int:
    """0, or the error code."""
    try:
        platform.send({"touser": openid, "msgtype": "text", "text": {"content": content}}, b"")
    except Refused as refused:
        return refused.errcode
    return 0


def test_five_replies_in_48_hours(platform: Platform, clock: ManualClock) -> None:
    assert [send(platform) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    platform.permit("o1", "message")
    assert send(platform) == 0
    clock.advance(timedelta(hours=48).total_seconds())
    assert send(platform) == 45015


def test_a_follow_permits_three_for_a_minute(platform: Platform, clock: ManualClock) -> None:
    platform.permit("o2", "follow")
    assert [send(platform, openid="o2") for _ in range(4)] == [0, 0, 0, 45047]
    platform.permit("o2", "scan")
    clock.advance(60)
    assert send(platform, openid="o2") == 45015


def test_a_payment_permits_any_number(platform: Platform) -> None:
    platform.permit("o1", "payment")
    assert {send(platform) for _ in range(50)} == {0}


def test_what_else_is_refused(platform: Platform) -> None:
    assert send(platform, "") == 44004
    assert send(platform, "好" * 683) == 45002
    assert send(platform, "好" * 682 + "ab") == 0
    assert send(platform, openid="nobody") == 40003
    platform.customer("o1").subscribed = False
    assert send(platform) == 45015
    platform.customer("o1").subscribed = True
    platform.daily_sends = 1
    assert send(platform) == 45009


def test_tokens_live_and_end(platform: Platform, clock: ManualClock) -> None:
    account = platform.account

    def fetch() -> str:
        return platform.stable_token(account.app_id, account.app_secret, "1.2.3.4")[0]

    def code(token: str) -> int:
        try:
            platform.check_token(token)
        except Refused as refused:
            return refused.errcode
        return 0

    first = fetch()
    assert (fetch(), code(first)) == (first, 0)
    clock.advance(115 * 60)
    second = fetch()
    assert (second != first, code(first), code(second)) == (True, 0, 0)
    clock.advance(5 * 60)
    assert (code(first), code(second)) == (42001, 0)
    platform.end_tokens()
    assert (code(second), code("made up"), code("")) == (40001, 40014, 41001)
    platform.allowed_addresses = frozenset({"9.9.9.9"})
    with pytest.raises(Refused, match="40164"):
        fetch()


async def test_several_accounts_know_their_own(clock: ManualClock) -> None:
    other = Account(app_id="wx_b", app_secret="b" * 32)
    async with WeChatSimulator(Account(), other, clock=clock) as simulator, ClientSession() as session:
        body = {"grant_type": "client_credential", "appid": "wx_b", "secret": "b" * 32}
        async with session.post(f"{simulator.url}/cgi-bin/stable_token", json=body) as response:
            token = json.loads(await response.text())["access_token"]
        simulator.platform("wx_b").permit("o9", "message")
        message = {"touser": "o9", "msgtype": "text", "text": {"content": "a"}}
        send_url = f"{simulator.url}/cgi-bin/message/custom/send"
        async with session.post(send_url, params={"access_token": token}, json=message) as response:
            assert json.loads(await response.text())["errcode"] == 0
        assert [sent.app_id for sent in simulator.sent] == ["wx_b"]
        assert simulator.openid("王芳") != simulator.openid("王芳", "wx_b")


# Scripts


def test_a_script_is_read_in_order_of_time() -> None:
    lines = ['{"at": 2, "user": "b", "text": "2"}', "", "# said aside", '{"user": "a", "text": "你好"}']
    assert [action.user for action in read_script(line.encode() for line in lines)] == ["a", "b"]


@pytest.mark.parametrize(
    "line",
    ["{", '{"user": 5}', '{"text": "a"}', '{"user": "a", "openid": "b"}', '{"user": "a", "wrong": 1}', "[1]", "\xff",
     '{"user": "a", "at": -1}', '{"user": "a", "repeat": 0}', '{"user": "a", "repeat": 10000}', "[" * 5000],
)  # fmt: skip
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(ScriptError, match=r"^line 2: "):
        read_script([b"# first", line.encode("latin-1")])


async def test_a_script_keeps_its_times(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(clock=clock) as simulator:
        simulator.connect(hub.url)
        play = asyncio.ensure_future(simulator.play([Action(user="a"), Action(user="b", at=10)]))
        async with asyncio.timeout(5):
            await simulator.wait_until(lambda: simulator.counts["delivered"] == 1)
        clock.advance(9.9)
        assert len(hub.requests) == 1
        clock.advance(0.1)
        await hub.tried(2)
        await play
        assert simulator.counts["delivered"] == 2


# Watching and steering


async def test_can_be_watched_and_steered(clock: ManualClock) -> None:
    async with listening() as hub, WeChatSimulator(clock=clock) as simulator, ClientSession(simulator.url) as session:

        async def post(path: str, body: object) -> tuple[int, dict[str, object]]:
            async with session.post(path, json=body) as response:
                return response.status, await response.json() if response.content_length else {}

        assert (await post("/_sim/say", {"user": "王芳", "text": "你好"}))[0] == 422
        assert await post("/_sim/connect", {"url": hub.url}) == (200, {"status": 200, "accepted": True})
        status, said = await post("/_sim/say", {"user": "王芳", "text": "你好"})
        assert (status, said["delivered"], said["openid"]) == (200, True, simulator.openid("王芳"))
        for wrong in ({}, {"user": "a", "nonsense": 1}, {"user": "a", "app_id": "wx_unknown"}):
            assert (await post("/_sim/say", wrong))[0] == 422
        simulator.platform().send(
            {"touser": simulator.openid("王芳"), "msgtype": "text", "text": {"content": "您好"}}, b""
        )
        async with session.get("/_sim/sent", params={"after": "0"}) as response:
            assert [item["content"] for item in (await response.json())["items"]] == ["您好"]
        async with session.get("/_sim/sent", params={"after": "1"}) as response:
            assert (await response.json())["items"] == []
        assert (await post("/_sim/fault", {"name": "/cgi-bin/message/custom/send", "code": 45015}))[0] == 204
        async with session.get("/_sim/status") as response:
            shown = await response.json()
        assert shown["counts"]["delivered"] == 1
        assert shown["accounts"][0]["settings"] == simulator.settings()
