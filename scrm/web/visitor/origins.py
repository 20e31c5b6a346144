"""Only pages of the channel's own list may speak for its visitors: the Origin that browsers send, and scripts in a page
cannot change, is checked on every request and every socket, and only those origins get CORS headers."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from scrm.errors import Forbidden, NotFound, NotSignedIn
from scrm.ids import ChannelId
from scrm.web.auth import origin_of
from scrm.web.context import CONTEXT
from scrm.web.visitor import passes
from scrm.web.visitor.door import Visitor
from scrm.web.visitor.hall import VISITORS
from scrm.web.visitor.sites import OpenSite

ORIGIN = web.RequestKey("visitor_origin", str)
_HEADERS = "Authorization, Content-Type, X-File-Name"
# As long as Chromium remembers a preflight.
_REMEMBERED = "7200"
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

Handler = Callable[[web.Request, OpenSite], Awaitable[web.StreamResponse]]


async def admitted(request: web.Request) -> OpenSite:
    """The channel in the path, for a page that may use it. Raises NotFound, Forbidden."""
    channel_id = request.match_info["channel_id"]
    if not _ID.fullmatch(channel_id):
        raise NotFound("there is no such channel")
    at = await request.app[VISITORS].sites.get(ChannelId(channel_id))
    origin = _origin(request)
    own = _own(request)
    if origin is None or not at.site.allows(origin, own):
        raise Forbidden("this site is not among the channel's allowed sites")
    request[ORIGIN] = origin
    return at


def _origin(request: web.Request) -> str | None:
    """Browsers leave it out of a page's GET to its own host, and say so in a header that scripts cannot set."""
    origin = request.headers.get("Origin")
    if origin is None and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return _own(request)
    return origin.lower() if origin and origin != "null" else None


def _own(request: web.Request) -> str:
    public = request.app[CONTEXT].public_url
    if public is not None and urlsplit(public).netloc == request.host:
        return origin_of(public)
    return f"{request.scheme}://{request.host}".lower()


def signed_in(request: web.Request, at: OpenSite) -> Visitor:
    """Raises NotSignedIn."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "visitor":
        raise NotSignedIn("send Authorization: Visitor TOKEN")
    now = request.app[CONTEXT].clock.now()
    return Visitor(at=at, known_as=passes.unseal(at.site.secret, at.channel_id, token, now))


def open_to_sites(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request, await admitted(request))

    return answer


async def preflight(request: web.Request) -> web.Response:
    """What a browser asks before a request of another site's page."""
    await admitted(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _REMEMBERED,
        },
    )


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """CORS headers on whatever leaves for an allowed page, refusals included (`on_response_prepare`)."""
    if not request.path.startswith("/visitor/"):
        return
    response.headers["Vary"] = "Origin"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    origin = request.get(ORIGIN)
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
