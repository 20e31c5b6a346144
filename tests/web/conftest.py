"""The web room over real stores, the real flow and a scripted platform; every JSON answer is checked against the
OpenAPI document while the tests run."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from jsonschema import Draft202012Validator

from channels.registry import Definition, Registry
from channels.webchat import DEFINITION as WEBCHAT
from channels.wechat import DEFINITION as WECHAT
from dashboards.monitor import MonitorTopics
from dashboards.monitor.mentions import MentionRoom
from dashboards.reports import OverviewReports, ReportBoards
from nlp.terms import SearchCutter
from nlp.texts import ChineseTexts
from nlp.trainer import ProcessTrainer
from scrm.alerts.rooms import AlertSettings, Rooms
from scrm.alerts.sentence import names_of
from scrm.clock import Clock, ManualClock, SystemClock
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.flow.learning import Learning
from scrm.ids import AgentId, ChannelId, UlidFactory
from scrm.model.analysis import Analysis, Category, Sentiment
from scrm.model.channel import Channel
from scrm.model.contact import IdentityScope
from scrm.model.conversation import Conversation
from scrm.model.people import Agent, Role
from scrm.model.reports import ReportFilter
from scrm.model.work import partition_of
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import CompanyModel
from scrm.web import table
from scrm.web.app import make_app
from scrm.web.auth import new_api_token
from scrm.web.context import WebContext
from scrm.web.passwords import Passwords
from tests.flow.scripted import TYPE, Platform, ScriptedAdapter

CHANNEL = ChannelId("channel1")
PASSWORD = "correct horse"
DOCUMENT: dict[str, Any] = json.loads(table.document())
# As weak as argon2 goes: these tests are about who gets in, not about how long it takes.
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class WordAnalyser:
    """Reads by single words, so that a test's text says what the reading will be."""

    model = "words-1"
    taxonomy: Sequence[Category] = (
        Category(code="refund", name_zh="退款", name_en="Refund"),
        Category(code="other", name_zh="其他", name_en="Other"),
    )

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        return [
            None
            if "unreadable" in text
            else Analysis(
                model=self.model,
                sentiment=Sentiment.NEGATIVE if "angry" in text else Sentiment.NEUTRAL,
                score=-0.9 if "angry" in text else 0.0,
                category="refund" if "refund" in text else None,
            )
            for text in texts
        ]

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def use(self, model: CompanyModel | None) -> None:
        """Its categories are the model's; it still reads by words."""
        self.taxonomy = type(self).taxonomy if model is None else model.categories
        self.model = type(self).model if model is None else model.version


class Documented:
    """Checks an answer against the document: the status is declared, and the body is what it says."""

    def __init__(self) -> None:
        self._operations = [
            (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + r"\Z"), operation)
            for path, item in DOCUMENT["paths"].items()
            for method, operation in item.items()
        ]
        # A path without parameters is meant before one whose parameter it would fit.
        self._operations.sort(key=lambda row: "[^/]+" in row[1].pattern)

    async def check(self, response: ClientResponse) -> None:
        method, path = response.method, response.url.path
        if not path.startswith(("/api/v1/", "/hooks/", "/healthz", "/readyz", "/metrics")):
            return
        operation = next(
            (each for verb, pattern, each in self._operations if verb == method and pattern.match(path)), None
        )
        if operation is None:
            return
        if response.status == 304:
            return
        answers = operation["responses"]
        if response.status < 400:
            assert str(response.status) in answers, f"{method} {path} may not answer {response.status}"
        elif "default" not in answers:
            return
        answer = answers.get(str(response.status)) or answers["default"]
        content = answer.get("content", {})
        if not content:
            assert await response.read() == b""
            return
        assert response.content_type in content or "*/*" in content, f"{method} {path}: {response.content_type}"
        schema = content.get(response.content_type, {}).get("schema")
        if schema is not None:
            Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(await response.json())


class Caller:
    """A browser or a program. Verbs give the status and what the answer holds."""

    def __init__(self, client: TestClient, documented: Documented) -> None:
        self.client = client
        self.headers: dict[str, str] = {}
        self._documented = documented

    async def call(self, method: str, path: str, **more: Any) -> ClientResponse:
        path = path if path.startswith("/") else f"/api/v1/{path}"
        headers = {**self.headers, **more.pop("headers", {})}
        response = await self.client.request(method, path, headers=headers, allow_redirects=False, **more)
        await response.read()
        await self._documented.check(response)
        return response

    async def _json(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        response = await self.call(method, path, **more)
        body = await response.read()
        return response.status, json.loads(body) if body and response.content_type.endswith("json") else body

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self._json("GET", path, params={name: str(value) for name, value in query.items()})

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self._json("POST", path, **({} if body is None else {"json": body}))

    async def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return await self._json("PATCH", path, json=body)

    async def put(self, path: str, body: Any) -> tuple[int, Any]:
        return await self._json("PUT", path, json=body)

    async def delete(self, path: str) -> tuple[int, Any]:
        return await self._json("DELETE", path)

    async def sign_in(self, login: str, password: str = PASSWORD) -> tuple[int, Any]:
        self.headers = {}
        status, body = await self.post("session", {"login": login, "password": password})
        if status == 200:
            self.headers = {"X-CSRF-Token": body["csrf"]}
        return status, body

    async def socket(self, **more: Any) -> ClientWebSocketResponse:
        url = self.client.make_url("/api/v1/realtime")
        more.setdefault("headers", {**self.headers, "Origin": str(url.origin())})
        return await self.client.ws_connect("/api/v1/realtime", max_msg_size=0, **more)


class Desk:
    """A hub that serves, and the verbs of a test."""

    def __init__(self, context: WebContext, hub: FlowHub, platform: Platform, server: TestServer) -> None:
        self.context = context
        self.stores = context.stores
        self.clock = context.clock
        self.hub = hub
        self.platform = platform
        self.server = server
        self._documented = Documented()
        self._callers: list[TestClient] = []
        self._sequence = 0
        self._partitions: set[int] = set()

    def caller(self) -> Caller:
        client: TestClient = TestClient(self.server)
        self._callers.append(client)
        return Caller(client, self._documented)

    async def close(self) -> None:
        for client in self._callers:
            await client.session.close()

    async def agent(self, login: str, role: Role = Role.AGENT) -> Agent:
        now = self.clock.now()
        agent = Agent(
            id=AgentId(self.context.ids()),
            login=login,
            name=login.title(),
            role=role,
            password_hash=await PASSWORDS.hash(PASSWORD),
            created_at=now,
            updated_at=now,
        )
        await self.stores.agents.insert(agent)
        return agent

    async def signed_in(self, login: str = "lin", role: Role = Role.AGENT) -> Caller:
        await self.agent(login, role)
        caller = self.caller()
        status, _ = await caller.sign_in(login)
        assert status == 200
        return caller

    async def program(self, role: Role = Role.ADMIN) -> Caller:
        token, record = new_api_token("program", role, clock=self.clock, ids=self.context.ids)
        await self.stores.api_tokens.insert(record)
        caller = self.caller()
        caller.headers = {"Authorization": f"Bearer {token}"}
        return caller

    async def works(self) -> None:
        """The hub does what is due where this desk's customers are."""
        await self.hub.work_off(sorted(self._partitions))

    async def arrives(self, *texts: str, sender: str = "alice", taken_in: bool = True) -> None:
        """Customers' messages come in over the webhook, and are worked off (not yet, without `taken_in`)."""
        self._partitions.add(partition_of(CHANNEL, sender))
        for text in texts:
            self._sequence += 1
            item = {
                "kind": "message",
                "id": f"{sender}-{self._sequence}",
                "sequence": self._sequence,
                "from": sender,
                "text": text,
                "at": self.clock.now().isoformat(),
            }
            client: TestClient = TestClient(self.server)
            async with client.session as session:
                url = client.make_url(f"/hooks/{CHANNEL}")
                async with session.post(url, params={"key": "right", "from": sender}, json=[item]) as response:
                    assert response.status == 200, await response.text()
        if taken_in:
            await self.works()

    def about_now(self) -> ReportFilter:
        """Yesterday to tomorrow: what this desk did, whatever the zone."""
        now, day = self.clock.now(), timedelta(days=1)
        return ReportFilter(first_day=f"{now - day:%Y-%m-%d}", last_day=f"{now + day:%Y-%m-%d}")

    async def conversation(self, sender: str = "alice") -> Conversation:
        identity = await self.stores.contacts.identity(IdentityScope.CHANNEL, CHANNEL, sender)
        assert identity is not None
        found = await self.stores.conversations.latest(identity.contact_id, CHANNEL)
        assert found is not None
        return found


OpenDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def open_desk(stores: Stores) -> AsyncIterator[OpenDesk]:
    """Make a hub over this test's stores; several make several processes of one workspace."""
    async with AsyncExitStack() as stack:

        async def make(clock: Clock | None = None, types: Registry | None = None, **settings: Any) -> Desk:
            # The database forgets sessions by its own clock, so a test's clock starts at the present.
            clock = clock or ManualClock(SystemClock().now())
            ids = UlidFactory(clock)
            platform = Platform()
            types = types or Registry(
                (WECHAT, WEBCHAT, Definition(type=TYPE, adapter=lambda context: ScriptedAdapter(context, platform)))
            )
            if types.get(TYPE.type) and await stores.channels.get(CHANNEL) is None:
                now = clock.now()
                await stores.channels.insert(
                    Channel(id=CHANNEL, type="scripted", name="剧本", settings={}, created_at=now, updated_at=now)
                )
            session = await stack.enter_async_context(ClientSession())
            flow = FlowSettings(owner=ids(), zone=ZoneInfo("Asia/Shanghai"), works=False)
            analyser = WordAnalyser()
            texts = ChineseTexts()
            hub = FlowHub(flow, stores, types, analyser, session, clock, ids, texts=texts)
            await hub.start()
            stack.push_async_callback(hub.close)
            learning = Learning(
                stores, analyser, analyser, ProcessTrainer(), hub, clock, ids, zone=flow.zone, owner=flow.owner
            )
            stack.push_async_callback(learning.close)
            topics = MonitorTopics(stores, clock, flow.zone)
            mentions = MentionRoom.make(
                stores, analyser=analyser, cutter=SearchCutter(), tables=ProcessTrainer(), finder=topics.finder,
                clock=clock, ids=ids, zone=flow.zone, owner=flow.owner,
            )  # fmt: skip
            await stack.enter_async_context(mentions.fetcher)
            boards = ReportBoards(stores, clock, flow.zone)
            context = WebContext(
                stores=stores,
                hub=hub,
                reports=OverviewReports(stores),
                boards=boards,
                topics=topics,
                mentions=mentions.service,
                alerts=Rooms(
                    AlertSettings(
                        owner=flow.owner, zone=flow.zone, workspace="SCRM", public_url="https://scrm.example"
                    ),
                    stores,
                    hub,
                    boards,
                    names_of(analyser),
                    session,
                    clock,
                    ids,
                ),
                channel_types=types,
                analyser=analyser,
                taxonomies=learning.taxonomies,
                corrections=learning.corrections,
                texts=texts,
                cutter=SearchCutter(),
                clock=clock,
                ids=ids,
                passwords=PASSWORDS,
                **settings,
            )
            server = TestServer(make_app(context))
            await server.start_server()
            stack.push_async_callback(server.close)
            desk = Desk(context, hub, platform, server)
            stack.push_async_callback(desk.close)
            return desk

        yield make


@pytest.fixture
async def desk(open_desk: OpenDesk) -> Desk:
    return await open_desk()


@pytest.fixture
def client_files(tmp_path: Path) -> Path:
    """What a build of the client leaves."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>client</title>")
    (tmp_path / "boot.js").write_text("1")
    (tmp_path / "assets" / "app-3f9c.js").write_text("console.log('client')" * 50)
    return tmp_path
