"""A part of the search index: some messages, turned inside out, and never changed once written.

A segment is cut into pages, each a document of its own, so that a search reads only those that hold its keys:

    head            the first key of each dictionary page, and columns with what filters and ranking ask of a message
    dictionary      sorted keys; for each the numbers of the messages that hold it, two bytes each, ascending
    ids             the messages' ids and their conversations', by number

Keys begin with a letter that says what they are (`keys_of`). Pure; nothing here knows the database.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from sys import byteorder

import msgspec

from scrm.model.analysis import Sentiment
from scrm.model.message import MessageKind
from scrm.model.search import Indexed

LARGEST = 32_768
"""Messages in a segment: their numbers fit two bytes, and joining them stays well under a second."""

PAGE_BYTES = 16_384
IDS_A_PAGE = 1_024

WORD, PAIR, SINGLE, SOUND = "wpsy"
"""Kinds of keys: a word as cut, two Han characters side by side, one, and how two sound (that one lists pairs)."""

KINDS = tuple(MessageKind)
SENTIMENTS = (None, *Sentiment)

Ids = tuple[str, str]
"""Of a message and its conversation."""

HAN = ("\u3400", "\u9fff")


def is_han(character: str) -> bool:
    return HAN[0] <= character <= HAN[1]


class Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Columns are arrays of numbers, one for each message; `names` holds what channel, author and category point to,
    0 being nothing. seconds: of `at`, since 1970, UTC. marks: kind and sentiment in one."""

    keys: list[str]
    names: list[str]
    seconds: bytes
    channels: bytes
    authors: bytes
    categories: bytes
    marks: bytes


class Segment:
    """A segment held in memory whole: what `build` and `join` make."""

    def __init__(self, head: Head, pages: list[bytes], ids: list[bytes]) -> None:
        self.head = head
        self.pages = pages
        self.ids = ids

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of every page."""
        yield "head", msgspec.msgpack.encode(self.head)
        yield from ((page_name(number), page) for number, page in enumerate(self.pages))
        yield from ((ids_name(number), page) for number, page in enumerate(self.ids))


def page_name(number: int) -> str:
    return f"k{number}"


def ids_name(number: int) -> str:
    return f"i{number}"


def names_of(head: Head) -> list[str]:
    """Of every page beside the head."""
    count = -(-numbers(head.marks, "B").__len__() // IDS_A_PAGE)
    return [*(page_name(each) for each in range(len(head.keys))), *(ids_name(each) for each in range(count))]


# --- keys ----------------------------------------------------------------------------------------------------------


def keys_of(message: Indexed) -> set[str]:
    """What a message is found by, without the sounds, which are of the pairs and not of the message."""
    keys = {WORD + word for word in message.words}
    text = message.text
    for first, second in zip(text, f"{text}\n"[1:], strict=True):
        if is_han(first):
            keys.add(SINGLE + first)
            if is_han(second):
                keys.add(PAIR + first + second)
    return keys


@lru_cache(maxsize=1 << 16)
def sound(pair: str) -> str:
    from pypinyin import Style, lazy_pinyin  # as in `scrm.storage.grams`

    return "".join(lazy_pinyin(pair, style=Style.NORMAL, errors="ignore"))


# --- making --------------------------------------------------------------------------------------------------------


def build(messages: Sequence[Indexed]) -> Segment:
    """Of at most LARGEST messages."""
    found: defaultdict[str, array[int]] = defaultdict(lambda: array("H"))
    for number, message in enumerate(messages):
        for key in keys_of(message):
            found[key].append(number)
    entries = {key: packed(value) for key, value in found.items()}
    entries |= _sounds(key[1:] for key in found if key[0] == PAIR)
    names = _Names()
    head = Head(
        keys=[],
        names=names.all,
        seconds=packed(array("I", [max(0, int(message.at.timestamp())) for message in messages])),
        channels=packed(array("H", [names.number(message.channel_id) for message in messages])),
        authors=packed(array("H", [names.number(message.author) for message in messages])),
        categories=packed(array("H", [names.number(message.category) for message in messages])),
        marks=bytes(KINDS.index(each.kind) * len(SENTIMENTS) + SENTIMENTS.index(each.sentiment) for each in messages),
    )
    return _cut(head, entries, [(message.id, message.conversation_id) for message in messages])


def join(segments: Sequence[Segment]) -> Segment:
    """One segment of several; the messages keep their order."""
    names = _Names()
    entries: defaultdict[str, list[bytes]] = defaultdict(list)
    columns: defaultdict[str, list[bytes]] = defaultdict(list)
    ids: list[Ids] = []
    for segment in segments:
        offset, head = len(ids), segment.head
        for page in segment.pages:
            for key, value in read_page(page).items():
                entries[key].append(value if key[0] == SOUND or not offset else _moved(value, offset))
        moved = array("H", [0, *(names.number(name) for name in head.names)])
        for column in ("channels", "authors", "categories"):
            columns[column].append(packed(array("H", [moved[each] for each in numbers(getattr(head, column))])))
        columns["seconds"].append(head.seconds)
        columns["marks"].append(head.marks)
        ids += [id_ for page in segment.ids for id_ in read_ids(page)]
    joined = {key: _union(values) if key[0] == SOUND else b"".join(values) for key, values in entries.items()}
    head = Head(keys=[], names=names.all, **{name: b"".join(parts) for name, parts in columns.items()})
    return _cut(head, joined, ids)


def _cut(head: Head, entries: Mapping[str, bytes], ids: Sequence[Ids]) -> Segment:
    first: list[str] = []
    pages: list[bytes] = []
    page: list[tuple[str, bytes]] = []
    size = 0
    for key in sorted(entries):
        if page and size >= PAGE_BYTES:
            pages.append(msgspec.msgpack.encode(page))
            page, size = [], 0
        if not page:
            first.append(key)
        page.append((key, entries[key]))
        size += len(entries[key]) + 12
    if page:
        pages.append(msgspec.msgpack.encode(page))
    id_pages = [msgspec.msgpack.encode(ids[at : at + IDS_A_PAGE]) for at in range(0, len(ids), IDS_A_PAGE)]
    return Segment(msgspec.structs.replace(head, keys=first), pages, id_pages)


class _Names:
    """Numbers for names, from 1; 0 is no name."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._known: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        if name is None:
            return 0
        if name not in self._known:
            self.all.append(name)
            self._known[name] = len(self.all)
        return self._known[name]


def _sounds(pairs: Iterable[str]) -> dict[str, bytes]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if spoken := sound(pair):
            found[SOUND + spoken].append(pair)
    return {key: "".join(sorted(alike)).encode() for key, alike in found.items()}


def _union(values: Sequence[bytes]) -> bytes:
    return "".join(sorted({pair for value in values for pair in pairs_of(value)})).encode()


def pairs_of(value: bytes) -> list[str]:
    """Of a SOUND key: the pairs that sound so."""
    text = value.decode()
    return [text[at : at + 2] for at in range(0, len(text), 2)]


def _moved(value: bytes, offset: int) -> bytes:
    return packed(array("H", [each + offset for each in numbers(value)]))


# --- reading -------------------------------------------------------------------------------------------------------


def read_head(page: bytes) -> Head:
    return msgspec.msgpack.decode(page, type=Head)


def read_page(page: bytes) -> dict[str, bytes]:
    return dict(msgspec.msgpack.decode(page, type=list[tuple[str, bytes]]))


def read_ids(page: bytes) -> list[Ids]:
    return msgspec.msgpack.decode(page, type=list[Ids])


def page_of(head: Head, key: str) -> int | None:
    """The dictionary page a key is on, if it is in the segment at all."""
    place = bisect_right(head.keys, key) - 1
    return place if place >= 0 else None


def pages_of(head: Head, beginning: str) -> range:
    """The dictionary pages that may hold keys with this beginning."""
    first = max(0, bisect_right(head.keys, beginning) - 1)
    return range(first, bisect_left(head.keys, beginning + "\U0010ffff"))


def packed(values: "array[int]") -> bytes:
    """Little-endian, whatever the machine."""
    if byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def numbers(value: bytes, type_: str = "H") -> "array[int]":
    made = array(type_)
    made.frombytes(value)
    if byteorder == "big":
        made.byteswap()
    return made


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)
