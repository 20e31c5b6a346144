"""Run as a program of its own: an AMR recording on standard input, MP3 with its length before it on standard output.

It limits itself before it looks at the first byte, opens nothing, and knows one format.
"""

import io
import struct
import sys

LARGEST_BYTES = 2 * 1024 * 1024
LONGEST_SECONDS = 61
MEMORY_BYTES = 1024 * 1024 * 1024  # of addresses: the libraries take some 400 MB of them, few of which are used
CPU_SECONDS = 10
BIT_RATE = 32_000


def limit() -> None:
    """Before the libraries are loaded. Where the system knows no such limits, the caller's patience is the limit."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # the system allows less already
            continue


def decode(data: bytes) -> bytes:
    import av  # after the limits

    sound = io.BytesIO()
    samples = 0
    with (
        av.open(io.BytesIO(data), "r", format="amr") as source,
        av.open(sound, "w", format="mp3", options={"id3v2_version": "0"}) as target,
    ):
        stream = target.add_stream("libmp3lame", rate=16_000, layout="mono", bit_rate=BIT_RATE)
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=16_000)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                samples += part.samples
                if samples > LONGEST_SECONDS * 16_000:
                    raise ValueError("too long")
                target.mux(stream.encode(part))
        for part in resampler.resample(None):
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    if not samples:
        raise ValueError("no sound")
    return sound.getvalue()


def main() -> int:
    limit()
    data = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        return 1
    try:
        sound = decode(data)
    except Exception:  # whatever the libraries make of it: there is no copy
        return 1
    sys.stdout.buffer.write(struct.pack(">I", len(sound)) + sound)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
