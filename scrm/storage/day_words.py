"""What was said on a day, as volumes of terms count it, in the form in which it is folded."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from scrm.model.analysis import Sentiment
from scrm.model.topics import DayWords
from scrm.storage.codec import Document, unescape

# Longer than words are kept.
MOST_KEPT = 80
# From the beginning of a day until nothing more of it is awaited. One that changes after all is counted again.
SETTLED = timedelta(hours=26)
_NEGATIVE = f"|{Sentiment.NEGATIVE}"
_NOTHING = DayWords(messages=0, negative=0, terms={})


class Said:
    """By channel, and of all of them."""

    def __init__(self, channels: Mapping[str, DayWords]) -> None:
        self.channels = channels
        self._all: DayWords | None = None

    def of(self, channel_id: str | None) -> DayWords:
        if channel_id is not None:
            return self.channels.get(channel_id, _NOTHING)
        if self._all is None:
            self._all = together(list(self.channels.values()))
        return self._all


class Folded:
    _decoder = msgspec.msgpack.Decoder(dict[str, DayWords])

    def fold(self, made: Said) -> bytes:
        return msgspec.msgpack.encode(made.channels)

    def unfold(self, day: str, folded: bytes) -> Said:
        return Said({channel_id: _one_text(words) for channel_id, words in self._decoder.decode(folded).items()})


def name_of(day: datetime) -> str:
    """Of the day that begins then; in the order of days."""
    return f"{day.astimezone(UTC):%Y-%m-%dT%H:%M}"


def day_of(name: str) -> datetime:
    return datetime.fromisoformat(name).replace(tzinfo=UTC)


def said(names: Sequence[str], volumes: Iterable[Document]) -> dict[str, Said]:
    found: dict[str, dict[str, DayWords]] = {name: {} for name in names}
    for volume in volumes:
        if (name := name_of(volume["start"])) in found:
            found[name][volume["channel_id"]] = _words(volume)
    return {name: Said(channels) for name, channels in found.items()}


def together(days: Sequence[DayWords]) -> DayWords:
    if len(days) == 1:
        return days[0]
    terms: dict[str, int] = {}
    for day in days:
        for term, packed in day.terms.items():
            terms[term] = terms.get(term, 0) + packed
    return DayWords(messages=sum(day.messages for day in days), negative=sum(day.negative for day in days), terms=terms)


def _words(volume: Document) -> DayWords:
    packed = _packed(volume.get("messages", {}))
    terms = {sys.intern(unescape(term)): _packed(cells) for term, cells in volume.get("terms", {}).items()}
    return DayWords(messages=packed & 0xFFFFFFFF, negative=packed >> 32, terms=terms)


def _packed(cells: Mapping[str, int]) -> int:
    return sum(count * (1 + (1 << 32)) if cell.endswith(_NEGATIVE) else count for cell, count in cells.items())


def _one_text(words: DayWords) -> DayWords:
    """The same with texts that all days share: they say much the same words."""
    terms = {sys.intern(term): packed for term, packed in words.terms.items()}
    return DayWords(messages=words.messages, negative=words.negative, terms=terms)
