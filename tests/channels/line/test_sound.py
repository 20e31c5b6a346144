"""The length of recordings, as their movie header says it."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.line.sound import seconds


def box(kind: bytes, body: bytes, *, wide: bool = False) -> bytes:
    return (
        struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
        if wide
        else struct.pack(">I4s", len(body) + 8, kind) + body
    )


def header(scale: int, length: int, *, wide: bool = False) -> bytes:
    return (
        bytes([1, 0, 0, 0]) + struct.pack(">QQIQ", 0, 0, scale, length)
        if wide
        else bytes(4) + struct.pack(">IIII", 0, 0, scale, length)
    )


FILE = box(b"ftyp", b"M4A ") + box(b"free", b"") + box(b"moov", box(b"udta", b"x") + box(b"mvhd", header(600, 900)))


@pytest.mark.parametrize(
    "data, length",
    [
        (FILE, 1.5),
        (box(b"ftyp", b"M4A ") + box(b"moov", box(b"mvhd", header(1000, 61_000, wide=True)), wide=True), 61.0),
        (struct.pack(">I4s", 0, b"moov") + box(b"mvhd", header(600, 600)), 1.0),  # to the end of the file
        (box(b"moov", box(b"mvhd", header(0, 900))), None),
        (box(b"moov", box(b"mvhd", header(600, 0))), None),
        (box(b"moov", box(b"mvhd", header(600, 2**32 - 1))), None),  # "cannot be determined"
        (box(b"moov", box(b"mvhd", b"\x00" * 8)), None),
        (FILE[:-3], None),
        (box(b"free", b"") * 100 + FILE, None),
        (b"ID3", None),
        (b"", None),
    ],
)  # fmt: skip
def test_a_recording_says_how_long_it_is(data: bytes, length: float | None) -> None:
    assert seconds(data) == length


def test_ffmpegs_recordings_are_read() -> None:
    av = pytest.importorskip("av")
    made = io.BytesIO()
    with av.open(made, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for place in range(20):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.planes[0].update(bytes(4096))
            frame.sample_rate, frame.pts = 16_000, place * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert seconds(made.getvalue()) == pytest.approx(20 * 1024 / 16_000, abs=0.1)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FILE)), st.binary(max_size=12), st.integers(0, 12))
def test_nothing_breaks_it(at: int, filling: bytes, cut: int) -> None:
    found = seconds(FILE[:at] + filling + FILE[at + cut :])
    assert found is None or found > 0
