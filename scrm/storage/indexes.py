"""Every index of the hub, declared beside its store, applied at each start. Applying twice changes nothing."""

import logging
from collections.abc import Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from scrm.storage import (
    accounts,
    alerts,
    blobs,
    channels,
    contacts,
    conversations,
    journal,
    mentions,
    messages,
    people,
    reports,
    search,
    taxonomy,
    topics,
    words,
    work,
)
from scrm.storage.faults import translated
from scrm.storage.shelf import Database, Index

INDEXES: tuple[Index, ...] = (
    *journal.INDEXES,
    *channels.INDEXES,
    *contacts.INDEXES,
    *conversations.INDEXES,
    *messages.INDEXES,
    *work.INDEXES,
    *people.INDEXES,
    *accounts.INDEXES,
    *reports.INDEXES,
    *taxonomy.INDEXES,
    *topics.INDEXES,
    *alerts.INDEXES,
    *mentions.INDEXES,
    *words.INDEXES,
    *blobs.INDEXES,
)

# Collections without an index of their own. Made at the start as well, because not every server makes a collection
# inside a transaction.
COLLECTIONS: tuple[str, ...] = (
    channels.COLLECTION,
    channels.TOKENS,
    channels.EXCHANGES,
    conversations.COUNTERS,
    work.LEASES,
    people.TEAMS,
    people.READ_MARKS,
    people.SAVED_VIEWS,
    people.WORKSPACE,
    accounts.MENUS,
    accounts.TAG_LINKS,
    topics.BOARDS,
    alerts.DESTINATIONS,
    alerts.RULES,
    alerts.PLANS,
    search.SEGMENTS,
    search.PAGES,
    search.QUEUE,
    taxonomy.PUBLICATIONS,
    taxonomy.EVALUATIONS,
    "migrations",
)

_EXISTS_ALREADY = 48

log = logging.getLogger(__name__)


async def apply(database: Database, indexes: Sequence[Index] = INDEXES) -> None:
    """Makes what is missing, rebuilds what is declared differently now, and leaves alone what it does not know."""
    with translated():
        existing = set(await database.list_collection_names())
        for name in COLLECTIONS:
            if name not in existing:
                await _create(database, name)
        for name in dict.fromkeys(index.collection for index in indexes):
            if name not in existing:
                await _create(database, name)
            await _apply(database, name, [index for index in indexes if index.collection == name])


async def _create(database: Database, name: str) -> None:
    try:
        await database.create_collection(name)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        # Another process was first.
        if error.code != _EXISTS_ALREADY:
            raise


async def _apply(database: Database, name: str, declared: Sequence[Index]) -> None:
    collection = database[name]
    present = await collection.index_information()
    missing: list[Index] = []
    for index in declared:
        standing = present.pop(index.name, None)
        if standing is None:
            missing.append(index)
        elif _differs(index, standing):
            log.warning("index %s of %s is declared differently now and is rebuilt", index.name, name)
            await collection.drop_index(index.name)
            missing.append(index)
    for unknown in sorted(present.keys() - {"_id_"}):
        log.warning("index %s of %s is not the hub's; left alone", unknown, name)
    if missing:
        await collection.create_indexes([model(index) for index in missing])


def model(index: Index) -> IndexModel:
    options: dict[str, Any] = {"name": index.name}
    if index.unique:
        options["unique"] = True
    if index.sparse:
        options["sparse"] = True
    if index.partial is not None:
        options["partialFilterExpression"] = index.partial
    if index.expires is not None:
        options["expireAfterSeconds"] = index.expires
    return IndexModel(list(index.keys), **options)


def _differs(index: Index, standing: Any) -> bool:
    return (
        tuple((field, int(direction)) for field, direction in standing["key"]) != index.keys
        or bool(standing.get("unique")) != index.unique
        or bool(standing.get("sparse")) != index.sparse
        or standing.get("partialFilterExpression") != index.partial
        or standing.get("expireAfterSeconds") != index.expires
    )
