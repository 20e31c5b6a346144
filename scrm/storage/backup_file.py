"""The file of a backup: what it looks like, writing it, and reading it without trusting it.

gzip of frames; a frame is one byte of kind, four bytes of length (big-endian), and that many bytes:

    H  header, JSON: format, version, hub, created_at, key_fingerprint, key (only when asked for; base64)
    C  a collection begins, JSON: name
    D  one document, BSON as the database holds it; files (GridFS) are ordinary documents
    E  the collection ends, JSON: name, documents, bytes, digest
    F  footer, JSON: collections, documents; a file without it was cut off

A digest is the sum modulo 2**256 of the SHA-256 of each document: it needs no order, so what a database gives back
can be compared with what was read from another.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from scrm.errors import StartupError
from scrm.model.base import Record

FORMAT = "scrm-backup"
VERSION = 1
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 4 * 1024 * 1024

_LARGEST = 16 * 1024 * 1024 + 16 * 1024  # MongoDB's bound of a document, and its slack for internal ones
MARK = "restore_in_progress"  # the collection that marks a database half restored; never in a file
_NAME = re.compile(rf"(?!system\.|{MARK}$)[A-Za-z0-9_.-]{{1,100}}")

Batch = tuple[str, list[bytes]]  # a collection's name and some of its documents


class Header(Record, kw_only=True):
    format: str
    version: int
    hub: str
    created_at: datetime
    key_fingerprint: str | None = None
    key: bytes | None = None


class Opening(Record, kw_only=True):
    name: str


class Total(Record, kw_only=True):
    name: str
    documents: int
    bytes: int
    digest: str


class Footer(Record, kw_only=True):
    collections: int
    documents: int


class Summary(Record, kw_only=True):
    """What a file holds. bytes: of the documents, uncompressed."""

    header: Header
    collections: dict[str, Total]

    @property
    def documents(self) -> int:
        return sum(total.documents for total in self.collections.values())

    @property
    def bytes(self) -> int:
        return sum(total.bytes for total in self.collections.values())


class Tally:
    def __init__(self) -> None:
        self.documents = 0
        self.bytes = 0
        self._sum = 0

    def add(self, raw: bytes) -> None:
        self.documents += 1
        self.bytes += len(raw)
        self._sum += int.from_bytes(hashlib.sha256(raw).digest())

    def total(self, name: str) -> Total:
        return Total(name=name, documents=self.documents, bytes=self.bytes, digest=f"{self._sum % 2**256:064x}")


def write(packed: gzip.GzipFile, kind: bytes, record: Record) -> None:
    _write_frame(packed, kind, msgspec.json.encode(record))


def write_batch(packed: gzip.GzipFile, batch: list[bytes], tally: Tally) -> None:
    for raw in batch:
        tally.add(raw)
        _write_frame(packed, b"D", raw)


def _write_frame(packed: gzip.GzipFile, kind: bytes, data: bytes) -> None:
    packed.write(kind + len(data).to_bytes(4) + data)


class Reader:
    """One pass over a file. Every fault of it is a StartupError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._summary: Summary | None = None

    def summary(self) -> Summary:
        """Only after `batches` has ended."""
        assert self._summary is not None
        return self._summary

    def batches(self) -> Iterator[Batch]:
        """A collection's name and some of its documents, until all are read and checked."""
        try:
            with gzip.open(self._path, "rb") as file:
                yield from self._collections(file)
        except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.MsgspecError, _Damaged) as error:
            raise StartupError(
                f"{self._path} is not a whole backup of this hub ({error}): nothing of it is used."
            ) from error
        except OSError as error:
            raise StartupError(f"{self._path} cannot be read: {error.strerror}.") from error

    def _collections(self, file: gzip.GzipFile) -> Iterator[Batch]:
        kind, data = _frame(file)
        _expect(kind == b"H", "it does not begin like one")
        header = msgspec.json.decode(data, type=Header)
        _expect(header.format == FORMAT, "it does not begin like one")
        if header.version > VERSION:
            raise StartupError(f"{self._path} was written by a newer hub ({header.hub}): restore it with that one.")
        totals: dict[str, Total] = {}
        while (frame := _frame(file))[0] == b"C":
            name = msgspec.json.decode(frame[1], type=Opening).name
            _expect(_NAME.fullmatch(name) is not None and name not in totals, "a wrong name")
            totals[name] = yield from self._documents(file, name)
        _expect(frame[0] == b"F", "a frame out of order")
        self._summary = Summary(header=header, collections=totals)
        footer = msgspec.json.decode(frame[1], type=Footer)
        _expect(footer == Footer(collections=len(totals), documents=self._summary.documents), "its sums differ")
        _expect(file.read(1) == b"", "something follows its end")

    def _documents(self, file: gzip.GzipFile, name: str) -> Generator[Batch, None, Total]:
        tally = Tally()
        batch: list[bytes] = []
        size = 0
        while (frame := _frame(file))[0] == b"D":
            tally.add(frame[1])
            batch.append(frame[1])
            size += len(frame[1])
            if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
                yield name, batch
                batch, size = [], 0
        _expect(frame[0] == b"E", "a frame out of order")
        total = tally.total(name)
        _expect(msgspec.json.decode(frame[1], type=Total) == total, f"the digest of {name} differs")
        if batch:
            yield name, batch
        return total


class _Damaged(Exception):
    pass


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _Damaged(otherwise)


def _frame(file: gzip.GzipFile) -> tuple[bytes, bytes]:
    head = file.read(5)
    _expect(len(head) == 5, "it was cut off")
    length = int.from_bytes(head[1:])
    _expect(length <= _LARGEST, "a frame too large")
    data = file.read(length)
    _expect(len(data) == length, "it was cut off")
    return head[:1], data
