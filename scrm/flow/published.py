"""Which categories are at work: the newest entry of the log of publications, in every process within seconds."""

import asyncio
import hashlib

import structlog

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, HubError, NotFound, StoreUnavailable, Unavailable
from scrm.flow.training import Training
from scrm.ids import TaxonomyId
from scrm.model.message import Author
from scrm.model.taxonomy import SHIPPED, Publication, Taxonomy
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import CompanyModel, CompanyReader, Trained

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
AGAIN_SECONDS = 60.0
"""After a model that could not be loaded."""


class Published:
    """Keeps the reader of this process by the log."""

    def __init__(self, stores: Stores, training: Training, reader: CompanyReader, clock: Clock) -> None:
        self._stores = stores
        self._training = training
        self._reader = reader
        self._clock = clock
        self._turn = asyncio.Lock()
        self._at: str | None = None
        self._not_before = 0.0

    async def run(self) -> None:
        while True:
            try:
                if self._clock.monotonic() >= self._not_before:
                    await self.look()
            except StoreUnavailable:
                log.warning("published.store_unavailable")
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Read by what the log says now. What cannot be loaded is logged, and what was at work stays."""
        async with self._turn:
            newest = await self._stores.taxonomies.published_id()
            if newest == self._at:
                return
            publication = (await self._stores.taxonomies.publications())[0]
            try:
                await self._load(publication)
            except (OSError, RuntimeError, ValueError, HubError) as error:
                self._not_before = self._clock.monotonic() + AGAIN_SECONDS
                log.error("published.not_loaded", number=publication.number, error=type(error).__name__)

    async def publish(self, taxonomy: Taxonomy | None, by: Author) -> Publication:
        """None: the shipped taxonomy. Raises Conflict when somebody else published meanwhile, Unavailable when the
        model cannot be loaded (then nothing was published)."""
        async with self._turn:
            log_ = await self._stores.taxonomies.publications()
            publication = Publication(
                id=f"{int(log_[0].id) + 1 if log_ else 1:08d}",
                number=taxonomy.number if taxonomy else SHIPPED,
                name=taxonomy.name if taxonomy else "",
                taxonomy_id=taxonomy.id if taxonomy else None,
                threshold=taxonomy.threshold if taxonomy else None,
                categories=taxonomy.categories if taxonomy else (),
                by=by,
                at=self._clock.now(),
            )
            try:
                await self._load(publication)
            except (OSError, RuntimeError, ValueError) as error:
                raise Unavailable("The reader did not start with this version; it goes on with the former.") from error
            try:
                await self._stores.taxonomies.publish(publication)
            except BaseException as error:
                self._at = None  # this process reads by what is not published: look again
                if isinstance(error, Duplicate):
                    raise Conflict("Somebody else published just now; look at the log.") from error
                raise
        log.info("published", number=publication.number, by=by.id)
        return publication

    async def _load(self, publication: Publication) -> None:
        model = None
        if publication.taxonomy_id is not None:
            model = company_model(publication, await self._trained(publication.taxonomy_id))
        await self._reader.use(model)
        self._at = publication.id

    async def _trained(self, taxonomy_id: TaxonomyId) -> Trained:
        found = await self._stores.taxonomies.get(taxonomy_id)
        if found is None:
            raise NotFound("There is no such version.")
        return await self._training.trained(found)


def company_model(publication: Publication, trained: Trained) -> CompanyModel:
    threshold = publication.threshold if publication.threshold is not None else trained.report.threshold
    digest = hashlib.sha256(trained.weights + f"{threshold:.4f}".encode()).hexdigest()
    return CompanyModel(
        version=f"c{publication.number}-{digest[:8]}",
        categories=publication.categories,
        threshold=threshold,
        weights=trained.weights,
    )
