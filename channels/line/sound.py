"""How long an M4A recording is: LINE wants to be told, and a browser's upload does not say. Pure.

Source: ISO/IEC 14496-12, 4.2 (boxes) and 8.2.2 (movie header)
"""

from collections.abc import Iterator

# A recording has a few boxes; a file made to be walked for ever has many.
MOST_BOXES = 64


def seconds(data: bytes) -> float | None:
    """None for what is none, or does not say."""
    movie = next((body for kind, body in _boxes(data) if kind == b"moov"), b"")
    header = next((body for kind, body in _boxes(movie) if kind == b"mvhd"), b"")
    wide = header[:1] == b"\x01"  # times of 64 bits
    at, width = (20, 8) if wide else (12, 4)
    if len(header) < at + 4 + width:
        return None
    scale = int.from_bytes(header[at : at + 4])
    length = int.from_bytes(header[at + 4 : at + 4 + width])
    return length / scale if scale and 0 < length < 1 << (8 * width - 1) else None


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of those side by side."""
    start = 0
    for _ in range(MOST_BOXES):
        size, head = int.from_bytes(data[start : start + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16]), 16
        elif size == 0:
            size = len(data) - start
        if size < head or start + size > len(data):
            return
        yield data[start + 4 : start + 8], data[start + head : start + size]
        start += size
