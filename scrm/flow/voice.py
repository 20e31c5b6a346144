"""Recordings that browsers do not play (AMR, the voice of WeChat) get a copy that they do.

The decoder runs in a process of its own with bounded memory, time and output, so that a file made to hurt it hurts
nobody; it is an extra (`scrm-hub[voice]`). Without it, or where it fails, the recording can be downloaded and its
length is known all the same.
"""

import asyncio
import importlib.util
import struct
import sys
from pathlib import Path

import structlog

from scrm.clock import end_tasks
from scrm.model.base import Record

log = structlog.get_logger(__name__)

# WeChat's voices: at most 60 seconds and 2 MB (Asset_Management/New_temporary_materials.html); a second of slack.
LONGEST_SECONDS = 61.0
LARGEST_BYTES = 2 * 1024 * 1024
PATIENCE_SECONDS = 20.0
DECODER = Path(__file__).with_name("voice_decoder.py")
# Bytes of a frame of 20 ms after its head, by its type: RFC 4867, section 5.3; 3GPP TS 26.101 and 26.201. -1: no such.
FRAMES = {
    b"#!AMR\n": (12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0),
    b"#!AMR-WB\n": (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0),
}


class Playable(Record, kw_only=True):
    data: bytes
    media_type: str = "audio/mpeg"


def seconds(data: bytes) -> float | None:
    """How long an AMR recording is; None for what is none, or is broken. Pure."""
    head = next((head for head in FRAMES if data.startswith(head)), None)
    if head is None or len(data) > LARGEST_BYTES:
        return None
    sizes, place, frames = FRAMES[head], len(head), 0
    while place < len(data):
        size = sizes[data[place] >> 3 & 15]
        if size < 0:
            return None
        place += 1 + size
        frames += 1
    return frames / 50 if place == len(data) and frames else None


class Voices:
    def __init__(self) -> None:
        self._able = importlib.util.find_spec("av") is not None
        # One at a time: a voice takes some tenths of a second of one core.
        self._turn = asyncio.Semaphore(1)

    async def playable(self, data: bytes) -> Playable | None:
        """None where there is no need, no decoder, or no success."""
        length = seconds(data)
        if not self._able or length is None or length > LONGEST_SECONDS:
            return None
        async with self._turn:
            decoded = await self._decoded(data)
        return Playable(data=decoded) if decoded else None

    async def _decoded(self, data: bytes) -> bytes | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(DECODER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        talking = asyncio.create_task(process.communicate(data), name="voice-decoder")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                output, _ = await asyncio.shield(talking)
        except TimeoutError:
            log.warning("voice.timeout")
            return None
        finally:
            if process.returncode is None:
                process.kill()
            await end_tasks(talking)
            await process.wait()
        if process.returncode != 0 or not _whole(output):
            log.info("voice.not_decoded", status=process.returncode)
            return None
        return output[4:]


def _whole(output: bytes) -> bool:
    """The decoder says first how many bytes follow: it may have died while it wrote."""
    return 4 < len(output) <= LARGEST_BYTES and struct.unpack(">I", output[:4])[0] == len(output) - 4
