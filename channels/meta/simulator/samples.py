"""A small picture (PNG, one point), the head of an Ogg file and of a film: enough to be fetched and kept."""

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)
SOUND = b"OggS\x00\x02" + bytes(200)
FILM = bytes.fromhex("000000186674797069736f6d000000006d70343269736f6d") + bytes(64)
