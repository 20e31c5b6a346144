"""Numbered changes of what is stored, each run once for a database, under a lease.

A database a newer hub has migrated is refused: this code would read it wrongly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec
from pymongo import UpdateOne

from scrm.clock import Clock, end_tasks
from scrm.errors import StartupError, StoreUnavailable
from scrm.ids import IdFactory, MessageId
from scrm.model.answers import UNTIL
from scrm.model.contact import Contact
from scrm.model.reports import REBUILD
from scrm.storage import contacts, people, reports, search, words
from scrm.storage.codec import Codec
from scrm.storage.faults import translated
from scrm.storage.shelf import Database
from scrm.storage.work import MongoLeases

COLLECTION = "migrations"
_LEASE = "migrations"
_LEASE_TIME = timedelta(minutes=5)
_LOOK_AGAIN = 0.2
_LONGEST_WAIT = 600.0
_AT_ONCE = 500


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """run must bear to be broken off and run again."""

    number: int
    name: str
    run: Callable[[Database], Awaitable[None]]


async def _first(_: Database) -> None:
    """The first form: indexes alone, which `indexes.apply` makes."""


async def _terms_apart(database: Database) -> None:
    """Search has an index of its own: the terms, and the index over them, leave the messages, and all are queued."""
    messages = database["messages"]
    if "terms" in await messages.index_information():
        await messages.drop_index("terms")
    ids: list[MessageId] = []
    async with messages.find({}, {"_id": 1}, batch_size=_AT_ONCE) as cursor:
        async for document in cursor:
            ids.append(document["_id"])
            if len(ids) == _AT_ONCE:
                await _without_terms(database, ids)
                ids = []
    await _without_terms(database, ids)


async def _without_terms(database: Database, ids: Sequence[MessageId]) -> None:
    if ids:
        # Broken off and run again, it finds the same messages in the same order.
        place = {"message_ids": list(ids)}
        await database[search.QUEUE].update_one({"_id": ids[0]}, {"$set": place}, upsert=True)
        gone = {"$unset": {"terms": "", "analysis.terms": ""}}
        await database["messages"].update_many({"_id": {"$in": list(ids)}}, gone)


async def _longer_grams(database: Database) -> None:
    """Contacts are found by runs of six letters too: their terms are cut anew."""
    codec = Codec(Contact)
    updates: list[UpdateOne] = []
    async with database[contacts.COLLECTION].find({}, batch_size=_AT_ONCE) as cursor:
        async for document in cursor:
            derived = contacts.derived(codec.decode(document))
            updates.append(UpdateOne({"_id": document["_id"]}, {"$set": derived}))
            if len(updates) == _AT_ONCE:
                await database[contacts.COLLECTION].bulk_write(updates, ordered=False)
                updates = []
    if updates:
        await database[contacts.COLLECTION].bulk_write(updates, ordered=False)


async def _facts_anew(database: Database) -> None:
    """Report events hold more, and rollups hours and agents: what was counted before is to be counted again."""
    rollups = database[reports.ROLLUPS]
    if "metric" in await rollups.index_information():
        await rollups.drop_index("metric")
    if await database[reports.EVENTS].find_one({}, {"_id": 1}) is not None:
        await rollups.delete_many({})
        wanted = {"$set": {"value": "wanted"}}
        await database[people.WORKSPACE].update_one({"_id": REBUILD}, wanted, upsert=True)


async def _answers_anew(database: Database) -> None:
    """Answers leave out what was reckoned for one customer, and know their category: they are learned once more."""
    await database[words.ANSWERS].delete_many({})
    await database[people.WORKSPACE].delete_one({"_id": UNTIL})


MIGRATIONS: tuple[Migration, ...] = (
    Migration(number=1, name="first form", run=_first),
    Migration(number=2, name="search apart from messages", run=_terms_apart),
    Migration(number=3, name="longer grams of contacts", run=_longer_grams),
    Migration(number=4, name="facts counted anew", run=_facts_anew),
    Migration(number=5, name="answers learned anew", run=_answers_anew),
)


async def migrate(
    database: Database, clock: Clock, ids: IdFactory, migrations: Sequence[Migration] = MIGRATIONS
) -> list[int]:
    """The numbers that ran now, in order. Raises StartupError when the database is newer than the code."""
    if not await _missing(database, migrations):
        return []
    leases, owner, waited = MongoLeases(database), ids(), 0.0
    while not await leases.acquire(_LEASE, owner, clock.now(), clock.now() + _LEASE_TIME):
        if waited >= _LONGEST_WAIT:
            raise StartupError("Another process has been migrating the database for ten minutes; look at its log.")
        await asyncio.sleep(_LOOK_AGAIN)
        waited += _LOOK_AGAIN
    try:
        missing = await _missing(database, migrations)
        running = asyncio.create_task(_run(database, missing, clock), name="migrations")
        keeping = asyncio.create_task(_keep(leases, owner, clock), name="migrations' lease")
        try:
            await asyncio.wait({running, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                keeping.result()
        finally:
            await end_tasks(running, keeping)
        running.result()
        return [migration.number for migration in missing]
    finally:
        await leases.release(_LEASE, owner)


async def _run(database: Database, migrations: Sequence[Migration], clock: Clock) -> None:
    for migration in migrations:
        with translated():
            await migration.run(database)
            await database[COLLECTION].insert_one(
                {"_id": migration.number, "name": migration.name, "applied_at": clock.now()}
            )


async def _keep(leases: MongoLeases, owner: str, clock: Clock) -> None:
    """Renew the lease, however long a migration takes. Ends only by StartupError: somebody else has it."""
    while True:
        await clock.sleep(_LEASE_TIME.total_seconds() / 5)
        try:
            mine = await leases.acquire(_LEASE, owner, clock.now(), clock.now() + _LEASE_TIME)
        except StoreUnavailable:
            continue  # the migration will notice
        if not mine:
            raise StartupError("This machine stood still while it migrated, and another process goes on: start again.")


async def refuse_newer(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raises StartupError when a newer hub has migrated this database; before anything is written to it."""
    await _missing(database, migrations)


async def _missing(database: Database, migrations: Sequence[Migration]) -> list[Migration]:
    with translated():
        done = {document["_id"] for document in await database[COLLECTION].find({}).to_list()}
    newest = max((migration.number for migration in migrations), default=0)
    if done and max(done) > newest:
        raise StartupError(
            f"The database was last used by a newer version of the hub (its form is {max(done)}, this version knows "
            f"{newest}): start that version, or restore a backup made by this one."
        )
    return [migration for migration in sorted(migrations, key=lambda each: each.number) if migration.number not in done]
