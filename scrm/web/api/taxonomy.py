"""A company's own categories: versions, examples, training, publishing. For managers."""

import asyncio
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from scrm.errors import Invalid
from scrm.ids import ExampleId, TaxonomyId
from scrm.model.people import Role
from scrm.model.taxonomy import Example, Publication, TrainingReport
from scrm.ports.taxonomy import CategoryChange, ImportReport, TaxonomyList, TaxonomyView, Tried
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing, Raw
from scrm.web.fields import Id, Limit, Line, Name
from scrm.web.upload import one_file

MOST_FILE = 10 * 1024 * 1024
IMPORTS = web.AppKey("imports", asyncio.Semaphore)
# Files wait in memory until they are whole.
IMPORTS_AT_ONCE = 2

_SEEN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*(?![\s\S])"
CategoryName = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=_SEEN)]
Pasted = Annotated[str, msgspec.Meta(min_length=1, max_length=500_000)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Threshold = Annotated[float, msgspec.Meta(ge=0.05, le=0.99)]

# With a mark, so that Excel reads it as UTF-8. Rows of two categories show that the names are free.
_TEMPLATE = """\ufeff文本,分类
我的快递到哪里了,物流
什么时候能送到,物流
怎么开发票,发票
发票抬头写错了,发票
"""


class NewTaxonomy(Input, kw_only=True):
    """start: `nothing`, `shipped` (its categories and phrases), or the id of a version to copy."""

    name: Name
    start: Id = "nothing"


class TaxonomyPatch(Input, kw_only=True):
    name: Name | UnsetType = UNSET
    threshold: Threshold | UnsetType = UNSET


class NewCategory(Input, kw_only=True):
    name_zh: CategoryName
    name_en: CategoryName | UnsetType = UNSET
    description: Line = ""


class CategoryPatch(Input, kw_only=True):
    name_zh: CategoryName | UnsetType = UNSET
    name_en: CategoryName | UnsetType = UNSET
    description: Line | UnsetType = UNSET


class RemoveQuery(Input, kw_only=True):
    """into: the category its examples move to; without it they go too."""

    into: Id | None = None


class ExampleQuery(Input, kw_only=True):
    code: Id | None = None
    after: Id | None = None
    limit: Limit = 50


class ImportQuery(Input, kw_only=True):
    """code: the category of rows that name none."""

    code: Id | None = None


class NewExamples(Input, kw_only=True):
    """pasted: a line each, the category after a tab as a table pastes it. code: of lines without one."""

    pasted: Pasted
    code: Id | None = None


class ExamplePatch(Input, kw_only=True):
    code: Id


class Trial(Input, kw_only=True):
    texts: Annotated[tuple[Sentence, ...], msgspec.Meta(min_length=1, max_length=20)]


class Publish(Input, kw_only=True):
    """taxonomy_id null: back to the shipped taxonomy."""

    taxonomy_id: Id | None


async def list_taxonomies(call: Call[Nothing, Nothing]) -> TaxonomyList:
    return await call.context.taxonomies.list()


async def get_taxonomy(call: Call[Nothing, Nothing]) -> TaxonomyView:
    return await call.context.taxonomies.get(_id(call))


async def add_taxonomy(call: Call[Nothing, NewTaxonomy]) -> TaxonomyView:
    body = call.body
    return await call.context.taxonomies.create(name=body.name, start=body.start, by=call.who.author)


async def change_taxonomy(call: Call[Nothing, TaxonomyPatch]) -> TaxonomyView:
    body = call.body
    return await call.context.taxonomies.change(
        _id(call),
        name=None if body.name is UNSET else body.name,
        threshold=None if body.threshold is UNSET else body.threshold,
    )


async def delete_taxonomy(call: Call[Nothing, Nothing]) -> None:
    await call.context.taxonomies.delete(_id(call))


async def add_category(call: Call[Nothing, NewCategory]) -> TaxonomyView:
    body = call.body
    change = CategoryChange(name_zh=body.name_zh, name_en=body.name_en, description=body.description)
    return await call.context.taxonomies.add_category(_id(call), change)


async def change_category(call: Call[Nothing, CategoryPatch]) -> TaxonomyView:
    body = call.body
    change = CategoryChange(name_zh=body.name_zh, name_en=body.name_en, description=body.description)
    return await call.context.taxonomies.change_category(_id(call), call.id("code"), change)


async def remove_category(call: Call[RemoveQuery, Nothing]) -> TaxonomyView:
    return await call.context.taxonomies.remove_category(_id(call), call.id("code"), call.query.into)


async def list_examples(call: Call[ExampleQuery, Nothing]) -> Items[Example]:
    query = call.query
    found = await call.context.taxonomies.examples(_id(call), code=query.code, after=query.after, limit=query.limit + 1)
    items = list(found[: query.limit])
    return Items(items=items, next=items[-1].id if len(found) > query.limit else None)


async def paste_examples(call: Call[Nothing, NewExamples]) -> ImportReport:
    return await call.context.taxonomies.import_table(
        _id(call),
        name="pasted.txt",
        data=call.body.pasted.encode("utf-8", "ignore"),
        code=call.body.code,
        by=call.who.author,
        pasted=True,
    )


async def import_file(call: Call[ImportQuery, Nothing]) -> ImportReport:
    async with call.request.app[IMPORTS]:
        data, name = await one_file(call.request, most=MOST_FILE)
        return await call.context.taxonomies.import_table(
            _id(call), name=name, data=data, code=call.query.code, by=call.who.author
        )


async def change_example(call: Call[Nothing, ExamplePatch]) -> Example:
    return await call.context.taxonomies.relabel(_id(call), ExampleId(call.id("example_id")), call.body.code)


async def delete_example(call: Call[Nothing, Nothing]) -> None:
    await call.context.taxonomies.remove_example(_id(call), ExampleId(call.id("example_id")))


async def train(call: Call[Nothing, Nothing]) -> TaxonomyView:
    return await call.context.taxonomies.train(_id(call), by=call.who.author)


async def cancel(call: Call[Nothing, Nothing]) -> TaxonomyView:
    return await call.context.taxonomies.cancel(_id(call))


async def report(call: Call[Nothing, Nothing]) -> TrainingReport:
    return await call.context.taxonomies.report(_id(call))


async def try_out(call: Call[Nothing, Trial]) -> Items[Tried]:
    if not any(text.strip() for text in call.body.texts):
        raise Invalid("there is nothing to read", field="texts")
    return Items(items=list(await call.context.taxonomies.try_out(_id(call), call.body.texts)))


async def publish(call: Call[Nothing, Publish]) -> Publication:
    taxonomy_id = call.body.taxonomy_id
    chosen = None if taxonomy_id is None else TaxonomyId(taxonomy_id)
    return await call.context.taxonomies.publish(chosen, by=call.who.author)


async def template(call: Call[Nothing, Nothing]) -> web.Response:
    return web.Response(
        body=_TEMPLATE.replace("\n", "\r\n").encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="categories.csv"'},
    )


def _id(call: AnyCall) -> TaxonomyId:
    return TaxonomyId(call.id())


_ROLE = Role.MANAGER
_TAG = "taxonomy"
ENDPOINTS = (
    Endpoint(
        method="GET", path="/taxonomies", handler=list_taxonomies, role=_ROLE, returns=TaxonomyList, tag=_TAG,
        summary="The company's versions, the shipped taxonomy, and the log of what was published",
    ),
    Endpoint(
        method="POST", path="/taxonomies", handler=add_taxonomy, role=_ROLE, body=NewTaxonomy,
        returns=TaxonomyView, statuses=(201,), summary="Begin a version", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/publish", handler=publish, role=_ROLE, body=Publish, returns=Publication,
        summary="Put a trained version to work, go back to an older one, or to the shipped taxonomy", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/taxonomies/template.csv", handler=template, role=_ROLE, returns=Raw,
        produces="text/csv", summary="A table to fill in", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/taxonomies/{id}", handler=get_taxonomy, role=_ROLE, returns=TaxonomyView,
        summary="A version, with the progress of its training", tag=_TAG,
    ),
    Endpoint(
        method="PATCH", path="/taxonomies/{id}", handler=change_taxonomy, role=_ROLE, body=TaxonomyPatch,
        returns=TaxonomyView, summary="Rename a version, or move its threshold of unknown", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/taxonomies/{id}", handler=delete_taxonomy, role=_ROLE, statuses=(204,),
        summary="Delete a version that was never published", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/categories", handler=add_category, role=_ROLE, body=NewCategory,
        returns=TaxonomyView, statuses=(201,), summary="Add a category", tag=_TAG,
    ),
    Endpoint(
        method="PATCH", path="/taxonomies/{id}/categories/{code}", handler=change_category, role=_ROLE,
        body=CategoryPatch, returns=TaxonomyView, summary="Rename or describe a category", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/taxonomies/{id}/categories/{code}", handler=remove_category, role=_ROLE,
        query=RemoveQuery, returns=TaxonomyView, summary="Remove a category, or merge it into another", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/taxonomies/{id}/examples", handler=list_examples, role=_ROLE, query=ExampleQuery,
        returns=Items[Example], summary="Examples, newest first", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/examples", handler=paste_examples, role=_ROLE, body=NewExamples,
        returns=ImportReport, summary="Add pasted lines as examples", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/import", handler=import_file, role=_ROLE, query=ImportQuery,
        returns=ImportReport, uploads=True, tag=_TAG,
        summary="Add the rows of a file (multipart field `file`: XLSX, CSV or TSV, at most 10 MB) as examples",
    ),
    Endpoint(
        method="PATCH", path="/taxonomies/{id}/examples/{example_id}", handler=change_example, role=_ROLE,
        body=ExamplePatch, returns=Example, summary="Give an example another category", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/taxonomies/{id}/examples/{example_id}", handler=delete_example, role=_ROLE,
        statuses=(204,), summary="Remove an example", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/train", handler=train, role=_ROLE, returns=TaxonomyView,
        statuses=(202,), summary="Begin to train a version in the background", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/cancel", handler=cancel, role=_ROLE, returns=TaxonomyView,
        summary="Cancel its training", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/taxonomies/{id}/report", handler=report, role=_ROLE, returns=TrainingReport,
        summary="What cross-validation found: accuracy, confusions, doubtful examples", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/taxonomies/{id}/try", handler=try_out, role=_ROLE, body=Trial,
        returns=Items[Tried], summary="How a trained version reads sentences, and why", tag=_TAG,
    ),
)  # fmt: skip
