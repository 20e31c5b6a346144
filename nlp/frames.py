"""What hub and worker say to each other over two pipes: frames of four bytes of length and a msgpack value.

The first frame from the worker is `Hello`; then every `Ask` gets one `Told` with as many readings.
"""

import struct
from typing import BinaryIO

import msgspec

from scrm.model.analysis import Analysis
from scrm.model.base import Record

HEADER = struct.Struct(">I")
LIMIT = 16 * 1024 * 1024
"""Bytes of one frame. A chunk's readings stay far below; anything longer is a broken stream."""


class Hello(Record, kw_only=True):
    model: str


class Ask(Record, kw_only=True):
    texts: list[str]


class Told(Record, kw_only=True):
    """None: the reader raised on that text."""

    readings: list[Analysis | None]


def pack(value: Record) -> bytes:
    body = msgspec.msgpack.encode(value)
    return HEADER.pack(len(body)) + body


def read_blocking(stream: BinaryIO) -> bytes | None:
    """The next frame's body, or None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    if size > LIMIT:
        return None
    body = stream.read(size)
    return body if len(body) == size else None
