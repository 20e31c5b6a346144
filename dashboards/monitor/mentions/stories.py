"""What began the stories of the last two weeks, by the keys under which alike texts meet; in memory.

A copy of what the store holds: neither server answers quickly which of many documents share one of a thousand keys.
Each batch reads what was fetched since the last one, by whichever process; the texts themselves stay in the store and
are read only where keys meet. Bounded: of more than `MOST` stories the oldest are forgotten.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dashboards.monitor.mentions import near
from dashboards.monitor.mentions.near import Fold
from scrm.ids import MentionId
from scrm.model.mentions import First, Mention
from scrm.ports.stores import Stores

STORY = timedelta(days=14)
MOST = 20_000
# Texts read for one mention that is sorted in.
MOST_MET = 20
_PAGE = 5_000
# Clocks of several machines differ.
_OVERLAP = timedelta(minutes=2)


class Stories:
    def __init__(self, stores: Stores, fold: Fold) -> None:
        self._stores = stores
        self._fold = fold
        self._firsts: OrderedDict[MentionId, First] = OrderedDict()
        self._by_gram: defaultdict[str, set[MentionId]] = defaultdict(set)
        self._read_until: datetime | None = None

    async def refresh(self, now: datetime) -> None:
        since = now - STORY if self._read_until is None else self._read_until - _OVERLAP
        while True:
            found = await self._stores.mentions.firsts(since, _PAGE)
            for first in found:
                self._add(first)
            if len(found) < _PAGE or found[-1].fetched_at <= since:
                break
            since = found[-1].fetched_at
        self._read_until = now

    async def fitting(self, mentions: Sequence[Mention]) -> Mapping[MentionId, list[Mention]]:
        """For each, what began a story and shares a key with it."""
        met: dict[MentionId, list[MentionId]] = {}
        for mention in mentions:
            ids = {id_ for gram in mention.grams for id_ in self._by_gram.get(gram, ())} - {mention.id}
            at = mention.published_at
            close = sorted((abs(self._firsts[id_].published_at - at), id_) for id_ in ids)
            met[mention.id] = [id_ for away, id_ in close if away <= STORY][:MOST_MET]
        texts = await self._stores.mentions.get_many({id_ for ids in met.values() for id_ in ids})
        return {id_: [texts[each] for each in ids if each in texts] for id_, ids in met.items()}

    def repeated(self, mention: Mention, firsts: Sequence[Mention]) -> Mention | None:
        """The oldest of these that says nearly the same."""
        if not mention.grams:
            return None
        pieces, grams = self._pieces(mention), set(mention.grams)
        for first in sorted(firsts, key=by_time):
            if not grams.isdisjoint(first.grams) and near.alike(pieces, self._pieces(first)):
                return first
        return None

    def _pieces(self, mention: Mention) -> frozenset[str]:
        return near.pairs(near.passed_on(mention.text)[0], self._fold)

    def _add(self, first: First) -> None:
        if first.id in self._firsts or not first.grams:
            return
        self._firsts[first.id] = first
        for gram in first.grams:
            self._by_gram[gram].add(first.id)
        if len(self._firsts) > MOST:
            _, oldest = self._firsts.popitem(last=False)
            for gram in oldest.grams:
                self._by_gram[gram].discard(oldest.id)
                if not self._by_gram[gram]:
                    del self._by_gram[gram]


def by_time(mention: Mention) -> tuple[datetime, str]:
    return mention.published_at, mention.id
