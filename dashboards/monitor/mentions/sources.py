"""Looks at each source when its time has come: one process at a time, by a lease; how it went stands on the source.

A source that fails is asked less and less often and costs the others nothing. What it gave is taken in before its ETag
is kept, so a crash in between only means that the same entries come once more, and are known.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import structlog
from msgspec.structs import replace

from dashboards.monitor.mentions import feeds, listed
from dashboards.monitor.mentions.feeds import Unreadable
from dashboards.monitor.mentions.fetching import Answer, Fetcher, FetchFailed, same_place
from dashboards.monitor.mentions.intake import Intake
from dashboards.monitor.mentions.manners import Manners, backoff
from scrm.clock import Clock
from scrm.errors import Stale, StoreUnavailable
from scrm.model.mentions import Fetched, FetchError, Source, SourceKind
from scrm.ports.mentions import Draft, Tried
from scrm.ports.stores import Stores
from scrm.ports.turn import Turn, over_and_over

log = structlog.get_logger(__name__)

TICK_SECONDS = 20.0
LEASE_NAME = "mention_sources"
LEASE = timedelta(minutes=5)
ABREAST = 4
# Of a page list: lists in a list, and pages that are read at one look. The rest follow at the next ones.
MOST_LISTS = 5
MOST_PAGES = 10
SHOWN = 5
# Pages that gave nothing, remembered by this process.
MOST_VAIN = 2_000


class Sources:
    def __init__(
        self, stores: Stores, intake: Intake, fetcher: Fetcher, manners: Manners, clock: Clock, owner: str
    ) -> None:
        self._stores = stores
        self._intake = intake
        self._fetcher = fetcher
        self._manners = manners
        self._clock = clock
        self._turn = Turn(stores.leases, LEASE_NAME, owner, clock, LEASE)
        self._vain: dict[str, None] = {}

    async def run(self) -> None:
        await over_and_over("mention_sources", self.tick, partial(self._clock.sleep, TICK_SECONDS))

    async def tick(self) -> int:
        """Look at what is due; how many sources that were. Those of one host one after the other."""
        now = self._clock.now()
        if not await self._turn.mine():
            return 0
        due = [each for each in await self._stores.mention_sources.all() if not each.paused and each.next_at <= now]
        hosts: defaultdict[str, list[Source]] = defaultdict(list)
        for source in sorted(due, key=lambda each: each.next_at):
            hosts[urlsplit(source.url).netloc].append(source)
        gate = asyncio.Semaphore(ABREAST)

        async def of_host(sources: Sequence[Source]) -> None:
            for source in sources:
                async with gate:
                    if not await self._turn.mine():
                        return
                    await self.look(source)

        async with asyncio.TaskGroup() as group:
            for sources in hosts.values():
                group.create_task(of_host(sources))
        return len(due)

    async def release(self) -> None:
        await self._turn.end()

    async def look(self, source: Source) -> Source:
        """Look now, and note on the source how it went."""
        now = self._clock.now()
        every = timedelta(minutes=source.every)
        try:
            answer, drafts = await self._drafts(source)
        except FetchFailed as failed:
            result = Fetched(at=now, error=failed.error, detail=failed.detail)
            wait = backoff(every, source.failures + 1, failed.retry_after)
            log.info("mentions.fetch_failed", source=source.id, error=failed.error)
            return await self._noted(
                source, result, next_in=wait, failures=source.failures + 1,
                etag=source.etag, last_modified=source.last_modified,
            )  # fmt: skip
        report = await self._intake.take(drafts, source)
        result = Fetched(at=now, seen=len(drafts), new=report.new, unchanged=answer.unchanged)
        return await self._noted(
            source, result, next_in=every, failures=0,
            etag=source.etag if answer.unchanged else answer.etag,
            last_modified=source.last_modified if answer.unchanged else answer.last_modified,
        )  # fmt: skip

    async def try_out(self, source: Source) -> Tried:
        """As `look`, with nothing stored."""
        now = self._clock.now()
        try:
            _, drafts = await self._drafts(replace(source, etag="", last_modified=""))
        except FetchFailed as failed:
            return Tried(result=Fetched(at=now, error=failed.error, detail=failed.detail))
        return Tried(result=Fetched(at=now, seen=len(drafts)), drafts=tuple(drafts[:SHOWN]))

    async def _drafts(self, source: Source) -> tuple[Answer, list[Draft]]:
        """Raises FetchFailed, whatever was wrong with the source."""
        try:
            answer = await self._ask(source, source.url, conditional=True)
            if answer.unchanged:
                return answer, []
            if source.kind is SourceKind.SITEMAP:
                drafts, whole = await self._pages(source, answer)
                # Asked again even if unchanged, as long as pages of it are left.
                return answer if whole else replace(answer, etag="", last_modified=""), drafts
            if source.kind is SourceKind.ENDPOINT:
                if source.mapping is None:
                    raise Unreadable("the source has no mapping")
                return answer, await asyncio.to_thread(listed.mapped, answer.body, source.mapping)
            return answer, await asyncio.to_thread(feeds.drafts, answer.body, answer.url)
        except Unreadable as error:
            raise FetchFailed(FetchError.UNREADABLE, str(error)) from None
        except (FetchFailed, StoreUnavailable):
            raise
        except Exception as error:
            log.exception("mentions.source_bug", source=source.id)
            raise FetchFailed(FetchError.BUG, type(error).__name__) from None

    async def _ask(self, source: Source, url: str, *, conditional: bool = False) -> Answer:
        # What a page list names on another server is neither vouched for nor told the secret headers.
        home = same_place(url, source.url)
        own = source.own and home
        if not own:
            await self._manners.check(url)
        await self._manners.turn(url)
        return await self._fetcher.get(
            url,
            own=own,
            headers=source.headers if home else {},
            etag=source.etag if conditional else "",
            last_modified=source.last_modified if conditional else "",
            now=self._clock.now(),
        )

    async def _pages(self, source: Source, answer: Answer) -> tuple[list[Draft], bool]:
        """Pages of a list that are not known yet, the newest first; whether that is all of them."""
        lines = await asyncio.to_thread(listed.pages, answer.body)
        nested = sorted((line for line in lines if line.nested), key=lambda line: line.changed, reverse=True)
        for line in nested[:MOST_LISTS]:
            inner = await self._ask(source, line.url)
            lines += [each for each in await asyncio.to_thread(listed.pages, inner.body) if not each.nested]
        wanted = [line for line in lines if not line.nested and line.url.startswith(source.prefix or "http")]
        wanted.sort(key=lambda line: line.changed, reverse=True)
        unknown = await self._intake.unknown([line.url for line in wanted])
        fresh = [line for line in wanted if line.url in unknown and line.url not in self._vain]
        drafts: list[Draft] = []
        for line in fresh[:MOST_PAGES]:
            try:
                page = await self._ask(source, line.url)
            except FetchFailed:
                self._in_vain(line.url)  # one page that is gone is no trouble of the list's
                continue
            draft = await asyncio.to_thread(listed.page, page.body, page.content_type, line)
            if draft is None:
                self._in_vain(line.url)
            else:
                drafts.append(draft)
        return drafts, len(fresh) <= MOST_PAGES

    def _in_vain(self, url: str) -> None:
        """Such pages must not keep the others of their list waiting for ever."""
        self._vain[url] = None
        if len(self._vain) > MOST_VAIN:
            del self._vain[next(iter(self._vain))]

    async def _noted(
        self, source: Source, result: Fetched, *, next_in: timedelta, failures: int, etag: str, last_modified: str
    ) -> Source:
        """On the source as it stands now: an administrator may have changed it meanwhile."""
        for _ in range(3):
            current = await self._stores.mention_sources.get(source.id)
            if current is None:
                return source
            same = current.url == source.url and current.mapping == source.mapping
            changed = replace(
                current,
                last=result,
                failures=failures,
                next_at=result.at + next_in,
                etag=etag if same else "",
                last_modified=last_modified if same else "",
            )
            try:
                return await self._stores.mention_sources.save(changed)
            except Stale:
                continue
        return source
