"""Pictures as phones make them: they draw, and they tell more than they show."""

import io
import struct
import zlib

import av

SECRET = b"GPS 31.2304 N, phone of Wang"


def png(width: int = 64, height: int = 40) -> bytes:
    """With a text, a time, and something behind its end."""
    rows = (b"\0" + bytes((200, 90, 160)) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"tEXt", SECRET), (b"IDAT", zlib.compress(rows)), (b"tIME", bytes(7)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts) + SECRET


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int = 64, height: int = 40) -> bytes:
    """With the data of a camera, a comment, and something behind its end."""
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.framerate = width, height, "yuvj420p", 1
    frame = av.VideoFrame(width, height, "yuvj420p")
    for number, plane in enumerate(frame.planes):
        plane.update(bytes((at * 7 + number * 90) % 256 for at in range(plane.buffer_size)))
    drawn = b"".join(bytes(packet) for packet in codec.encode(frame))
    return drawn[:2] + _segment(0xE1, b"Exif\0\0" + SECRET) + _segment(0xFE, SECRET) + drawn[2:] + SECRET


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def points(data: bytes, form: str) -> bytes:
    """What it shows, decoded. form: png_pipe or jpeg_pipe."""
    with av.open(io.BytesIO(data), "r", format=form) as opened:
        frame = next(opened.decode(video=0)).reformat(format="rgb24")
        return bytes(frame.planes[0])
