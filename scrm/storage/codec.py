"""Records to documents and back.

A document is the record with `id` as `_id`, enums as values, times as aware UTC datetimes. A field that is None or an
empty list or map is left out: documents stay small, and a sparse index sees only those that have the field.
What comes from outside may hold what BSON or a server refuses (a lone surrogate, a key with a dot, a dollar or a NUL);
such text is replaced or escaped here, so that no customer can make a write fail.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, get_origin

import msgspec
from bson.codec_options import CodecOptions

from scrm.model.base import Record

R = TypeVar("R", bound=Record)
Document = dict[str, Any]

CODEC_OPTIONS: CodecOptions[Document] = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)

_KEPT = (datetime, bytes)
_EMPTY: tuple[Any, ...] = (None, [], (), {})
_ESCAPES = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Codec(Generic[R]):
    def __init__(self, type_: type[R]) -> None:
        self._type = type_
        fields = msgspec.structs.fields(type_)
        self._has_id = any(field.name == "id" for field in fields)
        self._maps = tuple(field.name for field in fields if get_origin(field.type) is dict)
        # A field without default must be found again, so it is written even when it is empty.
        self._required = frozenset(field.name for field in fields if field.required)

    def encode(self, record: R) -> Document:
        document: Document = {}
        for name, value in msgspec.to_builtins(record, builtin_types=_KEPT).items():
            if value in _EMPTY and name not in self._required:
                continue
            document[name] = _clean(value)
        for name in self._maps:
            if name in document:
                document[name] = {escape(key): value for key, value in document[name].items()}
        if self._has_id:
            document["_id"] = document.pop("id")
        return document

    def decode(self, document: Document) -> R:
        """Fields the record does not have (sort keys, terms) are ignored."""
        if self._has_id:
            document["id"] = document["_id"]
        for name in self._maps:
            stored = document.get(name)
            if stored and any("%" in key for key in stored):
                document[name] = {unescape(key): value for key, value in stored.items()}
        return msgspec.convert(document, self._type, builtin_types=_KEPT)

    def decode_all(self, documents: Iterable[Document]) -> list[R]:
        return [self.decode(document) for document in documents]


def part(record: Record) -> Document:
    """A record that stands inside a document."""
    cleaned: Document = _clean(msgspec.to_builtins(record, builtin_types=_KEPT))
    return cleaned


def text(value: str) -> str:
    """`value` as BSON can hold it: lone surrogates become the replacement character."""
    if value.isascii() or not _SURROGATE.search(value):
        return value
    # By way of UTF-16, which joins two halves of a pair that came apart.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escape(key: str) -> str:
    if key.isalnum():
        return key
    for raw, escaped in _ESCAPES.items():
        key = key.replace(raw, escaped)
    return text(key)


def unescape(key: str) -> str:
    if "%" not in key:
        return key
    for raw, escaped in reversed(_ESCAPES.items()):
        key = key.replace(escaped, raw)
    return key


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
