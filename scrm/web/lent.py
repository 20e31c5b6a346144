"""`/files/…`: where a platform fetches what it shows a customer, without signing in: the address itself is the right
(`scrm.ports.lent`). Whatever is wrong with one, the answer is the same, so that nobody learns what there is.
"""

import re
import struct
import zlib

from aiohttp import web

from scrm.ids import ChannelId
from scrm.ports import lent
from scrm.web.api.attachments import file_headers, stream
from scrm.web.context import CONTEXT
from scrm.web.problems import problem

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# Not for search engines, nor for caches that others share; pages of any site may show it.
_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}
WIDTH, HEIGHT = 320, 180
_GROUND, _SIGN = b"\x2b\x33\x41", b"\xe7\xea\xf0"


def add_routes(router: web.UrlDispatcher) -> None:
    router.add_get("/files/poster/{name}", _poster)
    router.add_get("/files/{channel_id}/{attachment_id}/{until}/{seal}", _file)


async def _file(request: web.Request) -> web.StreamResponse:
    context, place = request.app[CONTEXT], request.match_info
    channel_id, attachment_id = place["channel_id"], place["attachment_id"]
    if not (_ID.fullmatch(channel_id) and _ID.fullmatch(attachment_id)):
        return _nothing()
    channel = await context.stores.channels.get(ChannelId(channel_id))
    kind = context.channel_types.get(channel.type) if channel is not None else None
    if channel is None or kind is None or not kind.capabilities.fetches:
        return _nothing()
    if not lent.holds(channel, kind.secret_settings, attachment_id, place["until"], place["seal"], context.clock.now()):
        return _nothing()
    info = await context.stores.blobs.info(attachment_id)
    if info is None:
        return _nothing()
    headers = file_headers(info, f'"{attachment_id}"', save=False) | _HEADERS
    return await stream(request, context.stores.blobs, attachment_id, info, headers)


async def _poster(request: web.Request) -> web.Response:
    picture = POSTERS.get(f"poster/{request.match_info['name']}")
    if picture is None:
        return _nothing()
    return web.Response(body=picture, content_type="image/png", headers=_HEADERS | {"Cache-Control": "max-age=86400"})


def _nothing() -> web.Response:
    return problem(404, "not_found", "there is no such file")


def _png(rows: list[bytes]) -> bytes:
    """A picture of 24-bit points. Source: www.w3.org/TR/png"""
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def _row(y: int, *, film: bool) -> bytes:
    """A line of the poster: a triangle that says play, or a frame with a hill in it."""
    across, down = WIDTH // 2, abs(y - HEIGHT // 2)
    if film:
        signed = range(across - 22, across - 22 + max(0, 2 * (30 - down))) if down < 30 else range(0)
    elif down in (34, 35):
        signed = range(across - 50, across + 50)
    elif down < 34:
        hill = range(across - (y - HEIGHT // 2 + 8), across + (y - HEIGHT // 2 + 8))
        points = {*range(across - 50, across - 48), *range(across + 48, across + 50), *hill}
        return b"".join(_SIGN if x in points else _GROUND for x in range(WIDTH))
    else:
        signed = range(0)
    return b"".join(_SIGN if x in signed else _GROUND for x in range(WIDTH))


POSTERS = {
    lent.FILM: _png([_row(y, film=True) for y in range(HEIGHT)]),
    lent.PICTURE: _png([_row(y, film=False) for y in range(HEIGHT)]),
}
