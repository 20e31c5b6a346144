"""Lists by time, newest first, without reading more than a screen needs.

The embedded server reads every match before it sorts and cuts, so a list is read in slices of time, each wider than
the one before, until it is full. On MongoDB the same slices are short index scans.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from scrm.model.base import Record
from scrm.ports.stores import Page
from scrm.storage.shelf import Filter, Shelf

R = TypeVar("R", bound=Record)
Condition = dict[str, datetime]

# How far back from the newest each slice ends; what is older is the last slice. An empty slice costs one look at an
# index, a slice too wide costs every record in it.
REACHES = tuple(timedelta(hours=4**step) for step in range(6))  # an hour … 43 days


def slices(
    start: datetime, upper: Condition, *, oldest: datetime | None = None, reaches: Sequence[timedelta] = REACHES
) -> list[Condition]:
    """Conditions on the time field, newest slice first; together everything within `upper` and from `oldest` on."""
    conditions: list[Condition] = []
    for reach in reaches:
        lower = start - reach
        if oldest is not None and lower <= oldest:
            break
        conditions.append({**from_moment(lower), **upper})
        upper = {"$lt": lower}
    conditions.append(upper if oldest is None else {**from_moment(oldest), **upper})
    return conditions


def from_moment(moment: datetime) -> Condition:
    """That moment or later. Not `$gte`: beside an upper bound, over an index that descends, the embedded server leaves
    out what lies on the bound itself. Times are kept to the millisecond, so this says the same."""
    return {"$gt": moment - timedelta(milliseconds=1)}


async def newest_first(
    shelf: Shelf[R],
    bases: Sequence[Filter],
    at: str,
    *,
    now: datetime,
    after: Page | None,
    limit: int,
    residual: Filter | None = None,
    oldest: datetime | None = None,
    newest: datetime | None = None,
    reaches: Sequence[timedelta] = REACHES,
) -> list[R]:
    """Up to `limit` records that match any of `bases` (which must exclude each other), by (at, id) descending.

    bases: equalities that with `at` make an index. residual: further conditions, checked on what the index gives.
    now: only sets where the slices are cut; anything newer is found as well.
    oldest, newest: bounds, both included, of what can match at all.
    reaches: where slices end; none: one slice, because all that matches is wanted anyway, or nearly so.
    """
    rest = residual or {}
    found: list[R] = []
    if after is not None:
        # Several may share the millisecond of the last item; those after it by id come first.
        ties = [
            record
            for base in bases
            for record in await shelf.find_among({**base, at: after.at}, rest, sort=[("_id", -1)], limit=0)
        ]
        found = sorted((record for record in ties if _id(record) < after.id), key=_id, reverse=True)[:limit]
    if after is not None:
        start, upper = after.at, {"$lt": after.at}
    else:
        start, upper = now, {"$lte": newest} if newest else {}
    for condition in slices(start, upper, oldest=oldest, reaches=reaches):
        wanted = limit - len(found)
        if wanted <= 0:
            break
        piece: list[R] = []
        for base in bases:
            where = {**base, at: condition} if condition else base
            piece += await shelf.find_among(where, rest, sort=[(at, -1), ("_id", -1)], limit=wanted)
        piece.sort(key=lambda record: (getattr(record, at), _id(record)), reverse=True)
        found += piece[:wanted]
    return found


async def walk_newest(shelf: Shelf[R], base: Filter, at: str, *, now: datetime) -> AsyncIterator[R]:
    """Everything that matches, newest first; the caller stops when it has enough."""
    for condition in slices(now, {}):
        async for record in shelf.walk({**base, at: condition} if condition else base, sort=[(at, -1), ("_id", -1)]):
            yield record


def _id(record: Record) -> str:
    return str(record.id)  # type: ignore[attr-defined]
