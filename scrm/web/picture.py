"""An agent's picture, made fit to be shown to strangers.

Promise: what is kept is a PNG or JPEG of bounded size that says nothing but its points. Where and when it was taken,
with which phone, thumbnails, comments, and whatever stands behind its end are left out. Nothing is decoded here.
"""

import struct
from collections.abc import Iterator

from scrm.errors import Invalid
from scrm.model.base import Record

MAX_BYTES = 512 * 1024
LEAST_SIDE, MOST_SIDE = 16, 1024

_PNG = b"\x89PNG\r\n\x1a\n"
# What draws (PNG specification, section 5): size, palette, points, end, and what decides how colours look.
_DRAWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB"})
# Of JPEG (ITU-T T.81, table B.1): frames (but not DHT, JPG and DAC, which share their range), scans and their end.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
# Frames, tables, restarts, and APP14, without which some colours are read wrong.
_KEPT = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDD, 0xEE, _SCAN}


class Picture(Record, kw_only=True):
    """sides: width and height in points."""

    data: bytes
    media_type: str
    sides: tuple[int, int]


def cleaned(data: bytes) -> Picture:
    """Raises Invalid: no PNG or JPEG, broken, or too small or large in points."""
    try:
        if data.startswith(_PNG):
            found = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        else:
            raise Invalid("a picture is a PNG or JPEG file", field="file")
    except (IndexError, ValueError, struct.error) as error:
        raise Invalid("this picture is broken", field="file") from error
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in found.sides):
        raise Invalid(f"a picture has {LEAST_SIDE} to {MOST_SIDE} points a side", field="file")
    return found


def _png(data: bytes) -> Picture:
    parts, sides = [_PNG], (0, 0)
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        whole = data[at : at + 12 + length]
        if len(whole) < 12 + length or (at == len(_PNG)) is not (kind == b"IHDR"):
            raise ValueError("a chunk is cut off, or out of its place")
        if kind == b"IHDR":
            sides = struct.unpack_from(">II", whole, 8)
        if kind in _DRAWS:
            parts.append(whole)
        at += len(whole)
    return Picture(data=b"".join(parts), media_type="image/png", sides=sides)


def _jpeg(data: bytes) -> Picture:
    parts, sides = [b"\xff\xd8"], (0, 0)
    for marker, whole in _segments(data):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", whole, 5)
            sides = width, height
        if marker in _KEPT:
            parts.append(whole)
    parts.append(bytes((0xFF, _END)))
    return Picture(data=b"".join(parts), media_type="image/jpeg", sides=sides)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Up to the end of the picture; a scan with the points that follow it."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker where one must be")
        while data[at + 1] == 0xFF:  # filling
            at += 1
        marker = data[at + 1]
        if marker == _END:
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end > len(data) or end < at + 4:
            raise ValueError("a segment is cut off")
        if marker == _SCAN:
            end = _after_points(data, end)
        yield marker, data[at:end]
        at = end


def _after_points(data: bytes, at: int) -> int:
    """Where the next marker stands. Within points FF is followed by 00, or begins one of the eight restart marks."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at
