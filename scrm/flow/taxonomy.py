"""A company's own categories, behind the face the web room knows (`scrm.ports.taxonomy.Taxonomies`).

A version may be edited until it was published for the first time; from then on only its name and its threshold, which
counts from the next publication on. To go on, people copy it.
"""

from collections.abc import Callable, Sequence

import structlog
from msgspec import UNSET
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, Invalid, NotFound, Unavailable
from scrm.flow import imports
from scrm.flow.published import Published
from scrm.flow.training import Training, blob_id
from scrm.ids import ExampleId, IdFactory, MessageId, TaxonomyId
from scrm.model.analysis import Category
from scrm.model.message import Author
from scrm.model.taxonomy import (
    LEAST_EXAMPLES,
    MOST_CATEGORIES,
    MOST_EXAMPLES,
    MOST_VERSIONS,
    CompanyCategory,
    CorrectionState,
    Example,
    Publication,
    Source,
    Taxonomy,
    TrainingReport,
    example_key,
)
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import (
    CategoryChange,
    ImportReport,
    ShippedView,
    Table,
    TaxonomyList,
    TaxonomyView,
    Trainer,
    Tried,
    VersionState,
)

log = structlog.get_logger(__name__)

NOTHING, SHIPPED_START = "nothing", "shipped"
_BATCH = 1_000


class OwnTaxonomies:
    def __init__(
        self, stores: Stores, trainer: Trainer, training: Training, published: Published, clock: Clock, ids: IdFactory
    ) -> None:
        self._stores = stores
        self._trainer = trainer
        self._training = training
        self._published = published
        self._clock = clock
        self._ids = ids

    # --- versions ---------------------------------------------------------------------------------------------------

    async def list(self) -> TaxonomyList:
        publications = await self._stores.taxonomies.publications()
        versions = await self._stores.taxonomies.all()
        shipped = self._trainer.shipped()
        return TaxonomyList(
            items=[await self._view(await self._training.settled(version), publications) for version in versions],
            shipped=ShippedView(
                published=not publications or publications[0].taxonomy_id is None,
                categories=tuple(seeds.category for seeds in shipped),
                examples=sum(len(seeds.phrases) for seeds in shipped),
            ),
            log=publications,
            waiting=await self._stores.corrections.count(CorrectionState.WAITING),
        )

    async def get(self, taxonomy_id: TaxonomyId) -> TaxonomyView:
        return await self._view(await self._training.settled(await self._found(taxonomy_id)))

    async def create(self, *, name: str, start: str, by: Author) -> TaxonomyView:
        versions = await self._stores.taxonomies.all()
        if len(versions) >= MOST_VERSIONS:
            raise Conflict(f"There are {MOST_VERSIONS} versions; delete a draft that is not needed first.")
        now = self._clock.now()
        categories, taught = await self._start(start)
        made = Taxonomy(
            id=TaxonomyId(self._ids()),
            number=versions[0].number + 1 if versions else 1,
            name=name,
            categories=categories,
            changed_at=now,
            created_at=now,
            created_by=by,
        )
        try:
            await self._stores.taxonomies.insert(made)
        except Duplicate:
            raise Conflict("Somebody else made a version just now; look at the list.") from None
        await self._teach(made.id, taught, by)
        return await self._view(made)

    async def _start(self, start: str) -> tuple[tuple[CompanyCategory, ...], Sequence["_Taught"]]:
        if start == NOTHING:
            return (), ()
        if start == SHIPPED_START:
            seeds = self._trainer.shipped()
            own = tuple(
                CompanyCategory(code=each.category.code, name_zh=each.category.name_zh, name_en=each.category.name_en)
                for each in seeds
            )
            return own, [(phrase, each.category.code, Source.SEED, None) for each in seeds for phrase in each.phrases]
        copied = await self._found(TaxonomyId(start))
        examples = await self._stores.examples.all(copied.id)
        return copied.categories, [(each.text, each.code, each.source, each.message_id) for each in examples]

    async def change(
        self, taxonomy_id: TaxonomyId, *, name: str | None = None, threshold: float | None = None
    ) -> TaxonomyView:
        async def work() -> Taxonomy:
            found = await self._found(taxonomy_id)
            if threshold is not None and found.trained_at is None:
                raise Conflict("Training sets the threshold first.")
            return await self._stores.taxonomies.save(
                replace(
                    found,
                    name=found.name if name is None else name,
                    threshold=found.threshold if threshold is None else threshold,
                )
            )

        return await self._view(await self._stores.transaction(work))

    async def delete(self, taxonomy_id: TaxonomyId) -> None:
        found = await self._open(taxonomy_id)
        await self._training.cancel(found)
        await self._stores.taxonomies.delete(taxonomy_id)
        await self._stores.examples.delete_of(taxonomy_id, None)
        if found.trained_at is not None:
            await self._stores.blobs.put(blob_id(taxonomy_id), b"", "application/msgpack", None)

    # --- categories -------------------------------------------------------------------------------------------------

    async def add_category(self, taxonomy_id: TaxonomyId, category: CategoryChange) -> TaxonomyView:
        name = category.name_zh
        if name is UNSET or not name:
            raise Invalid("A category needs a name.", errors={"name_zh": "is missing"})
        made = CompanyCategory(
            code=self._new_code(),
            name_zh=name,
            name_en=name if category.name_en is UNSET else category.name_en or name,
            description="" if category.description is UNSET else category.description,
        )

        def change(found: Taxonomy) -> Taxonomy:
            _refuse_taken_name(found, made)
            if len(found.categories) >= MOST_CATEGORIES:
                raise Invalid(f"There may be {MOST_CATEGORIES} categories at the most.")
            return replace(found, categories=(*found.categories, made))

        return await self._view(await self._edit(taxonomy_id, change))

    async def change_category(self, taxonomy_id: TaxonomyId, code: str, change: CategoryChange) -> TaxonomyView:
        def apply(found: Taxonomy) -> Taxonomy:
            current = _category(found, code)
            made = replace(
                current,
                name_zh=current.name_zh if change.name_zh is UNSET else change.name_zh,
                name_en=current.name_en if change.name_en is UNSET else change.name_en,
                description=current.description if change.description is UNSET else change.description,
            )
            _refuse_taken_name(found, made)
            return replace(found, categories=tuple(made if each.code == code else each for each in found.categories))

        # A name is no part of what was learned: the version stays trained.
        return await self._view(await self._edit(taxonomy_id, apply, teaches=False))

    async def remove_category(self, taxonomy_id: TaxonomyId, code: str, into: str | None) -> TaxonomyView:
        def apply(found: Taxonomy) -> Taxonomy:
            _category(found, code)
            if into is not None:
                _category(found, into)
            if into == code:
                raise Invalid("A category cannot be merged into itself.", errors={"into": "is the same"})
            return replace(found, categories=tuple(each for each in found.categories if each.code != code))

        saved = await self._edit(taxonomy_id, apply)
        if into is None:
            await self._stores.examples.delete_of(taxonomy_id, code)
        else:
            await self._stores.examples.move(taxonomy_id, code, into)
        return await self._view(saved)

    # --- examples ---------------------------------------------------------------------------------------------------

    async def examples(
        self, taxonomy_id: TaxonomyId, *, code: str | None, after: str | None, limit: int
    ) -> Sequence[Example]:
        await self._found(taxonomy_id)
        return await self._stores.examples.page(taxonomy_id, code=code, after=after, limit=limit)

    async def import_table(
        self, taxonomy_id: TaxonomyId, *, name: str, data: bytes, code: str | None, by: Author, pasted: bool = False
    ) -> ImportReport:
        found = await self._open(taxonomy_id)
        if code is not None:
            _category(found, code)
        table = await self._trainer.read_table(name, data)
        source = Source.PASTE if pasted else Source.IMPORT
        return await self.take_in(taxonomy_id, table, code=code, source=source, by=by)

    async def take_in(
        self,
        taxonomy_id: TaxonomyId,
        table: Table,
        *,
        code: str | None,
        source: Source,
        by: Author,
        messages: Sequence[MessageId] = (),
    ) -> ImportReport:
        """Make examples of the rows that are new. messages: where row `line` came from, by line."""
        found = await self._open(taxonomy_id)
        shipped = self._trainer.shipped()
        rows = imports.sort_out(found, table, code=code, shipped=shipped, new_code=self._new_code)
        known = await self._stores.examples.known(taxonomy_id, [row.key for row in rows.wanted])
        names = {each.code: each.name_zh for each in (*found.categories, *rows.new)}
        fresh, conflicts, duplicates = imports.against_known(rows, known, names)
        counts = await self._stores.examples.counts(taxonomy_id)
        if sum(counts.values()) + len(fresh) > MOST_EXAMPLES:
            raise Invalid(f"A version may have {MOST_EXAMPLES:,} examples at the most.")
        if fresh or rows.new:
            await self._edit(taxonomy_id, lambda now: _with_categories(now, found, rows.new))
            log.info("examples.import", taxonomy=found.number, rows=len(fresh), categories=len(rows.new), by=by.id)
        taught: list[_Taught] = [
            (row.text, row.code, source, messages[row.line - 1] if messages else None) for row in fresh
        ]
        stored = await self._teach(taxonomy_id, taught, by)
        return imports.report(table, rows, conflicts, added=stored, duplicates=duplicates + len(fresh) - stored)

    async def relabel(self, taxonomy_id: TaxonomyId, example_id: ExampleId, code: str) -> Example:
        example = await self._example(taxonomy_id, example_id)
        _category(await self._found(taxonomy_id), code)
        await self._edit(taxonomy_id, lambda found: found)
        await self._stores.examples.relabel(example_id, code)
        return replace(example, code=code)

    async def remove_example(self, taxonomy_id: TaxonomyId, example_id: ExampleId) -> None:
        await self._example(taxonomy_id, example_id)
        await self._edit(taxonomy_id, lambda found: found)
        await self._stores.examples.delete(example_id)

    # --- training and publishing ------------------------------------------------------------------------------------

    async def train(self, taxonomy_id: TaxonomyId, *, by: Author) -> TaxonomyView:
        found = await self._training.settled(await self._open(taxonomy_id))
        counts = await self._stores.examples.counts(taxonomy_id)
        few = [each.name_zh for each in found.categories if counts.get(each.code, 0) < LEAST_EXAMPLES]
        if few:
            raise Conflict(f"Each category needs {LEAST_EXAMPLES} examples at least: {', '.join(few[:5])}", few=few)
        if len(found.categories) < 2:
            raise Conflict("There must be two categories at least.")
        return await self._view(await self._training.begin(found, by))

    async def cancel(self, taxonomy_id: TaxonomyId) -> TaxonomyView:
        await self._training.cancel(await self._found(taxonomy_id))
        return await self.get(taxonomy_id)

    async def report(self, taxonomy_id: TaxonomyId) -> TrainingReport:
        return (await self._training.trained(await self._found(taxonomy_id))).report

    async def try_out(self, taxonomy_id: TaxonomyId, texts: Sequence[str]) -> Sequence[Tried]:
        found = await self._found(taxonomy_id)
        trained = await self._training.trained(found)
        threshold = trained.report.threshold if found.threshold is None else found.threshold
        return await self._trainer.try_out(trained.weights, threshold, texts)

    async def publish(self, taxonomy_id: TaxonomyId | None, *, by: Author) -> Publication:
        if taxonomy_id is None:
            return await self._published.publish(None, by)
        found = await self._found(taxonomy_id)
        if found.trained_at is None or found.changed_at > found.trained_at:
            raise Conflict("It was changed after its training: train it, then publish.")
        return await self._published.publish(found, by)

    async def former(self) -> Sequence[Category]:
        names = {seeds.category.code: seeds.category for seeds in self._trainer.shipped()}
        for publication in reversed(await self._stores.taxonomies.publications()):
            for each in publication.categories:
                names[each.code] = Category(code=each.code, name_zh=each.name_zh, name_en=each.name_en)
        return list(names.values())

    # --- within -----------------------------------------------------------------------------------------------------

    def _new_code(self) -> str:
        return f"c{self._ids()[-10:].lower()}"

    async def _found(self, taxonomy_id: TaxonomyId) -> Taxonomy:
        found = await self._stores.taxonomies.get(taxonomy_id)
        if found is None:
            raise NotFound("There is no such version.")
        return found

    async def _open(self, taxonomy_id: TaxonomyId) -> Taxonomy:
        """A version that may be edited."""
        found = await self._found(taxonomy_id)
        log_ = await self._stores.taxonomies.publications()
        if any(publication.taxonomy_id == taxonomy_id for publication in log_):
            raise Conflict("It was published and stays as it was; make a new version from it.")
        return found

    async def _example(self, taxonomy_id: TaxonomyId, example_id: ExampleId) -> Example:
        example = await self._stores.examples.get(example_id)
        if example is None or example.taxonomy_id != taxonomy_id:
            raise NotFound("There is no such example.")
        return example

    async def _edit(
        self, taxonomy_id: TaxonomyId, change: Callable[[Taxonomy], Taxonomy], *, teaches: bool = True
    ) -> Taxonomy:
        async def work() -> Taxonomy:
            found = await self._open(taxonomy_id)
            changed = change(found)
            if teaches:
                changed = replace(changed, changed_at=self._clock.now())
            return await self._stores.taxonomies.save(changed)

        return await self._stores.transaction(work)

    async def _teach(self, taxonomy_id: TaxonomyId, taught: Sequence["_Taught"], by: Author) -> int:
        """How many were new."""
        now = self._clock.now()
        examples = [
            Example(
                id=ExampleId(self._ids()),
                taxonomy_id=taxonomy_id,
                key=example_key(text),
                text=text,
                code=code,
                source=source,
                message_id=message_id,
                added_by=by,
                added_at=now,
            )
            for text, code, source, message_id in taught
        ]
        added = 0
        for start in range(0, len(examples), _BATCH):
            added += len(await self._stores.examples.add(examples[start : start + _BATCH]))
        return added

    async def _view(self, taxonomy: Taxonomy, publications: Sequence[Publication] | None = None) -> TaxonomyView:
        if publications is None:
            publications = await self._stores.taxonomies.publications()
        values = {name: getattr(taxonomy, name) for name in Taxonomy.__struct_fields__}
        counts = await self._stores.examples.counts(taxonomy.id)
        return TaxonomyView(**values, counts=counts, state=_state(taxonomy, publications))


_Taught = tuple[str, str, Source, MessageId | None]
"""text, code, source, message."""


def _state(taxonomy: Taxonomy, publications: Sequence[Publication]) -> VersionState:
    if publications and publications[0].taxonomy_id == taxonomy.id:
        return "published"
    if any(publication.taxonomy_id == taxonomy.id for publication in publications):
        return "retired"
    if taxonomy.trained_at is None:
        return "draft"
    return "trained" if taxonomy.changed_at <= taxonomy.trained_at else "stale"


def _category(taxonomy: Taxonomy, code: str) -> CompanyCategory:
    found = next((each for each in taxonomy.categories if each.code == code), None)
    if found is None:
        raise NotFound("There is no such category in this version.")
    return found


def _refuse_taken_name(taxonomy: Taxonomy, category: CompanyCategory) -> None:
    for each in taxonomy.categories:
        if each.code != category.code and each.name_zh.casefold() == category.name_zh.casefold():
            raise Conflict("There is a category of this name.", errors={"name_zh": "is taken"})


def _with_categories(now: Taxonomy, before: Taxonomy, new: Sequence[CompanyCategory]) -> Taxonomy:
    if now.categories != before.categories:
        raise Unavailable("The categories were changed meanwhile; import again.")
    return replace(now, categories=(*now.categories, *new))
