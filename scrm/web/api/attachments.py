"""Files: agents' uploads, and reading any file of a message.

A file is what its first bytes say, not what its sender calls it. Only types a browser cannot run are shown inside a
page; everything else is a download, and none of them can script even if opened alone (CSP sandbox, nosniff).
"""

import asyncio
import re
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from scrm.errors import Invalid, NotFound, TooLarge
from scrm.ids import AttachmentId
from scrm.model.message import Attachment, AttachmentState
from scrm.ports.services import BlobInfo, BlobStore
from scrm.web import sniff
from scrm.web.endpoint import Call, Endpoint, Input, Nothing, Raw
from scrm.web.problems import UnsupportedMediaType, problem

MAX_FILE = 20 * 1024 * 1024
# A file and the lines multipart puts around it.
_MAX_BODY = MAX_FILE + 64 * 1024
_PATIENCE = 120.0  # seconds for a whole upload
UPLOADS = web.AppKey("uploads", asyncio.Semaphore)
# Uploads wait in memory until they are whole, so this many times 20 MiB is what they may take.
UPLOADS_AT_ONCE = 4
# Whatever the markup says, nothing of it runs, is fetched or is sent: only its own styles and the pictures within it.
MARKUP_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class DownloadQuery(Input, kw_only=True):
    """download=1: save it, do not show it. view=1: a mail's markup, as a page for a frame that may do nothing."""

    download: bool = False
    view: bool = False


async def upload(call: Call[Nothing, Nothing]) -> Attachment:
    request = call.request
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("send the file as multipart/form-data, in the field `file`")
    if request.content_length is not None and request.content_length > _MAX_BODY:
        raise TooLarge("a file has at most 20 MB")
    async with request.app[UPLOADS]:
        try:
            async with asyncio.timeout(_PATIENCE):
                data, declared, name = await _read(request)
        except TimeoutError:
            raise Invalid("the upload took too long", field="file") from None
        if not data:
            raise Invalid("the file is empty", field="file")
        name = clean_name(name)
        attachment = Attachment(
            id=AttachmentId(call.context.ids()),
            state=AttachmentState.STORED,
            media_type=sniff.media_type(data, declared, name),
            file_name=name,
            size=len(data),
        )
        await call.context.stores.blobs.put(
            attachment.id, data, attachment.media_type, attachment.file_name, uploaded=True
        )
    return attachment


async def _read(request: web.Request) -> tuple[bytes, str, str]:
    """The field `file`: bytes, the type and the name its sender gave. Bounded while it is read."""
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader) or part.name != "file":
                raise Invalid("only the field `file` is expected", field="file")
            data = bytearray()
            while chunk := await part.read_chunk(256 * 1024):
                data += chunk
                if len(data) > MAX_FILE:
                    raise TooLarge("a file has at most 20 MB")
            return bytes(data), part.headers.get("Content-Type", ""), part.filename or "file"
    except (ValueError, AssertionError, RuntimeError) as error:
        raise Invalid("this is not a multipart body", field="file") from error
    raise Invalid("the field `file` is missing", field="file")


def clean_name(name: str) -> str:
    """A name without a path and without what no file name holds, at most 120 characters."""
    last = _UNPRINTABLE.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()
    return (last if len(last) <= 120 else last[:80] + "…" + last[-39:]) or "file"


async def download(call: Call[DownloadQuery, Nothing]) -> web.StreamResponse:
    attachment_id = call.id()
    info = await call.context.stores.blobs.info(attachment_id)
    if info is None:
        raise NotFound("there is no such file")
    tag = f'"{attachment_id}"'
    headers = file_headers(info, tag, save=call.query.download)
    if call.query.view and not call.query.download and info.media_type == "text/html":
        headers |= MARKUP_HEADERS
    return await stream(call.request, call.context.stores.blobs, attachment_id, info, headers)


async def stream(
    request: web.Request, blobs: BlobStore, attachment_id: str, info: BlobInfo, headers: dict[str, str]
) -> web.StreamResponse:
    """The file, or the part of it that is asked for. headers: with its ETag."""
    tag = headers["ETag"]
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    part = wanted_part(request, info.size, tag)
    if part is None:
        headers = {"Content-Range": f"bytes */{info.size}"}
        return problem(416, "range_not_satisfiable", "the file ends before that", headers=headers)
    start, stop = part
    response = web.StreamResponse(headers=headers)
    if part != (0, info.size):
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{info.size}"
    response.content_length = stop - start
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in blobs.stream(attachment_id, start, stop):
            await response.write(chunk)
    await response.write_eof()
    return response


def wanted_part(request: web.Request, size: int, tag: str) -> tuple[int, int] | None:
    """First byte and the one after the last: a player asks for parts of a film. None: the part is not in the file.

    What is not one plain range, or is about another file, is answered with the whole (RFC 9110, section 14.2).
    """
    if request.headers.get("If-Range", tag) != tag:
        return 0, size
    try:
        asked = request.http_range
    except ValueError:
        return 0, size
    first = asked.start or 0
    if first < 0:  # the last so many bytes
        return max(0, size + first), size
    return (first, min(size, asked.stop or size)) if first < size else None


def file_headers(info: BlobInfo, tag: str, *, save: bool) -> dict[str, str]:
    inline = info.media_type in sniff.SHOWN and not save
    name = clean_name(info.file_name or "file")
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    disposition = "inline" if inline else "attachment"
    return {
        "Content-Type": info.media_type if info.media_type in sniff.KNOWN else sniff.UNKNOWN,
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        # An attachment never changes, and only who is signed in may have it.
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": tag,
        "Accept-Ranges": "bytes",
    }


ENDPOINTS = (
    Endpoint(
        method="POST", path="/attachments", handler=upload, returns=Attachment, statuses=(201,), uploads=True,
        summary="Upload a file (multipart field `file`, at most 20 MB) to attach to a message", tag="attachments",
    ),
    Endpoint(
        method="GET", path="/attachments/{id}", handler=download, query=DownloadQuery, returns=Raw, statuses=(200, 206),
        produces="*/*", summary="The bytes of a file", tag="attachments",
    ),
)  # fmt: skip
