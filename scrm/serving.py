"""The hub as it serves: every room made and joined to the others, those first on which others stand."""

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from aiohttp import ClientSession, ClientTimeout, web

import dashboards
from channels import CHANNEL_TYPES
from dashboards.monitor import MonitorTopics, TopicWatch
from dashboards.monitor.mentions import MentionRoom
from dashboards.reports import OverviewReports, ReportBoards
from nlp.own import OwnAnalyser
from nlp.terms import SearchCutter
from nlp.texts import ChineseTexts
from nlp.trainer import ProcessTrainer
from scrm import accounts
from scrm.alerts.rooms import AlertSettings, Rooms
from scrm.alerts.sentence import names_of
from scrm.clock import SystemClock, end_tasks
from scrm.config import Settings
from scrm.errors import StoreUnavailable
from scrm.first_words import first_lists
from scrm.flow.hub import FlowHub, FlowSettings
from scrm.flow.indexing import Indexing
from scrm.flow.learning import Learning
from scrm.flow.rebuild import WANTED
from scrm.flow.rebuild import rebuild as count_anew
from scrm.ground import opened, unusable
from scrm.ids import UlidFactory
from scrm.model.reports import REBUILD
from scrm.ports.stores import Stores
from scrm.web.app import make_app
from scrm.web.context import WebContext

if TYPE_CHECKING:
    from scrm.stage import Demo

log = structlog.get_logger(__name__)

# Where the browser client is built to.
CLIENT = Path(dashboards.__file__).parent / "web" / "dist" / "app"
WIDGET = CLIENT.parent / "widget" / "widget.js"
# Steps of a kind (taking in, reading) at the same time. The embedded server does one thing at a time in any case: with
# two, acknowledging at 20 messages a second took 146 ms (p99) instead of 91, and nothing was on the timelines sooner.
ABREAST_EMBEDDED, ABREAST = 1, 16
# One request to a platform: connecting, then the whole. A send that takes longer has an unknown outcome.
PLATFORM_TIMEOUT = ClientTimeout(total=15, connect=5, sock_connect=5)


async def serve(
    settings: Settings,
    bound: socket.socket,
    address: Awaitable[str],
    clock: SystemClock,
    *,
    on_ready: Callable[[str], None],
) -> None:
    """Answer at the bound address until cancelled; `address`: the database's URL. Raises StartupError."""
    ids = UlidFactory(clock)
    async with AsyncExitStack() as stack:
        analyser, cutter = OwnAnalyser(), SearchCutter()
        stack.push_async_callback(analyser.close)
        # Beside the database's start.
        warming = asyncio.create_task(_warm(analyser, cutter), name="warming")
        # Not left to the loop's end: a cancel that meets the making of a process hangs there until there is another.
        stack.push_async_callback(end_tasks, warming)
        stores = await opened(stack, await address, settings, clock, ids)
        if settings.embedded:
            # The folder is locked by this process, so every lease in it is of one that is gone: nothing to wait for.
            for lease in await stores.leases.held(clock.now()):
                await stores.leases.release(lease.name, lease.owner)
        await warming
        demo = await _demo(stores, analyser, settings, clock)
        await welcome(stores, settings, clock, ids)
        await first_lists(stores, clock, ids)
        await _settle_reports(stores, settings, clock)
        context = await _begun(stack, stores, analyser, cutter, settings, clock, ids)
        url = await stack.enter_async_context(site(make_app(context), bound, settings))
        if demo is not None:
            await stack.enter_async_context(demo.running(url, context.mentions))
        # What stands by now stays. Left in, each full collection looks at all of it, and the loop stands still for a
        # quarter of a second: measured 230 to 500 ms, with 276,000 objects; next to nothing without.
        gc.freeze()
        on_ready(url)
        await asyncio.Event().wait()


async def _begun(
    stack: AsyncExitStack,
    stores: Stores,
    analyser: OwnAnalyser,
    cutter: SearchCutter,
    settings: Settings,
    clock: SystemClock,
    ids: UlidFactory,
) -> WebContext:
    """Every room at work, for as long as the stack; and what requests are answered from."""
    flow = flow_settings(settings)
    texts = ChineseTexts()
    session = await stack.enter_async_context(ClientSession(timeout=PLATFORM_TIMEOUT, trust_env=True))
    hub = FlowHub(flow, stores, CHANNEL_TYPES, analyser, session, clock, ids, texts=texts)
    trainer = ProcessTrainer()
    learning = Learning(
        stores, analyser, analyser, trainer, hub, clock, ids, zone=flow.zone, owner=flow.owner, works=flow.works
    )
    await learning.start()
    stack.push_async_callback(learning.close)
    await hub.start()
    stack.push_async_callback(hub.close)
    if flow.works:
        indexing = asyncio.create_task(Indexing(stores, cutter, clock, flow.owner).run(), name="indexing")
        stack.push_async_callback(end_tasks, indexing)
    topics = MonitorTopics(stores, clock, flow.zone)
    mentions = MentionRoom.make(
        stores,
        analyser=analyser,
        cutter=cutter,
        tables=trainer,
        finder=topics.finder,
        clock=clock,
        ids=ids,
        zone=flow.zone,
        owner=flow.owner,
    )
    await stack.enter_async_context(mentions.fetcher)
    boards = ReportBoards(stores, clock, flow.zone)
    told = AlertSettings(
        owner=flow.owner, zone=flow.zone, workspace=settings.workspace_name, public_url=settings.public_url
    )
    alerts = Rooms(told, stores, hub, boards, names_of(analyser), session, clock, ids)
    if flow.works:
        await stack.enter_async_context(_watching(stores, topics, settings, clock, ids))
        await stack.enter_async_context(_watching_outside(mentions))
        await stack.enter_async_context(alerts.running())
    return WebContext(
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


async def _demo(stores: Stores, analyser: OwnAnalyser, settings: Settings, clock: SystemClock) -> "Demo | None":
    if not settings.demo:
        return None
    from scrm.stage import Demo  # with a simulator and weeks of talk, which a workspace of one's own never needs

    return await Demo.prepare(stores, analyser, settings, clock)


async def _warm(analyser: OwnAnalyser, cutter: SearchCutter) -> None:
    """The dictionaries of this process while the reading one loads its own."""
    dictionaries = asyncio.create_task(asyncio.to_thread(cutter.warm), name="dictionaries")
    try:
        await analyser.start()
        await dictionaries
    finally:
        await end_tasks(dictionaries)


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


def flow_settings(settings: Settings) -> FlowSettings:
    return FlowSettings(
        owner=f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}",
        zone=ZoneInfo(settings.time_zone),
        reopen_within=timedelta(hours=settings.reopen_within_hours),
        media_limit=settings.media_limit_mb * 1024 * 1024,
        journal_keep=timedelta(days=settings.journal_keep_days),
        abreast=ABREAST_EMBEDDED if settings.embedded else ABREAST,
        works="worker" in settings.roles,
        hooks=f"{settings.public_url.rstrip('/')}/hooks" if settings.public_url else None,
        files=f"{settings.public_url.rstrip('/')}/files" if settings.public_url else None,
        workspace=settings.workspace_name,
    )


async def welcome(stores: Stores, settings: Settings, clock: SystemClock, ids: UlidFactory) -> None:
    """Print the first administrator's password, once in a workspace's life."""
    made = await accounts.first_administrator(stores, settings, clock=clock, ids=ids)
    if made is not None:
        shown = "(from the settings)" if settings.admin_password else made.password
        print(f"first sign-in: login {made.login} password {shown}", flush=True)


@asynccontextmanager
async def site(app: web.Application, bound: socket.socket, settings: Settings) -> AsyncIterator[str]:
    """Its URL, once requests are answered there. Raises StartupError."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=10)
    await runner.setup()
    try:
        try:
            await web.SockSite(runner, bound).start()
        except OSError as error:
            raise unusable(settings, error) from error
        yield f"http://{settings.host}:{bound.getsockname()[1]}"
    finally:
        await runner.cleanup()


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
