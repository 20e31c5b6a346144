"""Who says what many say: readings of phrases, read once for all of them and kept from look to look.

In a burst thousands of messages say the same phrases, and the embedded database takes a tenth of a millisecond for
each message that it reads, whatever is asked of it. So they are read once and not for each phrase again, and at the
next look only what came since. What is kept is believed only where it is as many as the counted words say: readings
come but do not change, and a count and the readings behind it agree, so none is missing then.
"""

from datetime import timedelta
from heapq import nlargest

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.ids import MessageId
from scrm.model.topics import ReadingQuery, Sayers, TermReading
from scrm.ports.stores import Stores

# Readings kept: some 30 MB. A phrase that more say is counted where it is stored.
MOST_KEPT = 20_000
# Fewer are looked for where they are.
_MANY = 200
# All may have been counted anew, elsewhere, and come to the same number.
_BELIEVED_FOR = timedelta(minutes=10)


class Heard:
    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._kept: dict[str, dict[MessageId, TermReading]] = {}
        self._since = clock.now()

    async def sayers(self, query: ReadingQuery, seen: int) -> Sayers:
        """Of one term. seen: how many messages the query has, as words are counted."""
        if seen > MOST_KEPT:
            return await self._stores.topics.sayers(query)
        said = await self._readings(query, seen)
        people = {each.contact_id for each in said}
        return Sayers(people=len(people), first_at=min((each.at for each in said), default=None))

    async def newest(self, query: ReadingQuery, seen: int, most: int) -> list[TermReading]:
        """Newest first; as `sayers` otherwise."""
        if not _MANY <= seen <= MOST_KEPT:
            return await self._stores.topics.readings(query, after=None, limit=most)
        return nlargest(most, await self._readings(query, seen), key=lambda each: (each.at, each.id))

    async def _readings(self, query: ReadingQuery, seen: int) -> list[TermReading]:
        """All of them, in no order."""
        if self._clock.now() - self._since >= _BELIEVED_FOR:
            self._kept.clear()
            self._since = self._clock.now()
        found = self._among(query)
        if found and len(found) < seen:
            await self._read(replace(query, since=max(each.at for each in found)))
            found = self._among(query)
        return found if len(found) == seen else await self._read(query)

    async def _read(self, query: ReadingQuery) -> list[TermReading]:
        # A day that takes no more words has more readings than it counts.
        found = await self._stores.topics.readings(query, after=None, limit=2 * MOST_KEPT)
        if len({id_ for said in self._kept.values() for id_ in said} | {each.id for each in found}) > MOST_KEPT:
            self._kept.clear()
        for each in found:
            for term in each.terms:
                self._kept.setdefault(term, {})[each.id] = each
        return found

    def _among(self, query: ReadingQuery) -> list[TermReading]:
        (term,) = query.terms
        return [
            each
            for each in self._kept.get(term, {}).values()
            if query.since <= each.at <= query.until
            and each.counted_at <= query.as_of
            and query.channel_id in (None, each.channel_id)
            and query.sentiment in (None, each.sentiment)
        ]
