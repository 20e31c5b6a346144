"""The composition root: the only module that sees every room, and the only place where they are put together."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

import dashboards
from channels import CHANNEL_TYPES
from channels.simulating.together import Simulator
from channels.wechat.config import Mode
from channels.wechat.simulator import Account, Action, WeChatSimulator
from dashboards.monitor import MonitorTopics, TopicWatch, rebuild
from dashboards.monitor.mentions import MentionRoom
from dashboards.reports import OverviewReports, ReportBoards
from nlp.own import OwnAnalyser
from nlp.terms import SearchCutter
from nlp.texts import ChineseTexts
from nlp.trainer import ProcessTrainer
from scrm import demo as demo_workspace
from scrm.alerts.rooms import AlertSettings, Rooms
from scrm.alerts.sentence import names_of
from scrm.clock import SystemClock, end_tasks
from scrm.config import Settings
from scrm.errors import StartupError, StoreUnavailable
from scrm.first_words import first_lists
from scrm.flow import mood, window
from scrm.flow.facts import facts_of, moods
from scrm.flow.hours import Hours
from scrm.flow.hub import FlowHub
from scrm.flow.indexing import Indexing
from scrm.flow.learning import Learning
from scrm.flow.rebuild import WANTED
from scrm.flow.rebuild import rebuild as count_anew
from scrm.flow.report import Reporter
from scrm.ground import flow_settings, opened, platform_session, port_of, served_stores, site, welcome
from scrm.ids import UlidFactory
from scrm.model.channel import Channel
from scrm.model.reports import REBUILD
from scrm.ports.services import Analyser
from scrm.ports.stores import Stores
from scrm.ports.turn import LeaseLost
from scrm.storage.server import embedded_url
from scrm.web.app import make_app
from scrm.web.context import WebContext
from scrm.web.passwords import Passwords

log = structlog.get_logger(__name__)

DEMO_SEED = 1
# Where the browser client is built to.
CLIENT = Path(dashboards.__file__).parent / "web" / "dist" / "app"
WIDGET = CLIENT.parent / "widget" / "widget.js"


async def serve(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Run the hub until cancelled. on_ready gets its URL once requests are answered. Raises StartupError."""
    clock = SystemClock()
    ids = UlidFactory(clock)
    async with AsyncExitStack() as stack:
        bound = stack.enter_context(port_of(settings))
        analyser = OwnAnalyser()
        stack.push_async_callback(analyser.close)
        cutter = SearchCutter()
        # Beside the database's start.
        warming = asyncio.create_task(_warm(analyser, cutter), name="warming")
        # Not left to the loop's end: a cancel that meets the making of a process hangs there until there is another.
        stack.push_async_callback(end_tasks, warming)
        stores = await stack.enter_async_context(served_stores(settings, clock, ids))
        session = await stack.enter_async_context(platform_session())
        await warming
        demo = await Demo.prepare(stores, analyser, settings, clock) if settings.demo else None
        await welcome(stores, settings, clock, ids)
        await first_lists(stores, clock, ids)
        await _settle_reports(stores, settings, clock)
        flow = flow_settings(settings)
        texts = ChineseTexts()
        hub = FlowHub(flow, stores, CHANNEL_TYPES, analyser, session, clock, ids, texts=texts)
        learning = Learning(
            stores,
            analyser,
            analyser,
            ProcessTrainer(),
            hub,
            clock,
            ids,
            zone=flow.zone,
            owner=flow.owner,
            works=flow.works,
        )
        await learning.start()
        stack.push_async_callback(learning.close)
        await hub.start()
        stack.push_async_callback(hub.close)
        if flow.works:
            indexing = asyncio.create_task(Indexing(stores, cutter, clock, flow.owner).run(), name="indexing")
            stack.push_async_callback(end_tasks, indexing)
        topics = MonitorTopics(stores, clock, ZoneInfo(settings.time_zone))
        mentions = MentionRoom.make(
            stores,
            analyser=analyser,
            cutter=cutter,
            tables=ProcessTrainer(),
            finder=topics.finder,
            clock=clock,
            ids=ids,
            zone=flow.zone,
            owner=flow.owner,
        )
        await stack.enter_async_context(mentions.fetcher)
        if settings.demo:
            speaking = demo_workspace.speak_outside(stores, mentions.service, clock, flow.zone, DEMO_SEED)
            stack.push_async_callback(end_tasks, asyncio.create_task(speaking, name="demo mentions"))
        if "worker" in settings.roles:
            await stack.enter_async_context(_watching(stores, topics, settings, clock, ids))
            await stack.enter_async_context(_watching_outside(mentions))
        told = AlertSettings(
            owner=flow.owner, zone=flow.zone, workspace=settings.workspace_name, public_url=settings.public_url
        )
        boards = ReportBoards(stores, clock, flow.zone)
        alerts = Rooms(told, stores, hub, boards, names_of(analyser), session, clock, ids)
        if flow.works:
            await stack.enter_async_context(alerts.running())
        context = WebContext(
            stores=stores,
            hub=hub,
            reports=OverviewReports(stores),
            boards=boards,
            topics=topics,
            mentions=mentions.service,
            alerts=alerts,
            channel_types=CHANNEL_TYPES,
            analyser=analyser,
            taxonomies=learning.taxonomies,
            corrections=learning.corrections,
            texts=texts,
            cutter=cutter,
            clock=clock,
            ids=ids,
            not_running=lambda: () if hub.working else ("flow",),
            workspace_name=settings.workspace_name,
            time_zone=settings.time_zone,
            public_url=settings.public_url,
            secure_cookies=(settings.public_url or "").startswith("https:"),
            trusted_proxies=[ip_network(each, strict=False) for each in settings.trusted_proxies],
            demo=settings.demo,
            static_dir=CLIENT if (CLIENT / "index.html").exists() else None,
            widget=WIDGET if WIDGET.exists() else None,
        )
        url = await stack.enter_async_context(site(make_app(context), bound, settings))
        if demo is not None:
            await stack.enter_async_context(demo.running(url))
        on_ready(url)
        await asyncio.Event().wait()


async def _warm(analyser: OwnAnalyser, cutter: SearchCutter) -> None:
    """The dictionaries of this process while the reading one loads its own."""
    dictionaries = asyncio.create_task(asyncio.to_thread(cutter.warm), name="dictionaries")
    try:
        await analyser.start()
        await dictionaries
    finally:
        await end_tasks(dictionaries)


@asynccontextmanager
async def open_workspace(settings: Settings) -> AsyncIterator[Stores]:
    """The stores, for a command beside the hub or without one. Raises StartupError."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        url = settings.mongodb_url
        if url is None:
            url = await stack.enter_async_context(embedded_url(settings.data, clock))
        yield await opened(stack, url, settings, clock, UlidFactory(clock))


async def rebuild_topics(stores: Stores, settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Count anew what customers talked about; how many messages. Raises StartupError while a hub counts."""
    owner = f"rebuild:{os.getpid()}"
    try:
        return await rebuild(stores, SystemClock(), ZoneInfo(settings.time_zone), owner, progress)
    except LeaseLost as error:
        raise StartupError("A running hub counts topics: stop it first (its hold ends after two minutes).") from error


async def rebuild_reports(stores: Stores, settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Count anew what happened; how many facts. Raises StartupError while a hub works."""
    return await count_anew(stores, ZoneInfo(settings.time_zone), SystemClock(), progress)


async def _settle_reports(stores: Stores, settings: Settings, clock: SystemClock) -> None:
    """An older version's facts, or a rebuild that was broken off. Only this process has the embedded database, so it
    counts anew at once; elsewhere other hubs may be at work."""
    if await stores.workspace.get(REBUILD) != WANTED:
        return
    if not settings.embedded:
        log.warning("reports.incomplete", do="stop every hub and run: scrm reports rebuild")
        return
    facts = await count_anew(stores, ZoneInfo(settings.time_zone), clock, lambda done, total: None)
    log.info("reports.rebuilt", facts=facts)


def simulators() -> Mapping[str, Simulator]:
    """By channel type, and all of them at once."""
    from channels.email.simulator import command as email
    from channels.line.simulator import command as line
    from channels.messenger.simulator import command as messenger
    from channels.satori.simulator import command as satori
    from channels.simulating.together import Together
    from channels.slack.simulator import command as slack
    from channels.telegram.simulator import command as telegram
    from channels.webchat.simulator import command as webchat
    from channels.wechat.simulator import command as wechat
    from channels.wecom.simulator import command as wecom
    from channels.weibo.simulator import command as weibo
    from channels.whatsapp.simulator import command as whatsapp

    each: dict[str, Simulator] = {
        "wechat": wechat, "wecom_kf": wecom, "webchat": webchat, "telegram": telegram, "email": email,
        "satori": satori, "line": line, "whatsapp": whatsapp, "messenger": messenger, "weibo": weibo, "slack": slack,
    }  # fmt: skip
    return {**each, "all": Together(each)}


def train(arguments: Sequence[str]) -> int:
    from nlp import train as command

    return command.main(arguments)


def evaluate(arguments: Sequence[str]) -> int:
    from nlp import evaluate as command

    return command.main(arguments)


class Demo:
    """The demo workspace, the simulators behind its channels, and the customers who go on writing."""

    def __init__(self, stores: Stores, filled: demo_workspace.Filled, port: int) -> None:
        self._stores = stores
        self._filled = filled
        self._port = port

    @classmethod
    async def prepare(cls, stores: Stores, analyser: Analyser, settings: Settings, clock: SystemClock) -> "Demo":
        """Fill an empty workspace; nothing where the demo stands already. Raises StartupError on a real one."""
        if await stores.workspace.get(demo_workspace.STATE) is None and await stores.channels.all():
            raise StartupError("--demo fills an empty workspace only; this one has channels. Give another --data.")
        zone = ZoneInfo(settings.time_zone)
        port = _free_port()
        passwords = Passwords()
        filled = await demo_workspace.fill(
            stores,
            analyser,
            clock,
            rules=demo_workspace.Rules(
                facts=partial(
                    facts_of,
                    reporter=Reporter(zone),
                    hours=Hours(demo_workspace.SERVICE.schedule, zone),
                    policies=demo_workspace.SERVICE.policies,
                ),
                mood=mood.after,
                moods=moods,
                opened=window.opened,
                used=window.used,
                capabilities=CHANNEL_TYPES.capabilities("wechat"),
            ),
            time_zone=zone,
            seed=DEMO_SEED,
            password_hash=await passwords.hash(demo_workspace.DEMO_PASSWORD),
            api_base=f"http://127.0.0.1:{port}",
            progress=_show_progress,
        )
        passwords.close()
        await demo_workspace.open_shop(stores.channels, CHANNEL_TYPES, clock.now())
        if filled.made:
            print(f"\ndemo: {filled.conversations} conversations, {filled.messages} messages", flush=True)
        print(f"demo sign-in: {', '.join(filled.logins)}; password {demo_workspace.DEMO_PASSWORD}", flush=True)
        return cls(stores, filled, port)

    @asynccontextmanager
    async def running(self, hub_url: str) -> AsyncIterator[None]:
        accounts_ = [_account(channel) for channel in self._filled.channels]
        print(f"demo shop: {hub_url}/demo/shop", flush=True)
        async with WeChatSimulator(*accounts_, port=self._port) as platform:
            for channel, account in zip(self._filled.channels, accounts_, strict=True):
                platform.connect(f"{hub_url}/hooks/{channel.id}", account.app_id)
            for app_id, openid in await demo_workspace.permitted(self._stores, self._filled.channels):
                platform.platform(app_id).permit(openid, "message")
            writing = asyncio.create_task(self._write(platform, [each.app_id for each in accounts_]), name="demo")
            try:
                yield
            finally:
                await end_tasks(writing)

    async def _write(self, platform: WeChatSimulator, app_ids: list[str]) -> None:
        """Customers write as the script has it; one at a time, for a demo is read by people."""
        began = time.monotonic()
        for line in demo_workspace.script(DEMO_SEED, app_ids, start=int(time.time())):
            await asyncio.sleep(max(0.0, float(line["at"]) - (time.monotonic() - began)))
            await platform.act(msgspec.convert(line, Action))


def _account(channel: Channel) -> Account:
    settings = channel.settings
    return Account(
        app_id=settings["app_id"],
        app_secret=settings["app_secret"],
        token=settings["token"],
        encoding_aes_key=settings["encoding_aes_key"],
        mode=Mode(settings["mode"]),
    )


def _show_progress(done: int, total: int) -> None:
    print(f"\rfilling the demo: {done} of {total} conversations", end="", flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _watching(
    stores: Stores, topics: MonitorTopics, settings: Settings, clock: SystemClock, ids: UlidFactory
) -> AsyncIterator[None]:
    """Topics are counted and watched beside everything else, never on the way of a message."""
    watch = TopicWatch(stores, topics, clock, ids, ZoneInfo(settings.time_zone), f"{os.uname().nodename}:{os.getpid()}")
    watching = asyncio.create_task(watch.run(), name="topics")
    try:
        yield
    finally:
        await end_tasks(watching)
        with suppress(StoreUnavailable):
            await watch.release()


@asynccontextmanager
async def _watching_outside(mentions: MentionRoom) -> AsyncIterator[None]:
    """Sources are fetched, and mentions read and watched, beside everything else."""
    loops = [
        asyncio.create_task(mentions.sources.run(), name="mention sources"),
        asyncio.create_task(mentions.watch.run(), name="mentions"),
    ]
    try:
        yield
    finally:
        await end_tasks(*loops)
        for each in (mentions.sources, mentions.watch):
            with suppress(StoreUnavailable):
                await each.release()
