"""A company's own categories at work: versions, training, publishing, corrections and their evaluation put together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from msgspec import UnsetType

from scrm.clock import Clock, end_tasks
from scrm.errors import StoreUnavailable
from scrm.flow.corrections import OwnCorrections
from scrm.flow.drift import Nightly
from scrm.flow.published import Published
from scrm.flow.report import Reporter
from scrm.flow.taxonomy import OwnTaxonomies
from scrm.flow.training import Training
from scrm.ids import ConversationId, IdFactory, MessageId, TaxonomyId
from scrm.model.analysis import Sentiment
from scrm.model.conversation import Conversation
from scrm.model.message import Author, Message
from scrm.model.taxonomy import Correction, CorrectionState
from scrm.ports.flow import ConversationChange, Hub
from scrm.ports.services import Analyser
from scrm.ports.stores import Page, Stores
from scrm.ports.taxonomy import CompanyReader, Drift, ImportReport, Trainer

log = structlog.get_logger(__name__)


class Learning:
    """taxonomies, corrections: what the web room is given. reader: the analyser as one that can change categories.

    works: whether this process evaluates at night; following what is published is for every process.
    """

    def __init__(
        self,
        stores: Stores,
        analyser: Analyser,
        reader: CompanyReader,
        trainer: Trainer,
        hub: Hub,
        clock: Clock,
        ids: IdFactory,
        *,
        zone: ZoneInfo,
        owner: str,
        works: bool = True,
    ) -> None:
        async def change(conversation_id: ConversationId, change: ConversationChange, by: Author) -> Conversation:
            return await hub.change(conversation_id, change, by=by)

        self.training = Training(stores, trainer, clock, ids, owner)
        self.published = Published(stores, self.training, reader, clock)
        self.nightly = Nightly(stores, clock, zone, owner)
        self.taxonomies = OwnTaxonomies(stores, trainer, self.training, self.published, clock, ids)
        self.corrections = _Corrections(
            OwnCorrections(stores, analyser, self.taxonomies, Reporter(zone), clock, change), self.nightly
        )
        self._works = works
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns once this process reads by what is published."""
        await self.published.look()
        loops: list[tuple[str, Callable[[], Awaitable[None]]]] = [("published categories", self.published.run)]
        if self._works:
            loops.append(("nightly evaluation", self.nightly.run))
        self._tasks = [asyncio.create_task(_held(name, loop), name=name) for name, loop in loops]

    async def close(self) -> None:
        """A training under way is called interrupted."""
        await end_tasks(*self._tasks)
        await self.training.close()


class _Corrections:
    """`scrm.ports.taxonomy.Corrections`."""

    def __init__(self, corrections: OwnCorrections, nightly: Nightly) -> None:
        self._corrections = corrections
        self._nightly = nightly

    async def correct(
        self, message_id: MessageId, *, category: str | UnsetType | None, sentiment: Sentiment | UnsetType, by: Author
    ) -> Message:
        return await self._corrections.correct(message_id, category=category, sentiment=sentiment, by=by)

    async def page(self, state: CorrectionState, *, after: Page | None, limit: int) -> Sequence[Correction]:
        return await self._corrections.page(state, after=after, limit=limit)

    async def decide(
        self, message_ids: Sequence[MessageId], *, taxonomy_id: TaxonomyId | None, by: Author
    ) -> ImportReport:
        return await self._corrections.decide(message_ids, taxonomy_id=taxonomy_id, by=by)

    async def drift(self, now: datetime) -> Drift:
        return await self._nightly.drift(now)


async def _held(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """A database that comes and goes must not end it, and a bug must not end it silently."""
    while True:
        try:
            await loop()
        except StoreUnavailable:
            log.warning("loop.store_unavailable", loop=name)
        except Exception:
            log.exception("loop.bug", loop=name)
        await asyncio.sleep(1)
