"""Readings of terms, kept from look to look. Pure.

What is kept is believed only where it is as many as the counts of that look say: readings come but do not change, and
a count and the readings behind it agree, so none is missing then.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from dashboards.monitor.bursts import Key
from scrm.ids import ChannelId
from scrm.model.base import Record
from scrm.model.topics import TermReading

# Readings kept of all terms together: some 30 MB.
MOST_KEPT = 20_000
MOST_BEFORE = 256

Place = tuple[Key, ChannelId | None]


class Before(Record, kw_only=True):
    """Of the messages before a window that say any of a topic's terms: how many, and the first with its name."""

    messages: int
    first_seen: datetime | None


class KeptReadings:
    def __init__(self) -> None:
        self._kept: OrderedDict[Place, Sequence[TermReading]] = OrderedDict()
        self._held = 0

    def said(self, place: Place, since: datetime, until: datetime, seen: int) -> list[TermReading] | None:
        """Newest first; None: not all `seen` of them are kept."""
        found = [reading for reading in self._kept.get(place, ()) if since <= reading.at <= until]
        if not found or len(found) != seen:
            return None
        self._kept.move_to_end(place)
        return found

    def keep(self, place: Place, readings: Sequence[TermReading]) -> None:
        self._held += len(readings) - len(self._kept.pop(place, ()))
        self._kept[place] = readings
        while self._held > MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._held -= len(oldest)

    def clear(self) -> None:
        self._kept.clear()
        self._held = 0
