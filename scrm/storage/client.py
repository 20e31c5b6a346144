"""The connection, and a refusal in one clear sentence of every database the hub's promises would not hold on."""

import logging
import secrets
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, errors
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from scrm.clock import Clock
from scrm.errors import StartupError
from scrm.storage.codec import CODEC_OPTIONS, Document
from scrm.storage.shelf import Database

OLDEST = (7, 0)
CHECK = "startup_check"
# Seconds: what is refused, and what is said. A lease lasts twelve.
MOST_APART, _APART = 8.0, 1.5

_SELECTION_MS = 5_000
_CONNECT_MS = 5_000
# Longer than any query may take; a change stream answers at least once a second.
_SOCKET_MS = 30_000
_POOL = 64

Client = AsyncMongoClient[Document]

log = logging.getLogger(__name__)

ACKNOWLEDGED = WriteConcern("majority", j=True, wtimeout=20_000)


def connect(url: str) -> Client:
    """A client that connects at its first use. `retryWrites` is what the URL says. Raises StartupError."""
    try:
        return AsyncMongoClient(
            url,
            document_class=dict,
            tz_aware=True,
            tzinfo=CODEC_OPTIONS.tzinfo,
            serverSelectionTimeoutMS=_SELECTION_MS,
            connectTimeoutMS=_CONNECT_MS,
            socketTimeoutMS=_SOCKET_MS,
            waitQueueTimeoutMS=_SELECTION_MS,
            maxPoolSize=_POOL,
            appname="scrm",
        )
    except (errors.PyMongoError, ValueError) as error:
        raise StartupError(f"The database URL is not one MongoDB understands: {error}.") from error


def database_of(client: Client, name: str) -> Database:
    """Every read from the primary, every write acknowledged by the majority and journalled."""
    options: CodecOptions[Document] = CODEC_OPTIONS
    return client.get_database(
        name,
        codec_options=options,
        read_preference=ReadPreference.PRIMARY,
        write_concern=ACKNOWLEDGED,
        read_concern=ReadConcern("majority"),
    )


async def check_server(client: Client, url: str) -> None:
    """Raises StartupError when there is no server, or one the hub cannot stand on."""
    where = _address(url)
    try:
        hello: dict[str, Any] = await client.admin.command("hello")
        build: dict[str, Any] = await client.admin.command("buildInfo")
    except errors.OperationFailure as error:
        raise StartupError(
            f"The database at {where} refuses the hub: {_reason(error)}. Check user and password."
        ) from error
    except errors.PyMongoError as error:
        raise StartupError(
            f"No database answers at {where}: check SCRM_MONGODB_URL and that MongoDB is running there."
        ) from error
    version = tuple(build.get("versionArray", (0, 0)))[:2]
    if version < OLDEST and not is_embedded(build):
        raise StartupError(
            f"The MongoDB at {where} is version {build.get('version', 'unknown')}; the hub needs "
            f"{OLDEST[0]}.{OLDEST[1]} or newer."
        )
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartupError(
            f"The MongoDB at {where} is a standalone, which has no transactions and no change streams: start "
            'mongod with "--replSet rs0", run "rs.initiate()" once in mongosh, and put "?replicaSet=rs0" into '
            "SCRM_MONGODB_URL."
        )


async def check_clock(client: Client, clock: Clock) -> None:
    """Leases are compared by each machine's own clock, and their holders allow for three seconds (`flow/partitions`).
    Raises StartupError where it is further from the database's than a lease could bear."""
    asked = clock.now()
    try:
        told: datetime | None = (await client.admin.command("hello")).get("localTime")
    except errors.PyMongoError as error:
        raise StartupError(f"The database does not answer: {_reason(error)}.") from error
    if told is None:
        return
    said = told.replace(tzinfo=UTC)  # commands are answered with times without a zone, which are in this one
    # It read its clock somewhere between the question and the answer.
    apart = max((asked - said).total_seconds(), (said - clock.now()).total_seconds())
    if apart > MOST_APART:
        raise StartupError(
            f"This machine's clock and the database's are {apart:.0f} seconds apart; hubs that share a database would "
            "take each other's work. Set both by NTP."
        )
    if apart > _APART:
        log.warning("this machine's clock and the database's are %.1f seconds apart: set both by NTP", apart)


async def check_promises(database: Database) -> None:
    """Try what every guarantee rests on: a unique index refuses, a transaction that is aborted leaves nothing.
    Raises StartupError."""
    probe = database[CHECK]
    # Other processes may be starting too, so each tries with documents of its own.
    mine = secrets.token_hex(8)
    first, second, undone = (f"{mine}-{number}" for number in range(3))
    try:
        await probe.create_index("key", unique=True, name="key")
        await probe.insert_one({"_id": first, "key": mine})
        unique = False
        try:
            await probe.insert_one({"_id": second, "key": mine})
        except errors.DuplicateKeyError:
            unique = True
        async with database.client.start_session() as session:
            await session.start_transaction(ReadConcern("snapshot"), ACKNOWLEDGED)
            await probe.insert_one({"_id": undone, "key": undone}, session=session)
            await session.abort_transaction()
        wanted = {"_id": {"$in": [first, second, undone]}}
        left = [document["_id"] for document in await probe.find(wanted).to_list()]
        await probe.delete_many(wanted)
    except errors.PyMongoError as error:
        raise StartupError(f"The database does not do what the hub needs: {_reason(error)}.") from error
    if not unique or left != [first]:
        raise StartupError(
            "The database keeps unique keys or transactions otherwise than MongoDB; the hub would lose messages on it."
        )


def is_embedded(build: dict[str, Any]) -> bool:
    return "secantusVersion" in build


def _address(url: str) -> str:
    """The hosts of the URL, without user and password."""
    try:
        return ", ".join(f"{host}:{port}" for host, port in parse_uri(url, warn=False)["nodelist"])
    except errors.PyMongoError:
        return "the configured address"


def _reason(error: errors.PyMongoError) -> str:
    return str(error).partition(", full error")[0]
