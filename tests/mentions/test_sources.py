"""Servers that behave, hang, loop, lie and point inwards: real ones, on loopback."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from dashboards.monitor.mentions import manners
from dashboards.monitor.mentions.fetching import Fetcher, FetchFailed, Limits, permitted, retry_after
from dashboards.monitor.mentions.intake import Intake
from dashboards.monitor.mentions.manners import Manners, backoff
from dashboards.monitor.mentions.sources import Sources
from nlp.terms import SearchCutter
from scrm.clock import ManualClock
from scrm.model.mentions import FetchError, Mapping, Source, SourceKind
from scrm.ports.stores import Stores
from tests.mentions import make
from tests.mentions.make import NOW, ZONE
from tests.mentions.test_reading import RSS

LIMITS = Limits(seconds=30, bytes=100_000, redirects=3)
BOMB = gzip.compress(bytes(30_000_000), compresslevel=1)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class World:
    """A server whose pages a test writes, and what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Handler | str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.headers)))
        page = self.pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page) if isinstance(page, str) else await page(request)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    one = World()
    async with one.server:
        yield one


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(LIMITS) as one:
        yield one


async def failed(fetcher: Fetcher, url: str, **more: Any) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await fetcher.get(url, **{"own": True, **more})
    return caught.value


async def test_servers_that_hang_loop_lie_and_bury(world: World, fetcher: Fetcher) -> None:
    async def hangs(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"<rss>")
        await asyncio.Event().wait()
        return response

    async def loops(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(request.path)

    async def lies(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b"<rss>")
        assert request.transport is not None
        request.transport.close()
        return response

    async def bomb(request: web.Request) -> web.StreamResponse:
        return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})

    async def claims(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(10 * 2**20)})
        await response.prepare(request)
        return response

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(10):
            await response.write(bytes(20_000))
        return response

    async def garbled(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"not gzip", headers={"Content-Encoding": "gzip"})

    world.pages = {
        "/hangs": hangs, "/loops": loops, "/lies": lies, "/bomb": bomb, "/claims": claims, "/flood": flood,
        "/garbled": garbled,
    }  # fmt: skip
    impatient = Limits(seconds=0.3, bytes=100_000)
    assert (await failed(fetcher, world.url("/hangs"), limits=impatient)).error is FetchError.TIMEOUT
    expected = {
        "/loops": FetchError.REDIRECTS, "/lies": FetchError.CUT_SHORT,
        "/bomb": FetchError.TOO_LARGE, "/claims": FetchError.TOO_LARGE, "/flood": FetchError.TOO_LARGE,
        "/garbled": FetchError.UNREADABLE, "/nowhere": FetchError.GONE,
    }  # fmt: skip
    assert {path: (await failed(fetcher, world.url(path))).error for path in expected} == expected
    assert (await failed(fetcher, "http://127.0.0.1:9/")).error is FetchError.UNREACHABLE


@pytest.mark.parametrize("packed", ["gzip", "deflate", "raw"])
async def test_what_is_packed_is_unpacked(world: World, fetcher: Fetcher, packed: str) -> None:
    body = RSS.encode()
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bodies = {"gzip": gzip.compress(body), "deflate": zlib.compress(body), "raw": raw.compress(body) + raw.flush()}

    async def page(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip" if packed == "gzip" else "deflate", "ETag": '"1"'}
        return web.Response(body=bodies[packed], headers=headers)

    world.pages["/feed"] = page
    answer = await fetcher.get(world.url("/feed"), own=True)
    assert (answer.body, answer.etag) == (body, '"1"')


async def test_no_address_leads_inwards(world: World, fetcher: Fetcher) -> None:
    """By number, by name, by a redirect; nobody inside hears of it."""
    port = world.server.port
    for url in (
        f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"http://[::1]:{port}/", "http://10.0.0.8/",
        f"http://[::ffff:127.0.0.1]:{port}/", "http://169.254.169.254/latest/", "http://0.0.0.0/",
    ):  # fmt: skip
        assert (await failed(fetcher, url, own=False)).error is FetchError.PRIVATE, url
    for url in ("http://2130706433/", "http://0x7f.1/", "file:///etc/passwd", "http:///x", "gopher://a/"):
        assert (await failed(fetcher, url, own=False)).error is FetchError.ADDRESS, url
    # Digits and stops of other scripts, which the one who connects takes for those of an address.
    for host in ("127。0。0。1", "①27.0.0.1", "⑩.0.0.1", "127.0.0.1。", "127.0.0.1\u00ad"):
        failure = await failed(fetcher, f"http://{host}:{port}/", own=False)
        assert failure.error in (FetchError.PRIVATE, FetchError.ADDRESS), host
    assert world.asked == []

    async def away(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"http://localhost:{port}/inside")

    world.pages = {"/away": away, "/inside": "secret"}
    # What is vouched for is one host; where it sends us is not.
    failure = await failed(fetcher, f"http://127.0.0.1:{port}/away", headers={"Cookie": "c"})
    assert failure.error is FetchError.PRIVATE
    assert [path for path, _ in world.asked] == ["/away"]
    assert (await failed(fetcher, "http://169.254.169.254/")).error is FetchError.PRIVATE  # not even when vouched for


@pytest.mark.parametrize(
    ("address", "open_", "own"),
    [
        ("8.8.8.8", True, True), ("192.168.1.5", False, True), ("127.0.0.1", False, True), ("::1", False, True),
        ("fd00::1", False, True), ("169.254.1.1", False, False), ("fe80::1%eth0", False, False),
        ("100.100.100.200", False, False), ("224.0.0.1", False, False), ("0.0.0.0", False, False),
        ("64:ff9b::7f00:1", False, True), ("2002:7f00:1::", False, True), ("2606:4700::1111", True, True),
        ("nonsense", False, False),
    ],
)  # fmt: skip
def test_which_addresses_may_be_asked(address: str, open_: bool, own: bool) -> None:
    assert (permitted(address, own=False), permitted(address, own=True)) == (open_, own)


def test_waits_and_headers() -> None:
    assert retry_after("120", NOW) == 120
    assert retry_after("Fri, 20 Nov 2026 02:10:00 GMT", NOW) == 600
    assert retry_after("9" * 30, NOW) == retry_after("Fri, 20 Nov 2099 02:10:00 GMT", NOW) == 86_400
    assert retry_after("soon", NOW) is retry_after("", NOW) is None
    half = timedelta(minutes=30)
    assert [backoff(half, n, None) for n in (1, 2, 30)] == [timedelta(hours=1), timedelta(hours=2), timedelta(days=1)]
    assert backoff(half, 1, 7_200) == timedelta(hours=2)


class Looks:
    """Sources over a store, a clock and a world."""

    def __init__(self, stores: Stores, fetcher: Fetcher, owner: str = "me") -> None:
        self.clock = ManualClock(NOW)
        self.stores = stores
        intake = Intake(stores, self.clock, ZONE, SearchCutter().fold)
        self.manners = Manners(fetcher, self.clock, between=0)
        self.sources = Sources(stores, intake, fetcher, self.manners, self.clock, owner)

    async def stored(self, source: Source) -> Source:
        found = await self.stores.mention_sources.get(source.id)
        assert found is not None
        return found


async def test_a_feed_is_read_on_time_and_asked_only_for_what_is_new(
    world: World, fetcher: Fetcher, stores: Stores
) -> None:
    async def feed(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"7"':
            return web.Response(status=304)
        return web.Response(text=RSS, headers={"ETag": '"7"'})

    world.pages["/feed"] = feed
    looks = Looks(stores, fetcher)
    source = make.source(url=world.url("/feed"), own=True, headers={"Authorization": "Bearer s"})
    await stores.mention_sources.insert(source)
    await stores.mention_sources.insert(make.source(url=world.url("/paused"), own=True, paused=True))
    assert await looks.sources.tick() == 1
    after = await looks.stored(source)
    assert after.last is not None
    assert (after.last.seen, after.last.new, after.last.error, after.etag) == (2, 2, None, '"7"')
    assert after.next_at == NOW + timedelta(minutes=30)
    assert await looks.sources.tick() == 0
    looks.clock.advance(1800)
    assert await looks.sources.tick() == 1
    again = (await looks.stored(source)).last
    assert again is not None and again.unchanged and again.error is None
    assert world.asked[0][1]["Authorization"] == "Bearer s"
    # Another process waits while this one has the turn.
    other = Looks(stores, fetcher, "other")
    other.clock.advance(4000)
    await stores.leases.acquire("mention_sources", "me", other.clock.now(), other.clock.now() + timedelta(minutes=5))
    assert await other.sources.tick() == 0


async def test_trouble_is_noted_and_asked_less_often(world: World, fetcher: Fetcher, stores: Stores) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "7200"})

    world.pages = {"/busy": busy, "/page": "<html>no feed</html>", "/good": RSS}
    looks = Looks(stores, fetcher)
    made = {path: make.source(name=path, url=world.url(path), own=True) for path in ("/busy", "/page", "/good")}
    for source in made.values():
        await stores.mention_sources.insert(source)
    assert await looks.sources.tick() == 3
    told = {path: await looks.stored(source) for path, source in made.items()}
    assert {path: source.last.error for path, source in told.items() if source.last} == {
        "/busy": FetchError.BUSY, "/page": FetchError.UNREADABLE, "/good": None,
    }  # fmt: skip
    assert told["/busy"].next_at == NOW + timedelta(hours=2)
    assert told["/page"].next_at == NOW + timedelta(hours=1)
    assert told["/good"].failures == 0
    world.pages["/page"] = RSS
    looks.clock.advance(3600)
    await looks.sources.tick()
    assert (await looks.stored(made["/page"])).failures == 0


async def test_robots_are_asked_of_others_and_not_of_ones_own(
    world: World, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pages = {"/robots.txt": "User-agent: *\nDisallow: /private\nCrawl-delay: 9\n", "/private": RSS}
    opened = fetcher.get

    async def reachable(url: str, **more: Any) -> Any:
        return await opened(url, **{**more, "own": True})

    monkeypatch.setattr(fetcher, "get", reachable)
    clock = ManualClock(NOW)
    polite = Manners(fetcher, clock)
    assert not await polite.allowed(world.url("/private/feed"))
    assert await polite.allowed(world.url("/open"))
    assert len(world.asked) == 1  # remembered
    await polite.turn(world.url("/open"))
    waiting = asyncio.create_task(polite.turn(world.url("/open")))
    await asyncio.sleep(0)
    clock.advance(8)
    await asyncio.sleep(0)
    assert not waiting.done()  # as long as it asked for
    clock.advance(1)
    await waiting

    async def broken(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    world.pages["/robots.txt"] = broken
    assert not await Manners(fetcher, clock).allowed(world.url("/open"))
    del world.pages["/robots.txt"]
    assert await Manners(fetcher, clock).allowed(world.url("/private"))
    assert manners.BETWEEN >= 1


async def test_a_page_list_gives_pages_a_few_at_a_look(world: World, fetcher: Fetcher, stores: Stores) -> None:
    count = 13
    lines = "".join(
        f"<url><loc>{world.url(f'/p/{n}')}</loc><lastmod>2026-11-{n + 1:02}</lastmod></url>" for n in range(count)
    )
    index = f"<sitemapindex><sitemap><loc>{world.url('/s.xml')}</loc></sitemap></sitemapindex>"
    world.pages = {"/index.xml": index, "/s.xml": f"<urlset>{lines}<url><loc>https://x/y</loc></url></urlset>"}
    for n in range(1, count):
        world.pages[f"/p/{n}"] = f"<title>第{n}篇</title><p>第{n}篇的正文：{'说明' * n}。</p>"
    looks = Looks(stores, fetcher)
    source = make.source(
        kind=SourceKind.SITEMAP, url=world.url("/index.xml"), own=True, prefix=world.url("/p/"), every=30
    )
    await stores.mention_sources.insert(source)
    await looks.sources.tick()
    first = (await looks.stored(source)).last
    assert first is not None and (first.new, first.error) == (10, None)
    looks.clock.advance(1800)
    await looks.sources.tick()
    second = (await looks.stored(source)).last
    assert second is not None and second.new == 2  # the thirteenth is not there
    found = await stores.mentions.pending(20)
    assert {mention.title for mention in found} == {f"第{n}篇" for n in range(1, count)}


async def test_a_page_list_of_ones_own_vouches_for_no_other_server(
    world: World, fetcher: Fetcher, stores: Stores
) -> None:
    """Nor does another server hear the headers that were given for this one."""
    inside = world.url("/secret").replace("127.0.0.1", "localhost")
    listed = "".join(f"<url><loc>{url}</loc></url>" for url in (inside, world.url("/here")))
    world.pages = {"/map.xml": f"<urlset>{listed}</urlset>", "/secret": "<p>inside</p>", "/here": "<p>here</p>"}
    source = make.source(kind=SourceKind.SITEMAP, url=world.url("/map.xml"), own=True, headers={"X-Key": "k"})
    await stores.mention_sources.insert(source)
    looks = Looks(stores, fetcher)
    await looks.sources.look(source)
    assert [path for path, _ in world.asked] == ["/map.xml", "/here"]
    assert all(headers["X-Key"] == "k" for _, headers in world.asked)


async def test_an_endpoint_is_tried_without_storing(world: World, fetcher: Fetcher, stores: Stores) -> None:
    world.pages["/api"] = '{"data": [{"id": 1, "text": "发热"}, {"id": 2, "text": "退货"}]}'
    looks = Looks(stores, fetcher)
    source = make.source(
        kind=SourceKind.ENDPOINT, url=world.url("/api"), own=True, mapping=Mapping(items="data", id="id", text="text")
    )
    tried = await looks.sources.try_out(source)
    assert (tried.result.seen, [draft.text for draft in tried.drafts]) == (2, ["发热", "退货"])
    tried = await looks.sources.try_out(replace(source, mapping=Mapping(items="nope", text="text")))
    assert tried.result.error is FetchError.UNREADABLE and "nope" in tried.result.detail
    assert await stores.mentions.pending(5) == []
    looked = await looks.sources.look(source)
    assert looked.id == source.id
    assert len(await stores.mentions.pending(5)) == 2
