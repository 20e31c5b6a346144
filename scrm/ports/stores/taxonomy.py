"""Stores of a company's own categories: versions, examples, publications, agents' corrections and their evaluation."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from scrm.ids import AgentId, ExampleId, MessageId, TaxonomyId
from scrm.model.taxonomy import Correction, CorrectionState, Evaluation, Example, Publication, Taxonomy, TrainingRun
from scrm.ports.stores.queries import Page


class TaxonomyStore(Protocol):
    async def all(self) -> list[Taxonomy]:
        """Newest number first; some dozens."""
        ...

    async def get(self, taxonomy_id: TaxonomyId) -> Taxonomy | None: ...

    async def insert(self, taxonomy: Taxonomy) -> None:
        """Raises Duplicate on a taken number."""
        ...

    async def save(self, taxonomy: Taxonomy) -> Taxonomy:
        """Write it whole, if nobody wrote since it was read; the stored one, its version counted up. Raises Stale."""
        ...

    async def note_run(self, taxonomy_id: TaxonomyId, run: TrainingRun) -> bool:
        """Progress of that run, while it is running; False when it is not any more."""
        ...

    async def delete(self, taxonomy_id: TaxonomyId) -> bool: ...

    async def publish(self, publication: Publication) -> None:
        """Raises Duplicate when somebody published the same moment."""
        ...

    async def publications(self) -> list[Publication]:
        """The whole log, newest first."""
        ...

    async def published_id(self) -> str | None:
        """Of the newest publication; cheap enough to ask every few seconds."""
        ...


class ExampleStore(Protocol):
    async def add(self, examples: Sequence[Example]) -> frozenset[ExampleId]:
        """Those that were new; the others' keys are taken. Never inside a transaction."""
        ...

    async def get(self, example_id: ExampleId) -> Example | None: ...

    async def known(self, taxonomy_id: TaxonomyId, keys: Collection[str]) -> dict[str, Example]: ...

    async def page(self, taxonomy_id: TaxonomyId, *, code: str | None, after: str | None, limit: int) -> list[Example]:
        """Newest id first, those before the id `after`."""
        ...

    async def all(self, taxonomy_id: TaxonomyId) -> list[Example]:
        """In the order of ids."""
        ...

    async def counts(self, taxonomy_id: TaxonomyId) -> dict[str, int]:
        """By category."""
        ...

    async def relabel(self, example_id: ExampleId, code: str) -> bool: ...

    async def move(self, taxonomy_id: TaxonomyId, code: str, into: str) -> int: ...

    async def delete(self, example_id: ExampleId) -> bool: ...

    async def delete_of(self, taxonomy_id: TaxonomyId, code: str | None) -> int:
        """code None: all."""
        ...


class CorrectionStore(Protocol):
    async def get(self, message_id: MessageId) -> Correction | None: ...

    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Correction]: ...

    async def save(self, correction: Correction) -> None: ...

    async def page(self, state: CorrectionState, *, after: Page | None, limit: int) -> list[Correction]:
        """Newest first; Page.at is `at`."""
        ...

    async def count(self, state: CorrectionState) -> int: ...

    async def between(self, first: datetime, before: datetime) -> list[Correction]: ...

    async def decide(self, ids: Collection[MessageId], state: CorrectionState, by: AgentId | None, at: datetime) -> int:
        """Only those that wait."""
        ...


class EvaluationStore(Protocol):
    async def save(self, evaluation: Evaluation) -> None: ...

    async def of_days(self, days: Collection[str]) -> dict[str, Evaluation]: ...
