"""A second of film (96 x 64, no sound, H.264 in MP4) that browsers really play: what simulated customers send.

`film.mp4` beside this file was written by `python -m channels.simulating.film`, which needs the extra `voice`.
"""

from pathlib import Path

PATH = Path(__file__).with_name("film.mp4")
WIDTH, HEIGHT = 96, 64
SECONDS = 1
FILM = PATH.read_bytes()


def write() -> None:
    """A light bar goes from the left to the right, in eight pictures."""
    import av

    with av.open(str(PATH), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=8 // SECONDS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"profile": "baseline", "crf": "34", "preset": "veryslow"}
        for number in range(8):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            bar = 8 + number * 11
            light, *colours = frame.planes
            line = bytes(235 if abs(x - bar) < 6 else 60 + x for x in range(light.line_size))
            light.update(line * light.height)
            for plane, shade in zip(colours, (150, 100), strict=True):
                plane.update(bytes([shade]) * plane.buffer_size)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    write()
