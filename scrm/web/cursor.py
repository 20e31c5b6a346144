"""Where a list goes on, as callers see it: an opaque word. Inside it is a `Page`, the sort key of the last item."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from scrm.errors import Invalid
from scrm.ports.stores import Page

T = TypeVar("T")
_MAX = 300


def encode(page: Page) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(page)).rstrip(b"=").decode()


def decode(cursor: str | None, *, field: str = "after") -> Page | None:
    """Raises Invalid on what `encode` never gave."""
    if cursor is None:
        return None
    try:
        if len(cursor) > _MAX:
            raise ValueError("too long")
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        page = msgspec.json.decode(raw, type=Page)
        if page.at.tzinfo is None or len(page.id) > 64:
            raise ValueError("no page")
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise Invalid("not a cursor this list gave", field=field) from error
    return page


def cut(found: Sequence[T], limit: int, key: Callable[[T], Page]) -> tuple[list[T], str | None]:
    """The page out of `limit + 1` items asked for, and the cursor of the next one if there is more."""
    items = list(found[:limit])
    return items, encode(key(items[-1])) if len(found) > limit else None
