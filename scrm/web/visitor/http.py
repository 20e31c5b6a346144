"""The visitors' HTTP: a session, what they say, the long poll for where WebSockets are blocked, the past, and files."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

import msgspec
from aiohttp import web
from msgspec import Meta

from scrm.clock import end_tasks
from scrm.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable
from scrm.ids import AttachmentId
from scrm.model.base import Record
from scrm.model.site import Field, Site
from scrm.ports.visitor import VisitorFile
from scrm.web import sniff
from scrm.web.address import address_of
from scrm.web.api.attachments import clean_name, file_headers
from scrm.web.api.attachments import stream as send_file
from scrm.web.context import CONTEXT, WebContext
from scrm.web.endpoint import Input, decode_query
from scrm.web.fields import Id
from scrm.web.problems import UnsupportedMediaType, invalid_input, problem
from scrm.web.realtime.endpoint import FEED
from scrm.web.visitor import history, passes
from scrm.web.visitor.door import DOOR, LIMITS, VISITOR_UPLOADS, Visitor
from scrm.web.visitor.frames import SPOKEN, Entry, NewMessage, Place, Typing, entry, shown
from scrm.web.visitor.hall import VISITORS
from scrm.web.visitor.origins import open_to_sites, preflight, signed_in
from scrm.web.visitor.passes import IdentityClaim
from scrm.web.visitor.sites import OpenSite
from scrm.web.visitor.stream import Stream

MAX_BODY = 32 * 1024
MAX_FILE = 10 * 1024 * 1024
_PATIENCE = 90.0  # seconds for a whole upload
_STANDING = 10.0
# Proxies end a request that says nothing for half a minute.
_LONGEST_POLL = 25.0

T = TypeVar("T")


class NewSession(Input, kw_only=True):
    """token: of the page's last session. identity: what the company's server says of its signed-in user."""

    token: Annotated[str, Meta(max_length=1_200)] | None = None
    identity: IdentityClaim | None = None


class SiteView(Record, kw_only=True):
    """What the widget needs to know of its channel."""

    title: dict[str, str]
    welcome: dict[str, str]
    away: dict[str, str]
    agent_title: dict[str, str]
    color: str
    theme: str
    side: str
    form: tuple[Field, ...]
    rating: bool
    privacy_url: str
    max_file: int = MAX_FILE


class SessionView(Record, kw_only=True):
    """known: this visitor wrote before. open: within business hours; opens_at: else, when they begin."""

    token: str
    known: bool
    signed_in: bool
    open: bool
    opens_at: datetime | None
    site: SiteView


class PollQuery(Input, kw_only=True):
    """conversation_id and position: the page's place. wait: seconds, when there is nothing yet."""

    conversation_id: Id | None = None
    position: Annotated[int, Meta(ge=0, le=2**53)] = 0
    wait: Annotated[float, Meta(ge=0, le=_LONGEST_POLL)] = _LONGEST_POLL


class PastQuery(Input, kw_only=True):
    conversation_id: Id
    position: Annotated[int, Meta(ge=0, le=2**53)]


class PastView(Record, kw_only=True):
    """entries: those just before the place, in order. before: the next place to ask for; null: that was all."""

    entries: list[Entry]
    before: Place | None


class UploadView(Record, kw_only=True):
    """What a message says of the file. key: proves that this visitor uploaded it."""

    id: AttachmentId
    media_type: str
    file_name: str
    size: int
    key: str


async def session(request: web.Request, at: OpenSite) -> web.Response:
    context = request.app[CONTEXT]
    request.app[LIMITS].take("session", "", address_of(request, context))
    if at.paused:
        raise Conflict("this channel is paused")
    body = await _body(request, msgspec.json.Decoder(NewSession))
    known_as = await request.app[DOOR].enter(at, body.token, body.identity)
    visitor = Visitor(at=at, known_as=known_as)
    site = at.site
    is_open, opens_at = await _hours(context, site)
    began = body.token is None and body.identity is None  # nobody the database could know
    view = SessionView(
        token=passes.seal(site.secret, at.channel_id, known_as),
        known=not began and await request.app[DOOR].contact(visitor) is not None,
        signed_in=known_as.user is not None,
        open=is_open,
        opens_at=opens_at,
        site=SiteView(**{name: getattr(site, name) for name in SiteView.__struct_fields__ if name != "max_file"}),
    )
    return _json(view)


async def _hours(context: WebContext, site: Site) -> tuple[bool, datetime | None]:
    """Whether somebody is there; else when somebody will be."""
    now = context.clock.now()
    if not site.workspace_hours:
        return site.is_open(now), site.opens_at(now)
    opens = await context.hub.opens_at(now)
    return (True, None) if opens == now else (False, opens)


async def say(request: web.Request, at: OpenSite) -> web.Response:
    """204: it is on disk. A message with an id that is there already is not stored again, and is success."""
    visitor = signed_in(request, at)
    spoken = await _body(request, SPOKEN)
    address = address_of(request, request.app[CONTEXT])
    limits = request.app[LIMITS]
    if isinstance(spoken, Typing):
        if limits.wait("typing", visitor.key, address):
            return web.Response(status=204)
    else:
        limits.take("say", visitor.key, address)
    if at.paused and isinstance(spoken, NewMessage):
        raise Conflict("this channel is paused")
    await request.app[DOOR].hear(visitor, spoken)
    return web.Response(status=204)


async def poll(request: web.Request, at: OpenSite) -> web.Response:
    """What a socket would say, as one array: at once when there is something, else when there is."""
    visitor = _reader(request, at)
    query = decode_query(request, PollQuery)
    place = None
    if query.conversation_id is not None:
        place = Place(conversation_id=query.conversation_id, position=query.position)
    stream = new_stream(visitor, address_of(request, request.app[CONTEXT]))
    visitors = request.app[VISITORS]
    await standing(request)
    visitors.join(stream, await request.app[DOOR].contact(visitor))
    try:
        await stream.catch_up(request.app[CONTEXT].stores, visitors.faces, place)
        frames = [await stream.take() for _ in range(len(stream))]
        # The last one only says that there is nothing more; alone it is no news, but what a first look asks for.
        if place is not None and not any(b'"type":"entry"' in each or b'"anew":true' in each for each in frames):
            frames += await _next(stream, query.wait)
    finally:
        visitors.leave(stream)
    return web.Response(body=b"[" + b",".join(frames) + b"]", content_type="application/json")


async def _next(stream: Stream, wait: float) -> list[bytes]:
    """What comes within `wait` seconds; at once when the stream ends."""
    taking = asyncio.create_task(stream.next(), name="visitor poll")
    try:
        await asyncio.wait({taking}, timeout=wait)
        first = taking.result() if taking.done() else None
        return [first, *[await stream.take() for _ in range(len(stream))]] if first is not None else []
    finally:
        await end_tasks(taking)


async def past(request: web.Request, at: OpenSite) -> web.Response:
    visitor = _reader(request, at)
    query = decode_query(request, PastQuery)
    stores, faces = request.app[CONTEXT].stores, request.app[VISITORS].faces
    contact_id = await request.app[DOOR].contact(visitor)
    if contact_id is None:
        return _json(PastView(entries=[], before=None))
    await faces.load()
    found = await history.conversations(stores, contact_id, at.channel_id)
    place = Place(conversation_id=query.conversation_id, position=query.position)
    page = await history.before(stores, found, place)
    return _json(PastView(entries=[entry(message, faces) for message in page.entries], before=page.before))


async def upload(request: web.Request, at: OpenSite) -> web.Response:
    """The bytes as the body, their name (percent-encoded) in X-File-Name; at most 10 MB."""
    visitor, context = signed_in(request, at), request.app[CONTEXT]
    request.app[LIMITS].take("file", visitor.key, address_of(request, context))
    if at.paused:
        raise Conflict("this channel is paused")
    if request.content_length is not None and request.content_length > MAX_FILE:
        raise TooLarge("a file has at most 10 MB")
    async with request.app[VISITOR_UPLOADS]:
        data = await _read(request, MAX_FILE, _PATIENCE)
        if not data:
            raise Invalid("the file is empty", field="file")
        name = clean_name(unquote(request.headers.get("X-File-Name", "")[:1_000], errors="replace"))
        stored = VisitorFile(
            id=AttachmentId(context.ids()),
            media_type=sniff.media_type(data, request.content_type, name),
            file_name=name,
            size=len(data),
        )
        await context.stores.blobs.put(stored.id, data, stored.media_type, stored.file_name, uploaded=True)
    view = UploadView(**msgspec.structs.asdict(stored), key=request.app[DOOR].file_key(visitor, stored))
    return _json(view, status=201)


async def download(request: web.Request, at: OpenSite) -> web.StreamResponse:
    """A file of a message this visitor may see."""
    visitor, stores = _reader(request, at), request.app[CONTEXT].stores
    file_id = request.match_info["id"][:64]
    message = await stores.messages.by_attachment(file_id)
    contact_id = await request.app[DOOR].contact(visitor)
    if message is None or contact_id is None or message.contact_id != contact_id or not shown(message):
        raise NotFound("there is no such file")
    info = await stores.blobs.info(file_id)
    if message.channel_id != at.channel_id or info is None:
        raise NotFound("there is no such file")
    response = web.StreamResponse(headers=file_headers(info, f'"{file_id}"', save=False))
    response.content_length = info.size
    await response.prepare(request)
    async for chunk in stores.blobs.stream(file_id):
        await response.write(chunk)
    await response.write_eof()
    return response


async def face(request: web.Request, at: OpenSite) -> web.StreamResponse:
    """The picture of an agent whom customers know by name. Each has an id of its own, so it may be kept."""
    _reader(request, at)
    stores, faces, picture = request.app[CONTEXT].stores, request.app[VISITORS].faces, request.match_info["id"][:64]
    await faces.load()
    info = await stores.blobs.info(picture) if faces.shows(picture) else None
    if info is None or info.media_type not in ("image/png", "image/jpeg"):
        raise NotFound("there is no such picture")
    return await send_file(request, stores.blobs, picture, info, file_headers(info, f'"{picture}"', save=False))


async def widget(request: web.Request) -> web.StreamResponse:
    """The script itself, for a page of any site: what it may do there is decided by the channel's list."""
    path = request.app[CONTEXT].widget
    if path is None:
        return problem(503, "not_built", "the widget is not built: run python3 -m scrm up")
    return web.FileResponse(
        path,
        headers={
            "Content-Type": "text/javascript; charset=utf-8",
            "Cache-Control": "public, max-age=300",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


# --- small things that socket and requests share ----------------------------------------------------------------------


def new_stream(visitor: Visitor, address: str) -> Stream:
    known_as, at = visitor.known_as, visitor.at
    return Stream(at.channel_id, known_as.handle, known_as.expires, address, rating=at.site.rating)


async def standing(request: web.Request) -> None:
    """Until the feed of changes stands; what is read then, and what comes live, leave no gap. Raises Unavailable."""
    try:
        async with asyncio.timeout(_STANDING):
            await request.app[FEED].standing.wait()
    except TimeoutError:
        raise Unavailable("realtime is not running", retry_after=2) from None


def _reader(request: web.Request, at: OpenSite) -> Visitor:
    visitor = signed_in(request, at)
    request.app[LIMITS].take("read", visitor.key, address_of(request, request.app[CONTEXT]))
    return visitor


async def _body(request: web.Request, decoder: "msgspec.json.Decoder[T]") -> T:
    if request.content_type != "application/json":
        raise UnsupportedMediaType("send the body as application/json")
    raw = await _read(request, MAX_BODY, _STANDING)
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_input(error) from error


async def _read(request: web.Request, limit: int, patience: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise TooLarge("the body is too large")
    except TimeoutError:
        raise Invalid("the body took too long") from None
    return bytes(body)


def _json(view: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(view), content_type="application/json")


def add_routes(router: web.UrlDispatcher) -> None:
    base = "/visitor/{channel_id}"
    for method, path, handler in (
        ("POST", "/session", session),
        ("POST", "/say", say),
        ("GET", "/events", poll),
        ("GET", "/past", past),
        ("POST", "/files", upload),
        ("GET", "/files/{id}", download),
        ("GET", "/faces/{id}", face),
    ):
        router.add_route(method, base + path, open_to_sites(handler))
    for path in ("/session", "/say", "/events", "/past", "/files", "/files/{id}", "/faces/{id}"):
        router.add_route("OPTIONS", base + path, preflight)
