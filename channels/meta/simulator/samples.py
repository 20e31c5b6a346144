"""A small picture (PNG, one point), the head of an Ogg file, and a second of film: enough to be fetched and kept."""

from channels.simulating.film import FILM

__all__ = ["FILM", "PICTURE", "SOUND"]

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SOUND = b"OggS\x00\x02" + bytes(200)
