"""Small files for the demo's pictures and voices, made of arithmetic: no picture of anybody's is needed."""

import io
import math
import struct
import wave
import zlib
from random import Random

WIDTH, HEIGHT = 360, 270
RATE = 8000


def picture(random: Random) -> bytes:
    """A PNG: something that stands on a table in soft light."""
    warm, tone = random.randrange(150, 215), random.randrange(40, 150)
    left, right = random.randrange(90, 130), random.randrange(220, 280)
    top, radius = random.randrange(50, 100), random.randrange(14, 32)
    rows = bytearray()
    for y in range(HEIGHT):
        light = warm + (HEIGHT - y) * 30 // HEIGHT if y < 190 else warm - 45
        row = bytearray((light, light - 6, light - 16) * WIDTH)
        if top <= y < 215:
            shade = tone + (y - top) // 4
            body = bytes((shade, min(255, shade + 12), min(255, shade + 26)))
            row[left * 3 : right * 3] = body * (right - left)
            half = math.isqrt(max(0, radius**2 - (y - 130) ** 2))
            centre = (left + right) // 2
            row[(centre - half) * 3 : (centre + half) * 3] = bytes((235, 90, 70)) * (2 * half)
        rows += b"\0" + row
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


def voice(random: Random, seconds: float) -> bytes:
    """A WAV that hums up and down like speech behind a door."""
    pitch = random.uniform(110, 220)
    samples = bytearray()
    for number in range(int(RATE * seconds)):
        at = number / RATE
        loud = max(0.0, math.sin(at * 9)) * 40
        samples.append(128 + int(loud * math.sin(2 * math.pi * pitch * at + 3 * math.sin(at * 5))))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE)
        sound.writeframes(bytes(samples))
    return file.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
