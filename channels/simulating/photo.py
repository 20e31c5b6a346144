"""A photo as simulated customers send it: a cup on a table, made of arithmetic. Small, and something to look at.

`photo.png` beside this file was written by `python -m channels.simulating.photo`.
"""

import struct
import zlib
from pathlib import Path

PATH = Path(__file__).with_name("photo.png")
WIDTH, HEIGHT = 240, 180
PHOTO = PATH.read_bytes()


def write() -> None:
    rows = b"".join(b"\0" + bytes(value for x in range(WIDTH) for value in _point(x, y)) for y in range(HEIGHT))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    PATH.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )
    )


def _point(x: int, y: int) -> tuple[int, int, int]:
    """The handle, the cup, and the wall and the table behind them."""
    if 18**2 <= (x - 158) ** 2 + (y - 98) ** 2 < 26**2 and x > 150:
        return (214, 92, 66)
    if 84 <= x < 156 and 62 <= y < 136:
        shade = abs(x - 112) // 2
        return (232 - shade, 104 - shade, 76 - shade)
    light = 228 - y // 4 if y < 120 else 168 - y // 6
    return (light, light - 8, light - 22)


if __name__ == "__main__":
    write()
