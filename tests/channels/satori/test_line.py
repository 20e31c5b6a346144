"""The line to the server: every event once, nothing lost when it breaks, and an honest word where there is none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer

from channels.satori import line as module
from channels.satori.adapter import SatoriAdapter
from channels.satori.simulator import Action, Fault, SatoriSimulator
from scrm.clock import SystemClock
from scrm.errors import SendError, SendErrorCode
from scrm.ports.abilities import Closes, Heard, Listens, RegistersWebhook
from scrm.ports.channel import IncomingMessage
from tests.channels.conformance import MemoryTokens, make_adapter


@pytest.fixture
async def simulator() -> AsyncIterator[SatoriSimulator]:
    async with SatoriSimulator() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=ClientTimeout(total=5, connect=2)) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that hears nothing ends soon."""
    made = module.Line.__init__

    def init(self: module.Line, *arguments: Any, **more: Any) -> None:
        made(self, *arguments, **more, listen_seconds=0.2)

    monkeypatch.setattr(module.Line, "__init__", init)


def adapter_of(settings: dict[str, str], session: ClientSession) -> SatoriAdapter:
    adapter = make_adapter("satori", settings, session, MemoryTokens(), SystemClock())
    assert isinstance(adapter, SatoriAdapter)
    assert isinstance(adapter, Listens) and isinstance(adapter, Closes) and isinstance(adapter, RegistersWebhook)
    return adapter


def texts(adapter: SatoriAdapter, heard: Heard) -> list[str]:
    events = [event for request in heard.requests for event in adapter.parse(request)]
    return [event.content for event in events if isinstance(event, IncomingMessage)]


async def hears(adapter: SatoriAdapter, mark: str, count: int) -> tuple[list[str], str]:
    """Listen until that many messages came."""
    found: list[str] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            heard = await adapter.listen(mark)
            found += texts(adapter, heard)
            mark = heard.mark
    return found, mark


async def refusal(adapter: SatoriAdapter, mark: str = "") -> SendError:
    with pytest.raises(SendError) as caught:
        await adapter.listen(mark)
    return caught.value


async def test_what_happens_is_heard_once_and_in_order(simulator: SatoriSimulator, session: ClientSession) -> None:
    adapter = adapter_of(simulator.settings(), session)
    assert adapter.listens
    await simulator.say("王芳", "早")  # before anybody listens: the server still has it
    found, mark = await hears(adapter, "", 1)
    for text in ("1", "2", "3"):
        await simulator.say("王芳", text)
    more, mark = await hears(adapter, mark, 3)
    assert found + more == ["早", "1", "2", "3"]
    assert mark.partition(".")[0] == str(simulator.platform.last_sn)
    assert await adapter.listen(mark) == Heard(requests=(), mark=mark)
    assert len(simulator.api.identities) == 1  # one line, kept


async def test_what_is_not_confirmed_is_given_again(simulator: SatoriSimulator, session: ClientSession) -> None:
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    await simulator.say("王芳", "1")
    first = await adapter.listen(mark)
    again = await adapter.listen(mark)  # the journal could not be written
    assert texts(adapter, first) == ["1"]
    assert again == first
    assert (await adapter.listen(first.mark)).requests == ()


async def test_events_without_a_number_are_not_lost_either(simulator: SatoriSimulator, session: ClientSession) -> None:
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    for text in ("1", "2"):
        event = simulator.platform.does(Action(user="王芳", text=text))
        del event["sn"]
        [line] = simulator.api.lines
        await line.send_json({"op": 0, "body": event})
        first = await adapter.listen(mark)
        again = await adapter.listen(mark)  # the journal could not be written
        assert texts(adapter, first) == texts(adapter, again) == [text]
        mark = first.mark
    assert (await adapter.listen(mark)).requests == ()


async def test_a_line_that_breaks_is_taken_up_where_it_was(simulator: SatoriSimulator, session: ClientSession) -> None:
    adapter = adapter_of(simulator.settings(), session)
    await simulator.say("王芳", "1")
    _, mark = await hears(adapter, "", 1)
    await simulator.api.hang_up()
    await simulator.say("王芳", "2")
    error = await refusal(adapter, mark)
    assert (error.code, error.retryable) == (SendErrorCode.UNREACHABLE, True)
    await simulator.say("王芳", "3")
    found, _ = await hears(adapter, mark, 2)
    assert found == ["2", "3"]
    assert [each["sn"] for each in simulator.api.identities] == [1, int(mark.partition(".")[0])]


async def test_events_that_came_before_the_end_of_a_line_are_not_lost_with_it(
    simulator: SatoriSimulator, session: ClientSession
) -> None:
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    await simulator.say("王芳", "1")
    await simulator.api.hang_up()
    heard = await adapter.listen(mark)
    assert texts(adapter, heard) == ["1"]
    assert (await refusal(adapter, heard.mark)).code is SendErrorCode.UNREACHABLE


async def test_what_is_not_for_us_is_passed_over(simulator: SatoriSimulator, session: ClientSession) -> None:
    """Other accounts of the server, groups in which nobody means us, other bots, what we said ourselves."""
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    platform = simulator.platform
    strange = {"login": {"platform": "kook", "user": {"id": "9"}}}
    await simulator.act(Action(user="王芳", text="别家", fields=strange))
    await simulator.act(Action(user="王芳", text="闲聊", group="群"))
    said = next(iter(platform.messages))
    await simulator.act(Action(user="王芳", text="删", group="群", type="delete", message=said))
    await simulator.act(Action(user="王芳", text="我也是", fields={"user": {"id": "5", "is_bot": True}}))
    await simulator.act(Action(user="王芳", text="自己", fields={"user": platform.login()["user"]}))
    await simulator.told(platform.happens("guild-member-added", {"user": {"id": "5"}, "guild": {"id": "1"}}))
    await simulator.told(platform.happens("internal", {"_type": "x", "_data": {}}))
    heard = await adapter.listen(mark)
    assert (heard.requests, heard.mark.partition(".")[0]) == ((), str(platform.last_sn))
    await simulator.act(Action(user="王芳", text="在吗", group="群", mention=True))
    found, mark = await hears(adapter, heard.mark, 1)
    assert found == ["在吗"]
    silent = adapter_of(simulator.settings() | {"groups": "never"}, session)
    await simulator.act(Action(user="王芳", text="在吗", group="群", mention=True))
    assert (await silent.listen(mark)).requests == ()


async def test_what_cannot_be_read_is_kept_and_what_is_no_signal_is_not(
    simulator: SatoriSimulator, session: ClientSession
) -> None:
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    [line] = simulator.api.lines
    await line.send_str("{")
    await line.send_bytes(b"\xff")
    await line.send_json({"op": 9})
    await line.send_json({"op": 0, "body": [1]})
    await simulator.say("王芳", "好")
    async with asyncio.timeout(5):
        requests: Sequence[object] = ()
        while len(requests) < 2:
            heard = await adapter.listen(mark)
            requests = (*requests, *heard.requests)
            mark = heard.mark
    assert len(requests) == 2


async def test_a_refused_token_and_a_missing_account_are_told(
    simulator: SatoriSimulator, session: ClientSession
) -> None:
    error = await refusal(adapter_of(simulator.settings() | {"token": "wrong"}, session))
    assert (error.code, error.retryable) == (SendErrorCode.CREDENTIALS_REFUSED, False)
    error = await refusal(adapter_of(simulator.settings() | {"self_id": "7"}, session))
    assert (error.code, error.retryable) == (SendErrorCode.NOT_PERMITTED, False)
    assert error.detail == "the server has no such account; it has: qq 10001"
    simulator.inject(Fault(name="events", status=401))
    assert (await refusal(adapter_of(simulator.settings(), session))).code is SendErrorCode.CREDENTIALS_REFUSED
    simulator.inject(Fault(name="events", status=404))
    assert (await refusal(adapter_of(simulator.settings(), session))).code is SendErrorCode.NOT_PERMITTED
    simulator.inject(Fault(name="events", status=502))
    assert (await refusal(adapter_of(simulator.settings(), session))).retryable
    with pytest.raises(SendError) as caught:
        await adapter_of(simulator.settings() | {"token": "wrong"}, session).check()
    assert caught.value.code is SendErrorCode.CREDENTIALS_REFUSED


async def test_an_account_that_signs_out_is_told_and_heard_again(
    simulator: SatoriSimulator, session: ClientSession
) -> None:
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    simulator.platform.online = False
    await simulator.told(simulator.platform.happens("login-updated", {}, whole_login=True))
    for _ in range(2):  # as it is told, and as it stands when the line is opened anew
        error = await refusal(adapter, mark)
        assert (error.code, error.retryable) == (SendErrorCode.UNREACHABLE, True)
        assert "offline" in error.detail
    stale = {"type": "login-updated", "sn": 1, "login": simulator.platform.login()}
    with pytest.raises(SendError, match="unreachable"):
        await adapter.check()
    simulator.platform.online = True
    await simulator.say("王芳", "回来了")
    found = asyncio.create_task(hears(adapter, mark, 1))
    async with asyncio.timeout(5):
        await simulator.wait_until(lambda: simulator.counts["lines"] == 1)
    [line] = simulator.api.lines
    await line.send_json({"op": 0, "body": stale})  # said again by a server that should not
    assert (await found)[0] == ["回来了"]


async def test_signs_of_life_are_given_and_asked_for(
    simulator: SatoriSimulator, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PING_SECONDS", 0.02)
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    assert simulator.api.pings >= 2
    monkeypatch.setattr(module, "SILENT_SECONDS", -1.0)
    error = await refusal(adapter, mark)
    assert (error.code, error.detail) == (SendErrorCode.UNREACHABLE, "the line to the server broke: silent")


async def test_a_message_that_is_too_long_does_not_stop_those_behind_it(
    simulator: SatoriSimulator, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FRAME", 20_000)
    adapter = adapter_of(simulator.settings(), session)
    mark = (await adapter.listen("")).mark
    await simulator.say("王芳", "长" * 20_000)
    assert (await refusal(adapter, mark)).code is SendErrorCode.UNREACHABLE
    mark = (await adapter.listen(mark)).mark  # without a place: the long one is not told again
    assert "sn" not in simulator.api.identities[-1]
    await simulator.say("王芳", "短")
    assert (await hears(adapter, mark, 1))[0] == ["短"]


async def test_a_server_that_never_answers_is_left(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch, simulator: SatoriSimulator
) -> None:
    monkeypatch.setattr(module, "READY_SECONDS", 0.1)

    async def deaf(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            continue
        return socket

    application = web.Application()
    application.router.add_get("/v1/events", deaf)
    server = TestServer(application)
    await server.start_server()
    settings = simulator.settings() | {"address": str(server.make_url("")).rstrip("/")}
    error = await refusal(adapter_of(settings, session))
    assert (error.code, error.retryable) == (SendErrorCode.UNREACHABLE, True)
    await server.close()


async def test_closing_lets_go_of_the_line(simulator: SatoriSimulator, session: ClientSession) -> None:
    adapter = adapter_of(simulator.settings(), session)
    await adapter.listen("")
    assert simulator.counts["lines"] == 1
    adapter.close()
    async with asyncio.timeout(5):
        await simulator.wait_until(lambda: simulator.counts["lines"] == 0)
    adapter.close()
    await adapter.listen("")  # another line
    assert simulator.counts["lines"] == 1
    adapter.close()
