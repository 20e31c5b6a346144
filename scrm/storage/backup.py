"""A whole workspace to one file and back, between databases and versions; in constant memory, verified both ways.

`restore` reads the whole file before it writes anything, writes only into an empty database, reads everything back and
compares counts and digests. Until that is done a mark stands in the database, `refuse_half_restored` keeps the hub
from serving it, and the next `restore` begins again. The form of the file: `backup_file`.
"""

import asyncio
import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from scrm import __version__
from scrm.clock import Clock
from scrm.errors import StartupError, StoreUnavailable
from scrm.model.incidents import TargetState
from scrm.model.work import OutboxState
from scrm.storage import client
from scrm.storage.alerts import TARGETS
from scrm.storage.backup_file import (
    BATCH_BYTES,
    BATCH_DOCUMENTS,
    FORMAT,
    MARK,
    VERSION,
    Batch,
    Footer,
    Header,
    Opening,
    Reader,
    Summary,
    Tally,
    Total,
    write,
    write_batch,
)
from scrm.storage.work import OUTBOX

_SNAPSHOT_TOO_OLD = 239
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_SAFE = WriteConcern("majority", j=True)

Progress = Callable[[str, int, int], None]  # what is done now, documents so far, about how many there are
Database = AsyncDatabase[dict[str, Any]]


def fingerprint(key: bytes | None) -> str | None:
    """Names a sealing key without giving it away."""
    return None if key is None else hashlib.sha256(b"scrm key\0" + key).hexdigest()[:16]


@asynccontextmanager
async def connect(url: str, name: str) -> AsyncIterator[Database]:
    """Raises StartupError when there is no server, or one the hub cannot stand on."""
    opened = client.connect(url)
    try:
        await client.check_server(opened, url)
        yield opened[name]
    finally:
        await opened.close()


async def refuse_half_restored(database: Database) -> None:
    """Raises StartupError when a restore into this database was begun and not finished."""
    if await database[MARK].find_one({"_id": "restore"}) is not None:
        raise StartupError("A restore into this workspace was interrupted: run `scrm restore` again to complete it.")


async def backup(
    database: Database,
    path: Path,
    *,
    clock: Clock,
    progress: Progress = lambda step, done, total: None,
    key: bytes | None = None,
    include_key: bool = False,
) -> Summary:
    """Write everything in the database to a new file, which appears only when it is whole.

    All of it as of one moment where the database offers that (MongoDB); the embedded one does not, so nothing must
    write meanwhile. key: the sealing key, named by its fingerprint, and included only when asked for.
    Raises StartupError, StoreUnavailable.
    """
    header = Header(
        format=FORMAT,
        version=VERSION,
        hub=__version__,
        created_at=clock.now(),
        key_fingerprint=fingerprint(key),
        key=key if include_key else None,
    )
    partial = path.with_name(path.name + ".partial")
    try:
        _create(path, partial)
        try:
            with partial.open("wb") as file:
                with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
                    summary = await _write_all(database, packed, header, progress)
                await asyncio.to_thread(_flush, file)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise StartupError(f"{path} cannot be written: {error.strerror}.") from error
    except OperationFailure as error:
        if error.code == _SNAPSHOT_TOO_OLD:
            raise StartupError(
                "The backup took longer than the database keeps its history: raise the server parameter "
                "minSnapshotHistoryWindowInSeconds (300 by default) and run it again."
            ) from error
        raise StoreUnavailable(str(error)) from error
    except PyMongoError as error:
        raise StoreUnavailable(type(error).__name__) from error
    return summary


async def restore(
    database: Database, path: Path, *, clock: Clock, progress: Progress = lambda step, done, total: None
) -> Summary:
    """Fill an empty database from a file. Raises StartupError (nothing was written, or the mark stands),
    StoreUnavailable (the mark stands)."""
    summary = await inspect(path, progress)
    try:
        await _make_room(database)
        await database.get_collection(MARK, write_concern=_SAFE).replace_one(
            {"_id": "restore"}, {"started_at": clock.now(), "backup_of": summary.header.created_at}, upsert=True
        )
        await _load(database, path, summary, progress)
        await _compare(database, summary, progress)
        await _hold_replies(database, summary)
        await database.drop_collection(MARK)
    except PyMongoError as error:
        raise StoreUnavailable(type(error).__name__) from error
    return summary


async def inspect(path: Path, progress: Progress = lambda step, done, total: None) -> Summary:
    """Read a file to its end and check every count and digest. Raises StartupError when it is not whole."""
    reader = Reader(path)
    done = 0
    async for _, batch in _in_thread(reader.batches()):
        done += len(batch)
        progress("checking the file", done, done)
    return reader.summary()


async def _write_all(database: Database, packed: gzip.GzipFile, header: Header, progress: Progress) -> Summary:
    write(packed, b"H", header)
    totals: dict[str, Total] = {}
    async with database.client.start_session(snapshot=True) as session:
        names = [name for name in sorted(await database.list_collection_names()) if _is_ours(name)]
        about = sum([await database[name].estimated_document_count() for name in names])
        done = 0
        for name in names:
            write(packed, b"C", Opening(name=name))
            tally = Tally()
            async for batch in _read(database[name], session):
                await asyncio.to_thread(write_batch, packed, batch, tally)
                done += len(batch)
                progress(f"backing up {name}", done, about)
            totals[name] = tally.total(name)
            write(packed, b"E", totals[name])
    summary = Summary(header=header, collections=totals)
    write(packed, b"F", Footer(collections=len(totals), documents=summary.documents))
    return summary


async def _read(
    collection: AsyncCollection[dict[str, Any]], session: AsyncClientSession | None = None
) -> AsyncIterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    async with collection.with_options(codec_options=_RAW).find({}, session=session, batch_size=500) as cursor:
        async for document in cursor:
            batch.append(bytes(document.raw))
            size += len(document.raw)
            if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


async def _make_room(database: Database) -> None:
    """Raises StartupError unless the database is empty or holds only what an interrupted restore left."""
    names = [name for name in await database.list_collection_names() if _is_ours(name)]
    if await database[MARK].find_one({"_id": "restore"}) is None:
        for name in names:
            if await database[name].find_one({}, {"_id": 1}) is not None:
                raise StartupError(
                    f"The workspace is not empty (there is something in {name}): restore into a new data folder "
                    "(--data) or another database (--mongodb-database), before its first `scrm up`."
                )
    for name in names:  # empty ones too: their indexes could delete documents while they are counted
        await database.drop_collection(name)


async def _load(database: Database, path: Path, expected: Summary, progress: Progress) -> None:
    reader = Reader(path)
    done = 0
    async for name, batch in _in_thread(reader.batches()):
        collection = database.get_collection(name, codec_options=_RAW, write_concern=_SAFE)
        await collection.insert_many([RawBSONDocument(raw) for raw in batch], ordered=False)
        done += len(batch)
        progress(f"restoring {name}", done, expected.documents)
    if reader.summary() != expected:
        raise StartupError(f"{path} changed while it was restored: run `scrm restore` again.")


async def _hold_replies(database: Database, restored: Summary) -> None:
    """What waited to be sent when the backup was made may have been sent since: its outcome is unknown, an agent
    decides. An entry found in `sending` becomes just that when the hub starts; an approved reply that had not come to a
    conversation yet is not taken on there, and its incident says so."""
    refused = {"state": str(TargetState.REFUSED), "code": "restored"}
    for name, waiting, held in (
        (OUTBOX, str(OutboxState.WAITING), {"state": str(OutboxState.SENDING)}),
        (TARGETS, str(TargetState.WAITING), refused),
    ):
        if name in restored.collections:
            await database[name].update_many({"state": waiting}, {"$set": held})


async def _compare(database: Database, expected: Summary, progress: Progress) -> None:
    done = 0
    for name, total in expected.collections.items():
        tally = Tally()
        async for batch in _read(database[name]):
            for raw in batch:
                tally.add(raw)
            done += len(batch)
            progress(f"verifying {name}", done, expected.documents)
        if tally.total(name) != total:
            raise StartupError(
                f"The database did not keep {name} as the backup has it ({tally.documents} of {total.documents} "
                "documents, or another digest). The workspace stays closed; run `scrm restore` again."
            )


def _is_ours(name: str) -> bool:
    return not name.startswith("system.") and name != MARK


def _create(path: Path, partial: Path) -> None:
    if path.exists():
        raise StartupError(f"{path} exists already: give another name.")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600, exist_ok=False)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


async def _in_thread(batches: Iterator[Batch]) -> AsyncIterator[Batch]:
    """Unpacking and hashing off the event loop, a batch at a time."""
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        yield batch
