"""One request to a platform, tried once, and an honest word about how it ended.

A request fails in one of three ways, and the difference decides whether a customer may get a message twice: the
connection was never made (certain, try again), the platform answered with an error (certain), or the answer was lost
or cannot be read (for a request that delivers something: unknown, and never sent again by itself).

Addresses may hold a token, and an exception's text an address, so neither leaves this module. What an answer that did
come says is each platform's own.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    FormData,
    InvalidURL,
)
from yarl import URL

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, OutboundFile

MEDIA_TIMEOUT = ClientTimeout(total=120, connect=5, sock_connect=5, sock_read=30)
MAX_FILE_NAME = 120
MAX_RETRY_AFTER = 3600
JSON_TYPE = "application/json; charset=utf-8"
REDIRECTED = "the platform sends on to another address: give the channel that one"
# Said of a file by a platform that does not know what it is.
VAGUE_TYPES = frozenset({"application/octet-stream", "binary/octet-stream"})


class Request(Record, kw_only=True):
    """One request to be made.

    query: what is added to the address. delivers: a customer gets something when it is taken. encoded: the address is
    to be asked for letter by letter, as somebody else wrote it. timeout: None is the session's.
    """

    address: str
    verb: str = "POST"
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes | FormData | None = None
    delivers: bool = False
    encoded: bool = False
    timeout: ClientTimeout | None = None


@asynccontextmanager
async def answered(session: ClientSession, request: Request) -> AsyncIterator[ClientResponse]:
    """Raises SendError for what goes wrong on the way, inside the block too."""
    try:
        async with session.request(
            request.verb,
            URL(request.address, encoded=request.encoded),
            params=request.query or None,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            timeout=request.timeout or session.timeout,
        ) as response:
            yield response
    except (InvalidURL, ValueError):
        raise SendError(SendErrorCode.UNREACHABLE, detail="the address cannot be used") from None
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=type(error).__name__) from None
    except (TimeoutError, ClientError, OSError) as error:
        # Sent, perhaps taken, and no answer. What delivers nothing may be asked again.
        raise lost(request, SendErrorCode.TIMEOUT, detail=type(error).__name__) from None


def lost(request: Request, code: SendErrorCode, *, detail: str, platform_code: str = "") -> SendError:
    """What to raise where nobody knows whether the platform took the request; certain if it delivers nothing."""
    certain = not request.delivers
    return SendError(code, retryable=certain, certain=certain, detail=detail, platform_code=platform_code)


def refuse_failure(response: ClientResponse, request: Request) -> None:
    """Raises SendError for what no platform's own words go with: that it failed, or is somewhere else."""
    status = response.status
    if status >= 500:
        raise lost(request, SendErrorCode.PLATFORM_ERROR, detail="the platform failed", platform_code=f"HTTP {status}")
    if 300 <= status < 400:
        raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {status}", detail=REDIRECTED)


def unreadable(response: ClientResponse, request: Request) -> SendError:
    """What to raise where the platform answered, and not in its language."""
    return lost(
        request,
        SendErrorCode.PLATFORM_ERROR,
        detail="the answer cannot be read",
        platform_code=f"HTTP {response.status}",
    )


async def read(response: ClientResponse, limit: int) -> bytes | None:
    """The body, or None when it is longer than `limit` bytes, as it claims or in truth."""
    if (response.content_length or 0) > limit:
        return None
    data = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit:
            return None
    return bytes(data)


async def fetched(response: ClientResponse, limit: int, media_type: str) -> FetchedMedia:
    """A file of at most `limit` bytes. media_type: what it is where the platform says nothing better. Raises
    SendError(TOO_LONG)."""
    data = await read(response, limit)
    if data is None:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
    said = response.content_type
    name = response.content_disposition.filename if response.content_disposition else None
    return FetchedMedia(data=data, media_type=media_type if said in VAGUE_TYPES else said, file_name=safe_name(name))


def form(field: str, file: OutboundFile, fields: Mapping[str, str] | None = None) -> FormData:
    """A file under its field's name, after what goes with it."""
    made = FormData(quote_fields=False)  # platforms read the name as it stands, not percent-encoded
    for name, value in (fields or {}).items():
        made.add_field(name, value)
    made.add_field(field, file.data, content_type=file.media_type, filename=safe_name(file.file_name) or field)
    return made


def json_bytes(value: object) -> bytes:
    """Half a character, which no JSON holds, becomes `?`."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(value))


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _mended(inner) for key, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list | tuple) else value


def safe_name(name: str | None) -> str | None:
    """The last part of a path, printable, without quotes, at most 120 characters; None when nothing is left."""
    last = re.split(r"[/\\]", name or "")[-1].replace('"', "'")
    kept = "".join(character for character in last if character.isprintable())
    return kept[-MAX_FILE_NAME:].strip(" .") or None


def retry_after(response: ClientResponse) -> float | None:
    """Seconds the platform asks for, an hour at the most; None where it says nothing that is a number."""
    value = response.headers.get("Retry-After", "")
    return float(min(int(value), MAX_RETRY_AFTER)) if re.fullmatch(r"[0-9]{1,9}", value) else None
