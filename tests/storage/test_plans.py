"""Every query the hub makes has an index.

Every method of every store is called once under a listener. Each query it sent must be covered by a declared index, and
on MongoDB `explain` must name one as well. On the embedded server the declarations have to do: its `explain` is a guess
apart from what it does (it reports scans for partial indexes, for `_id` with another field and for some compound ones,
all of which it was measured to look up).
"""

import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any, get_type_hints

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from scrm.ports import stores as ports
from scrm.storage import alerts as alert_store
from scrm.storage import channels, mentions, people, search, taxonomy, work
from scrm.storage import words as word_store
from scrm.storage.client import database_of, is_embedded
from scrm.storage.indexes import INDEXES
from scrm.storage.shelf import Database, Index
from scrm.storage.stores import MongoStores
from scrm.storage.vault import Vault
from tests.storage.calls import every_call

# Small by nature and read whole on purpose: some dozens of documents, or what is under way right now.
READ_WHOLE = {
    *(channels.COLLECTION, work.LEASES, work.OUTBOX, search.QUEUE),
    *(taxonomy.TAXONOMIES, taxonomy.PUBLICATIONS),
    *(people.AGENTS, people.TEAMS, people.LABELS, people.CANNED_REPLIES, people.API_TOKENS),
    word_store.LISTS,
    *(mentions.SOURCES, mentions.MONITORS),
    *(people.SAVED_VIEWS, people.SAVED_BOARDS),
    *(alert_store.DESTINATIONS, alert_store.RULES, alert_store.PLANS),
}

# By command, once in a while, and not while anybody waits.
WALK_EVERYTHING = {"reports.clear", "search.rebuild"}

BY_ID = (("_id", 1),)

Query = tuple[str, dict[str, Any]]


class Listener(CommandListener):
    """The collection and filter of every command."""

    def __init__(self) -> None:
        self.queries: list[Query] = []

    def started(self, event: CommandStartedEvent) -> None:
        command: Mapping[str, Any] = event.command
        collection = command.get(event.command_name)
        match event.command_name:
            case "find":
                filters = [command.get("filter", {})]
            case "update":
                filters = [update["q"] for update in command["updates"]]
            case "delete":
                filters = [delete["q"] for delete in command["deletes"]]
            case "aggregate":
                filters = [command["pipeline"][0]["$match"]]
            case "findAndModify" | "count" | "distinct":
                raise AssertionError(f"{event.command_name} is slow on the embedded server")
            case _:
                return
        self.queries += [(str(collection), dict(filter_)) for filter_ in filters]

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@pytest.fixture
async def watched(stores: MongoStores, database_url: str) -> AsyncIterator[tuple[MongoStores, Listener]]:
    listener = Listener()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(database_url, tz_aware=True, event_listeners=[listener])
    database = database_of(client, stores.database.name)
    yield MongoStores(client, database, Vault([bytes(32)]), stores.journal._clock), listener
    await client.close()


async def test_every_query_has_an_index(watched: tuple[MongoStores, Listener]) -> None:
    stores, listener = watched
    calls = every_call(stores)
    assert set(calls) == every_method(), "a store has a method this test does not know"
    for name, call in calls.items():
        before = len(listener.queries)
        await call()
        if name in WALK_EVERYTHING:
            del listener.queries[before:]
    queries = listener.queries.copy()
    assert len(queries) > len(calls)
    distinct = {repr(query): query for query in queries}.values()
    for collection, filter_ in distinct:
        if filter_:
            assert covers(collection, filter_), f"{collection} has no index for {filter_}"
        else:
            assert collection in READ_WHOLE, f"{collection} is read whole"
    build = await stores.database.client.admin.command("buildInfo")
    if not is_embedded(build):
        scans = [query for query in distinct if query[1] and await scanned(stores.database, *query)]
        assert scans == []


async def scanned(database: Database, collection: str, filter_: Mapping[str, Any]) -> bool:
    find = {"find": collection, "filter": filter_}
    plan = await database.command({"explain": find, "verbosity": "queryPlanner"})
    return "COLLSCAN" in stages(plan["queryPlanner"]["winningPlan"])


def covers(collection: str, filter_: Mapping[str, Any]) -> list[Index]:
    """The indexes that begin with a field of the filter and hold every document it wants."""
    if pinned(filter_.get("_id")):
        return [Index(collection=collection, name="_id_", keys=BY_ID)]
    return [
        index
        for index in INDEXES
        if index.collection == collection
        and index.keys[0][0] in filter_
        and all(filter_.get(name) == value for name, value in (index.partial or {}).items())
    ]


def pinned(condition: Any) -> bool:
    """An equality, or one of several."""
    return condition is not None and (not isinstance(condition, dict) or set(condition) in ({"$in"}, {"$eq"}))


def stages(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {stage for each in plan for stage in stages(each)}
    if not isinstance(plan, dict):
        return set()
    found = {str(plan["stage"])} if "stage" in plan else set()
    return found | {stage for value in plan.values() for stage in stages(value)}


def test_an_uncovered_query_would_be_noticed() -> None:
    assert not covers("messages", {"content": "x"})
    assert not covers("messages", {"position": 1})
    assert not covers("tasks", {"partition": 3})
    assert not covers("journal", {"_id": {"$gt": "x"}})
    assert covers("journal", {"state": "pending", "partition": 3})
    assert stages({"stage": "FETCH", "inputStage": {"stage": "COLLSCAN"}}) == {"FETCH", "COLLSCAN"}


def test_every_index_is_declared_once() -> None:
    names = [(index.collection, index.name) for index in INDEXES]
    assert len(set(names)) == len(names)
    whole = [index for index in INDEXES if index.partial is None]
    for index in whole:
        if not index.unique and not index.sparse and index.expires is None:
            longer = [each for each in whole if each.collection == index.collection and each is not index]
            assert not any(each.keys[: len(index.keys)] == index.keys for each in longer), superfluous(index)


def superfluous(index: Index) -> str:
    return f"{index.name} of {index.collection} is the beginning of a longer one"


def every_method() -> set[str]:
    """All that the port offers: "messages.insert" …"""
    return {
        f"{store}.{name}"
        for store, protocol in get_type_hints(ports.Stores).items()
        for name, member in vars(protocol).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }
