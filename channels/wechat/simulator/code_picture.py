"""What a simulated QR code looks like: the three corners and a pattern of its own. No telephone reads it."""

import hashlib
import struct
import zlib

MODULES, SCALE, QUIET = 29, 8, 4


def code_picture(ticket: str) -> bytes:
    """PNG, black on white."""
    seed = b"".join(hashlib.sha256(f"{ticket}/{number}".encode()).digest() for number in range(4))
    side = MODULES + 2 * QUIET
    rows = [[0 if _dark(x - QUIET, y - QUIET, seed) else 255 for x in range(side)] for y in range(side)]
    lines = b"".join((b"\0" + bytes(grey for grey in row for _ in range(SCALE))) * SCALE for row in rows)
    head = struct.pack(">IIBBBBB", side * SCALE, side * SCALE, 8, 0, 0, 0, 0)
    parts = [_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(lines)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _dark(x: int, y: int, seed: bytes) -> bool:
    if not (0 <= x < MODULES and 0 <= y < MODULES):
        return False
    for left, top in ((0, 0), (MODULES - 7, 0), (0, MODULES - 7)):
        across, down = x - left, y - top
        if -1 <= across <= 7 and -1 <= down <= 7:
            ring = max(abs(across - 3), abs(down - 3))
            return ring in (0, 1, 3)
    place = y * MODULES + x
    return bool(seed[place // 8 % len(seed)] >> place % 8 & 1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
