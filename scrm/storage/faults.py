"""What the driver raises, in the hub's words: Duplicate, StoreUnavailable, or a bug."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo import errors

from scrm.errors import Duplicate, StoreUnavailable

DUPLICATE_KEY = 11000
WRITE_CONFLICT = 112
NO_SUCH_TRANSACTION = 251

# Codes that say "not now": shutting down, no primary, too slow, killed while waiting.
_PASSING_CODES = frozenset(
    {6, 7, 24, 43, 50, 89, 91, 112, 133, 134, 136, 189, 202, 237, 244, 251, 262, 317, 318, 358, 9001}
    | {10107, 11600, 11602, 13388, 13435, 13436}
)
_INDEX_NAME = re.compile(r"index: (\S+)")


class Conflicted(StoreUnavailable):
    """A transaction met another one. `Stores.transaction` runs its work again."""


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except errors.PyMongoError as error:
        raise translate(error) from error


def translate(error: errors.PyMongoError) -> Exception:
    """The hub's error for the driver's; the driver's own where it can only be a bug."""
    if isinstance(error, errors.BulkWriteError):
        faults = error.details.get("writeErrors") or []
        if faults and all(fault.get("code") == DUPLICATE_KEY for fault in faults):
            return Duplicate(_key_of(faults[0]))
        if error.has_error_label("TransientTransactionError") or any(
            fault.get("code") == WRITE_CONFLICT for fault in faults
        ):
            return Conflicted("another transaction was first")
        if error.details.get("writeConcernErrors"):
            return StoreUnavailable("the write was not confirmed by the majority")
        return error
    if isinstance(error, errors.DuplicateKeyError):
        return Duplicate(_key_of(error.details or {}))
    if isinstance(error, errors.ConnectionFailure):
        # Not `Conflicted`, though the driver labels it so: waiting for the database is the caller's choice.
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, errors.InvalidOperation) and "after close" in str(error):
        return StoreUnavailable("the connection is closed")
    if error.has_error_label("TransientTransactionError"):
        return Conflicted("another transaction was first")
    if isinstance(error, errors.OperationFailure):
        if isinstance(error, errors.CursorNotFound | errors.WTimeoutError | errors.ExecutionTimeout):
            return StoreUnavailable(type(error).__name__)
        if error.code == WRITE_CONFLICT:
            return Conflicted("another transaction was first")
        return StoreUnavailable(str(error.code)) if error.code in _PASSING_CODES else error
    return error


def _key_of(fault: Mapping[str, Any]) -> str:
    """The name of the index whose key is taken; servers name it only in the message."""
    found = _INDEX_NAME.search(str(fault.get("errmsg", "")))
    return found.group(1).rpartition(".")[2].lstrip("$") if found else "unknown"
