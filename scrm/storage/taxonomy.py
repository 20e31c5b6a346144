"""A company's own categories: versions, their examples, the log of publications, corrections and evaluations.

Weights and reports of a version are files (`scrm.storage.blobs`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from scrm.clock import Clock
from scrm.errors import Stale
from scrm.ids import AgentId, ExampleId, MessageId, TaxonomyId
from scrm.model.taxonomy import (
    Correction,
    CorrectionState,
    Evaluation,
    Example,
    Publication,
    Taxonomy,
    TrainingRun,
    TrainingStatus,
)
from scrm.ports.stores import Page
from scrm.storage.codec import part
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf, setting

TAXONOMIES = "taxonomies"
EXAMPLES = "examples"
PUBLICATIONS = "publications"
CORRECTIONS = "corrections"
EVALUATIONS = "evaluations"

INDEXES = (
    Index(collection=TAXONOMIES, name="number", keys=(("number", 1),), unique=True),
    Index(collection=EXAMPLES, name="key", keys=(("taxonomy_id", 1), ("key", 1)), unique=True),
    Index(collection=EXAMPLES, name="code", keys=(("taxonomy_id", 1), ("code", 1))),
    Index(collection=CORRECTIONS, name="state", keys=(("state", 1), ("at", -1), ("_id", -1))),
    Index(collection=CORRECTIONS, name="at", keys=(("at", 1),)),
)


class MongoTaxonomies:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TAXONOMIES, Taxonomy)
        self._log = Shelf(database, PUBLICATIONS, Publication)

    async def all(self) -> list[Taxonomy]:
        found = await self._shelf.find({})
        return sorted(found, key=lambda taxonomy: -taxonomy.number)

    async def get(self, taxonomy_id: TaxonomyId) -> Taxonomy | None:
        return await self._shelf.get(taxonomy_id)

    async def insert(self, taxonomy: Taxonomy) -> None:
        await self._shelf.insert(taxonomy)

    async def save(self, taxonomy: Taxonomy) -> Taxonomy:
        saved = msgspec.structs.replace(taxonomy, version=taxonomy.version + 1)
        where = {"_id": taxonomy.id, "version": taxonomy.version}
        if not await self._shelf.replace(where, self._shelf.codec.encode(saved)):
            raise Stale
        return saved

    async def note_run(self, taxonomy_id: TaxonomyId, run: TrainingRun) -> bool:
        where = {"_id": taxonomy_id, "run.id": run.id, "run.status": str(TrainingStatus.RUNNING)}
        return await self._shelf.update(where, {**setting({"run": part(run)}), "$inc": {"version": 1}})

    async def delete(self, taxonomy_id: TaxonomyId) -> bool:
        return await self._shelf.delete({"_id": taxonomy_id})

    async def publish(self, publication: Publication) -> None:
        await self._log.insert(publication)

    async def publications(self) -> list[Publication]:
        return await self._log.find({}, sort=[("_id", -1)])

    async def published_id(self) -> str | None:
        found = await self._log.raw({}, fields={"_id": 1}, sort=[("_id", -1)], limit=1)
        return found[0]["_id"] if found else None


class MongoExamples:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, EXAMPLES, Example)

    async def add(self, examples: Sequence[Example]) -> frozenset[ExampleId]:
        if not examples:
            return frozenset()
        return frozenset(examples[place].id for place in await self._shelf.insert_new(examples))

    async def get(self, example_id: ExampleId) -> Example | None:
        return await self._shelf.get(example_id)

    async def known(self, taxonomy_id: TaxonomyId, keys: Collection[str]) -> dict[str, Example]:
        found: dict[str, Example] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), 1_000):
            where = {"taxonomy_id": taxonomy_id, "key": {"$in": wanted[start : start + 1_000]}}
            found |= {example.key: example for example in await self._shelf.find(where)}
        return found

    async def page(self, taxonomy_id: TaxonomyId, *, code: str | None, after: str | None, limit: int) -> list[Example]:
        where: dict[str, Any] = {"taxonomy_id": taxonomy_id}
        if code is not None:
            where["code"] = code
        if after is not None:
            where["_id"] = {"$lt": after}
        return await self._shelf.find(where, sort=[("_id", -1)], limit=limit)

    async def all(self, taxonomy_id: TaxonomyId) -> list[Example]:
        found = await self._shelf.find({"taxonomy_id": taxonomy_id})
        return sorted(found, key=lambda example: example.id)

    async def counts(self, taxonomy_id: TaxonomyId) -> dict[str, int]:
        return await self._shelf.group({"taxonomy_id": taxonomy_id}, "code")

    async def relabel(self, example_id: ExampleId, code: str) -> bool:
        return await self._shelf.update({"_id": example_id}, {"$set": {"code": code}})

    async def move(self, taxonomy_id: TaxonomyId, code: str, into: str) -> int:
        return await self._shelf.update_many({"taxonomy_id": taxonomy_id, "code": code}, {"$set": {"code": into}})

    async def delete(self, example_id: ExampleId) -> bool:
        return await self._shelf.delete({"_id": example_id})

    async def delete_of(self, taxonomy_id: TaxonomyId, code: str | None) -> int:
        where = {"taxonomy_id": taxonomy_id} | ({} if code is None else {"code": code})
        return await self._shelf.delete_many(where)


class MongoCorrections:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._shelf = Shelf(database, CORRECTIONS, Correction)
        self._clock = clock

    async def get(self, message_id: MessageId) -> Correction | None:
        return await self._shelf.get(message_id)

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Correction]:
        found = await self._shelf.get_many(ids)
        return {correction.id: correction for correction in found.values()}

    async def save(self, correction: Correction) -> None:
        await self._shelf.put(correction)

    async def page(self, state: CorrectionState, *, after: Page | None, limit: int) -> list[Correction]:
        return await newest_first(
            self._shelf, [{"state": str(state)}], "at", now=self._clock.now(), after=after, limit=limit
        )

    async def count(self, state: CorrectionState) -> int:
        return await self._shelf.count({"state": str(state)})

    async def between(self, first: datetime, before: datetime) -> list[Correction]:
        return await self._shelf.find({"at": {"$gte": first, "$lt": before}})

    async def decide(self, ids: Collection[MessageId], state: CorrectionState, by: AgentId | None, at: datetime) -> int:
        where = {"_id": {"$in": list(ids)}, "state": str(CorrectionState.WAITING)}
        return await self._shelf.update_many(where, setting({"state": str(state), "decided_by": by, "decided_at": at}))


class MongoEvaluations:
    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, EVALUATIONS, Evaluation)

    async def save(self, evaluation: Evaluation) -> None:
        await self._shelf.put(evaluation)

    async def of_days(self, days: Collection[str]) -> dict[str, Evaluation]:
        return await self._shelf.get_many(days)
