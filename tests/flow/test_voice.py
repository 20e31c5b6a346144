"""Recordings are measured and decoded; whatever a stranger sends as one hurts nobody."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from scrm.flow import voice

SECOND = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50


def test_how_long_a_recording_is() -> None:
    assert voice.seconds(SECOND) == 1.0
    assert voice.seconds(b"#!AMR-WB\n" + (b"\x04" + bytes(17)) * 25) == 0.5
    for broken in (b"", b"#!AMR\n", SECOND[:-1], SECOND + b"\x3c", b"ID3" + bytes(99), SECOND * 2000):
        assert voice.seconds(broken) is None


@given(st.binary(max_size=300))
def test_anything_can_be_measured(data: bytes) -> None:
    for head in voice.FRAMES:
        length = voice.seconds(head + data)
        assert length is None or 0 < length < 7


async def test_a_recording_becomes_one_that_browsers_play() -> None:
    made = await voice.Voices().playable(SECOND)
    assert made is not None
    assert made.media_type == "audio/mpeg"
    assert made.data[:2] in (b"\xff\xfb", b"\xff\xf3")


async def test_what_is_none_or_too_long_is_left_alone() -> None:
    voices = voice.Voices()
    over = b"#!AMR\n" + (b"\x3c" + bytes(31)) * (62 * 50)
    for data in (b"#!AMR\n" + b"\x7f" * 100, over, b"RIFF" + SECOND):
        assert await voices.playable(data) is None


async def test_a_decoder_that_fails_or_hangs_leaves_no_copy(monkeypatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    voices = voice.Voices()
    for name, program in {
        "dies": "raise SystemExit(3)",
        "lies": "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\x09short')",
        "hangs": "import time; time.sleep(60)",
    }.items():
        script = tmp_path / f"{name}.py"
        script.write_text(program)
        monkeypatch.setattr(voice, "DECODER", script)
        monkeypatch.setattr(voice, "PATIENCE_SECONDS", 0.3 if name == "hangs" else 20.0)
        async with asyncio.timeout(30):
            assert await voices.playable(SECOND) is None
