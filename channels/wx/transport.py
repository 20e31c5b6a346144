"""One request to the platform, tried once, and an honest word about how it ended.

A request fails in one of three ways, and the difference decides whether a customer may get a message twice: the
connection was never made (certain, try again), the platform answered with an error (certain), or the answer was lost
or cannot be read (for a request that delivers something: unknown, and never sent again by itself).

The access token is part of every address, so no address and no exception's text leaves this module.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

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

from channels.wx.errors import Meanings, send_error
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import FetchedMedia

# An answer is a few hundred bytes; a token 512 characters and growing.
MAX_ANSWER = 64 * 1024
MEDIA_TIMEOUT = ClientTimeout(total=90, connect=5, sock_connect=5, sock_read=20)
MAX_RETRY_AFTER = 600
TEXT_TYPES = frozenset({"application/json", "text/json", "text/plain"})

Answer = dict[str, object]


class Call:
    """One request to be made. body: JSON as bytes, or a form. delivers: a customer gets something when it is taken.

    meanings: of the platform's error codes; without them every one is a certain, final `platform_error`.
    """

    def __init__(
        self,
        method: str,
        address: str,
        query: Mapping[str, str],
        body: bytes | FormData | None = None,
        *,
        delivers: bool = False,
        timeout: ClientTimeout | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        self.method = method
        self.address = address
        self.query = query
        self.body = body
        self.delivers = delivers
        self.timeout = timeout
        self.meanings = meanings or {}


async def ask(session: ClientSession, call: Call, limit: int = MAX_ANSWER) -> Answer:
    """The platform's answer, of at most `limit` bytes. Raises SendError, also for an answer that is an error."""
    async with _response(session, call) as response:
        return await _answer(response, call, limit)


async def fetch(session: ClientSession, call: Call, limit: int) -> FetchedMedia | Answer:
    """A file of at most `limit` bytes, or the JSON object the platform answered instead. Raises SendError."""
    async with _response(session, call) as response:
        named = response.content_disposition is not None  # a customer's text file is text as well
        if response.status != 200 or (response.content_type in TEXT_TYPES and not named):
            return await _answer(response, call)
        data = await _read(response, limit)
        if data is None:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
        name = response.content_disposition.filename if response.content_disposition else None
        return FetchedMedia(data=data, media_type=response.content_type, file_name=safe_name(name))


@asynccontextmanager
async def _response(session: ClientSession, call: Call) -> AsyncIterator[ClientResponse]:
    headers = {"Content-Type": "application/json; charset=utf-8"} if isinstance(call.body, bytes) else {}
    try:
        async with session.request(
            call.method,
            call.address,
            params=call.query,
            data=call.body,
            headers=headers,
            allow_redirects=False,
            timeout=call.timeout or session.timeout,
        ) as response:
            yield response
    except InvalidURL:
        raise SendError(SendErrorCode.UNREACHABLE, detail="the API address cannot be used") from None
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=type(error).__name__) from None
    except (TimeoutError, ClientError, OSError) as error:
        # Sent, perhaps taken, and no answer. What delivers nothing may be asked again.
        raise _lost(call, SendErrorCode.TIMEOUT, detail=type(error).__name__) from None


def _lost(call: Call, code: SendErrorCode, *, detail: str, platform_code: str = "") -> SendError:
    certain = not call.delivers
    return SendError(code, retryable=certain, certain=certain, detail=detail, platform_code=platform_code)


async def _answer(response: ClientResponse, call: Call, limit: int = MAX_ANSWER) -> Answer:
    """The JSON object in the answer, whatever content type it claims: the platform says text/plain as often as not."""
    status = f"HTTP {response.status}"
    if response.status == 429:
        raise SendError(
            SendErrorCode.RATE_LIMITED, retryable=True, platform_code=status, retry_after=_retry_after(response)
        )
    if response.status >= 500:
        raise _lost(call, SendErrorCode.PLATFORM_ERROR, detail="the platform failed", platform_code=status)
    if response.status >= 300:
        raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=status)
    raw = await _read(response, limit)
    answer = None if raw is None else _object(raw)
    if answer is None:
        raise _lost(call, SendErrorCode.PLATFORM_ERROR, detail="the answer cannot be read", platform_code=status)
    errcode = _error_code(answer)
    if errcode is None:
        raise _lost(call, SendErrorCode.PLATFORM_ERROR, detail="the answer cannot be read", platform_code=status)
    if errcode:
        raise send_error(call.meanings, errcode, _error_text(answer, call.query.get("access_token", "")))
    return answer


def _object(raw: bytes) -> Answer | None:
    try:
        answer = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _error_code(answer: Answer) -> int | None:
    """0 when all is well or nothing is said of errors (a token, a profile); None when it is no number."""
    value = answer.get("errcode", 0)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _error_text(answer: Answer, secret: str) -> str:
    """The platform's own words; never the token, should it repeat that."""
    text = answer.get("errmsg")
    if not isinstance(text, str):
        return ""
    if secret:
        text = text.replace(secret, "…")
    return "".join(character for character in text if character.isprintable())[:200]


async def _read(response: ClientResponse, limit: int) -> bytes | None:
    """The body, or None when it is longer than `limit` bytes, as it claims or in truth."""
    if (response.content_length or 0) > limit:
        return None
    data = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit:
            return None
    return bytes(data)


def safe_name(name: str | None) -> str | None:
    """The last part of a path, printable, at most 120 characters."""
    last = re.split(r"[/\\]", name or "")[-1]
    return "".join(character for character in last if character.isprintable())[-120:].strip(" .") or None


def _retry_after(response: ClientResponse) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(min(int(value), MAX_RETRY_AFTER)) if re.fullmatch(r"[0-9]{1,9}", value) else None


def has_host(address: str) -> bool:
    """Whether an API address can be used at all."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
