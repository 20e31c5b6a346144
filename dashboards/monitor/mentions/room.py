"""The parts of this room, put together: what serves requests, and the two loops of a worker."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboards.monitor.finder import Finder
from dashboards.monitor.mentions.fetching import Fetcher
from dashboards.monitor.mentions.intake import Intake
from dashboards.monitor.mentions.manners import Manners
from dashboards.monitor.mentions.matching import Watchers
from dashboards.monitor.mentions.service import MonitorMentions
from dashboards.monitor.mentions.sources import Sources
from dashboards.monitor.mentions.watching import MentionWatch
from scrm.clock import Clock
from scrm.ports.mentions import Tables
from scrm.ports.services import Analyser, TextCutter
from scrm.ports.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionRoom:
    """fetcher: to be closed (`async with`) once the loops have ended."""

    service: MonitorMentions
    sources: Sources
    watch: MentionWatch
    fetcher: Fetcher

    @classmethod
    def make(
        cls,
        stores: Stores,
        *,
        analyser: Analyser,
        cutter: TextCutter,
        tables: Tables,
        finder: Finder,
        clock: Clock,
        ids: Callable[[], str],
        zone: ZoneInfo,
        owner: str,
    ) -> "MentionRoom":
        fetcher = Fetcher()
        intake = Intake(stores, clock, zone, cutter.fold)
        sources = Sources(stores, intake, fetcher, Manners(fetcher, clock), clock, owner)
        watchers = Watchers(cutter.fold)
        return cls(
            service=MonitorMentions(stores, intake, sources, tables, watchers, cutter.fold, clock, zone),
            sources=sources,
            watch=MentionWatch(stores, analyser, finder, Watchers(cutter.fold), clock, ids, owner),
            fetcher=fetcher,
        )
