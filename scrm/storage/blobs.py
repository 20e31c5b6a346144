"""Files in GridFS. A blob's id is its file name; writing again makes a newer revision, then removes the older ones, so
a reader always finds a whole file."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from bson import ObjectId
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import CorruptGridFile, NoFile

from scrm.errors import NotFound
from scrm.ports.services import BlobInfo
from scrm.storage.codec import text
from scrm.storage.faults import translated
from scrm.storage.shelf import Database, Index

BUCKET = "blobs"

# The driver would make these two at the first file.
INDEXES = (
    Index(collection=f"{BUCKET}.files", name="filename_1_uploadDate_1", keys=(("filename", 1), ("uploadDate", 1))),
    Index(
        collection=f"{BUCKET}.files",
        name="uploads",
        keys=(("metadata.uploaded", 1), ("uploadDate", 1)),
        partial={"metadata.uploaded": True},
    ),
    Index(collection=f"{BUCKET}.chunks", name="files_id_1_n_1", keys=(("files_id", 1), ("n", 1)), unique=True),
)


class MongoBlobs:
    def __init__(self, database: Database) -> None:
        self._bucket = AsyncGridFSBucket(database, bucket_name=BUCKET)
        self._files = database[f"{BUCKET}.files"]

    async def put(
        self, blob_id: str, data: bytes, media_type: str, file_name: str | None, *, uploaded: bool = False
    ) -> None:
        """Not inside a transaction: GridFS has none."""
        metadata: dict[str, Any] = {"media_type": text(media_type), "file_name": text(file_name) if file_name else None}
        if uploaded:
            metadata["uploaded"] = True
        with translated():
            # Only what stood before: of two that write at once neither removes the other's, or none would be left.
            older = await self._files.find({"filename": blob_id}, {"_id": 1}).to_list()
            upload = self._bucket.open_upload_stream_with_id(ObjectId(), blob_id, metadata=metadata)
            # Before each file the driver would read any one file and chunk to see whether the bucket is new, and the
            # embedded server reads them all for that. The indexes are there: `INDEXES` above.
            object.__setattr__(upload, "_ensured_index", True)
            async with upload:
                await upload.write(data)
            for file in older:
                await self._forget(file["_id"])

    async def info(self, blob_id: str) -> BlobInfo | None:
        with translated():
            files = await self._files.find({"filename": blob_id}).sort("uploadDate", -1).to_list()
        if not files:
            return None
        metadata = files[0].get("metadata") or {}
        return BlobInfo(
            size=int(files[0]["length"]), media_type=metadata.get("media_type", ""), file_name=metadata.get("file_name")
        )

    async def get(self, blob_id: str) -> bytes:
        return b"".join([chunk async for chunk in self.stream(blob_id)])

    async def stream(self, blob_id: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        with translated():
            try:
                file = await self._bucket.open_download_stream_by_name(blob_id)
                await file.seek(start)
                left = (file.length if stop is None else stop) - start
                while left > 0 and (chunk := (await file.readchunk())[:left]):
                    left -= len(chunk)
                    yield chunk
            except (NoFile, CorruptGridFile) as error:
                # Corrupt: a newer revision replaced this one while it was read.
                raise NotFound("There is no such file.") from error

    async def uploads(self, before: datetime, limit: int) -> list[str]:
        where = {"metadata.uploaded": True, "uploadDate": {"$lt": before}}
        with translated():
            files = await self._files.find(where, {"filename": 1}).sort("uploadDate", 1).limit(limit).to_list()
        return [file["filename"] for file in files]

    async def keep(self, blob_id: str) -> None:
        with translated():
            await self._files.update_many({"filename": blob_id}, {"$unset": {"metadata.uploaded": ""}})

    async def delete(self, blob_id: str) -> None:
        with translated():
            for file in await self._files.find({"filename": blob_id}, {"_id": 1}).to_list():
                await self._forget(file["_id"])

    async def _forget(self, revision: Any) -> None:
        try:
            await self._bucket.delete(revision)
        except NoFile:
            return
