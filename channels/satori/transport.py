"""One request to the server, tried once, and an honest word about how it ended.

A request fails in one of three ways, and the difference decides whether a customer may get a message twice: the
connection was never made (certain, try again), the server answered with an error (certain), or the answer was lost or
cannot be read (for a request that delivers something: unknown, and never sent again by itself).

Source: satori.chat/zh-CN/protocol/api.html
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

from channels.satori.config import SatoriConfig
from channels.satori.error_codes import send_error
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, OutboundFile

MAX_ANSWER = 128 * 1024
MEDIA_TIMEOUT = ClientTimeout(total=120, connect=5, sock_connect=5, sock_read=30)
MAX_FILE_NAME = 120
REDIRECTED = "the server sends on to another address: give the channel that one"


class Call(Record, kw_only=True):
    """One request to be made. delivers: a customer gets something when it is taken."""

    method: str
    fields: Mapping[str, object] = {}
    file: OutboundFile | None = None
    delivers: bool = False


class Transport:
    def __init__(self, session: ClientSession, config: SatoriConfig) -> None:
        self._session = session
        self._base = f"{config.address}/v1/"
        self._token = config.token
        self._login = {
            "Satori-Platform": config.platform,
            "Satori-User-ID": config.self_id,
            # Servers of the protocol's first version read these.
            "X-Platform": config.platform,
            "X-Self-ID": config.self_id,
        }

    @property
    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def ask(self, call: Call) -> bytes:
        """The answer's body, which is JSON if the server keeps to the protocol. Raises SendError."""
        body: bytes | FormData
        headers = self.credentials | self._login
        if call.file is None:
            body = _json(call.fields)
            headers["Content-Type"] = "application/json"
        else:
            body = _form(call.file)
        timeout = MEDIA_TIMEOUT if call.file else None
        async with self.response("POST", self._base + call.method, call, body, headers, timeout) as response:
            return await self._answer(response, call)

    async def fetch(self, address: str, limit: int, media_type: str, *, ours: bool = True) -> FetchedMedia:
        """A file of at most `limit` bytes. ours: it is the server's, who gets to see the token. media_type: what it
        is where the server says nothing better."""
        call = Call(method="file")
        headers = self.credentials if ours else {}
        async with self.response("GET", address, call, None, headers, MEDIA_TIMEOUT) as response:
            if response.status != 200:
                await self._answer(response, call)
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            return await kept(response, limit, media_type)

    @asynccontextmanager
    async def response(
        self,
        verb: str,
        address: str,
        call: Call,
        body: bytes | FormData | None,
        headers: Mapping[str, str],
        timeout: ClientTimeout | None,
    ) -> AsyncIterator[ClientResponse]:
        """Raises SendError for what goes wrong on the way, inside the block too."""
        try:
            async with self._session.request(
                verb,
                URL(address, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=timeout or self._session.timeout,
            ) as response:
                yield response
        except (InvalidURL, ValueError):
            raise SendError(SendErrorCode.UNREACHABLE, detail="the address cannot be used") from None
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=type(error).__name__) from None
        except (TimeoutError, ClientError, OSError) as error:
            # Sent, perhaps taken, and no answer. What delivers nothing may be asked again.
            raise lost(call, SendErrorCode.TIMEOUT, detail=type(error).__name__) from None

    async def _answer(self, response: ClientResponse, call: Call) -> bytes:
        status = response.status
        if status >= 500 and status != 501:
            raise lost(call, SendErrorCode.PLATFORM_ERROR, detail="the server failed", platform_code=f"HTTP {status}")
        if 300 <= status < 400:
            raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {status}", detail=REDIRECTED)
        raw = await read(response, MAX_ANSWER)
        if status >= 400:
            raise send_error(status, self._said(raw or b""), _retry_after(response))
        if raw is None:
            raise lost(call, SendErrorCode.PLATFORM_ERROR, detail="the answer is too long")
        return raw

    def _said(self, raw: bytes) -> str:
        """What a server says of an error: a line of text, or an object with one."""
        text = raw[:4000].decode("utf-8", "replace")
        try:
            tree = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            tree = None
        if isinstance(tree, dict):
            text = next((str(tree[name]) for name in ("message", "detail", "error") if tree.get(name)), "")
        elif isinstance(tree, str):
            text = tree
        elif "<html" in text.lower():
            text = ""
        return text.replace(self._token, "…") if self._token else text


def lost(call: Call, code: SendErrorCode, *, detail: str, platform_code: str = "") -> SendError:
    certain = not call.delivers
    return SendError(code, retryable=certain, certain=certain, detail=detail, platform_code=platform_code)


async def kept(response: ClientResponse, limit: int, media_type: str) -> FetchedMedia:
    """Raises SendError(TOO_LONG)."""
    data = await read(response, limit)
    if data is None:
        raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
    vague = response.content_type in ("application/octet-stream", "text/plain")
    return FetchedMedia(data=data, media_type=media_type if vague else response.content_type)


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


def _form(file: OutboundFile) -> FormData:
    form = FormData(quote_fields=False)  # the server reads the name as it stands, not percent-encoded
    form.add_field("file", file.data, content_type=file.media_type, filename=safe_name(file.file_name) or "file")
    return form


def safe_name(name: str | None) -> str:
    """The last part of a path, printable, without quotes, at most 120 characters."""
    last = re.split(r"[/\\]", name or "")[-1].replace('"', "'")
    kept = "".join(character for character in last if character.isprintable())
    return kept[-MAX_FILE_NAME:].strip(" .")


def _json(fields: Mapping[str, object]) -> bytes:
    """Half a character, which no JSON holds, becomes `?`."""
    try:
        return msgspec.json.encode(fields)
    except UnicodeEncodeError:
        mended = {
            name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for name, value in fields.items()
        }
        return msgspec.json.encode(mended)


def _retry_after(response: ClientResponse) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if re.fullmatch(r"[0-9]{1,9}", value) else None
