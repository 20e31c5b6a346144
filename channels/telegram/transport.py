"""One request to the platform, tried once, and an honest word about how it ended.

A request fails in one of three ways, and the difference decides whether a customer may get a message twice: the
connection was never made (certain, try again), the platform answered with an error (certain), or the answer was lost
or cannot be read (for a request that delivers something: unknown, and never sent again by itself).

The bot's token is part of every address, of files too, so no address and no exception's text leaves this module.
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

from channels.telegram.error_codes import send_error
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, OutboundFile

# A sent message comes back whole, with the one it replies to.
MAX_ANSWER = 1024 * 1024
# A hundred updates of the longest kind are some ten megabytes.
MAX_UPDATES = 16 * 1024 * 1024
MEDIA_TIMEOUT = ClientTimeout(total=120, connect=5, sock_connect=5, sock_read=30)
MAX_FILE_NAME = 120

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Call(Record, kw_only=True):
    """One request to be made. fields: as the method names them. file: under its field's name.

    delivers: a customer gets something when it is taken.
    """

    method: str
    fields: Mapping[str, object] = {}
    file: tuple[str, OutboundFile] | None = None
    delivers: bool = False
    timeout: ClientTimeout | None = None
    longest: int = MAX_ANSWER


class _Parameters(Record, kw_only=True):
    retry_after: float | None = None


class _Answer(Record, kw_only=True):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int = 0
    description: str = ""
    parameters: _Parameters | None = None


_answers = msgspec.json.Decoder(_Answer)


class Transport:
    def __init__(self, session: ClientSession, api_base: str, token: str) -> None:
        self._session = session
        self._methods = f"{api_base}/bot{token}/"
        self._files = f"{api_base}/file/bot{token}/"
        self._token = token

    async def ask(self, call: Call) -> bytes:
        """The `result` of the answer, as JSON. Raises SendError, also for an answer that is an error."""
        body, headers = _body(call)
        timeout = call.timeout or (MEDIA_TIMEOUT if call.file else None)
        async with self._response("POST", self._methods + call.method, call, body, headers, timeout) as response:
            return await self._result(response, call)

    async def fetch(self, path: str, limit: int, media_type: str) -> FetchedMedia:
        """A file of at most `limit` bytes. media_type: what it is where the platform says nothing better."""
        call = Call(method="file")
        async with self._response("GET", self._files + path, call, None, {}, MEDIA_TIMEOUT) as response:
            if response.status != 200:
                await self._result(response, call)
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            data = await _read(response, limit)
            if data is None:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
            plain = response.content_type == "application/octet-stream"
            return FetchedMedia(data=data, media_type=media_type if plain else response.content_type)

    @asynccontextmanager
    async def _response(
        self,
        verb: str,
        address: str,
        call: Call,
        body: bytes | FormData | None,
        headers: Mapping[str, str],
        timeout: ClientTimeout | None,
    ) -> AsyncIterator[ClientResponse]:
        try:
            async with self._session.request(
                verb,
                address,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=timeout or self._session.timeout,
            ) as response:
                yield response
        except InvalidURL:
            raise SendError(SendErrorCode.UNREACHABLE, detail="the API address cannot be used") from None
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=type(error).__name__) from None
        except (TimeoutError, ClientError, OSError) as error:
            # Sent, perhaps taken, and no answer. What delivers nothing may be asked again.
            raise _lost(call, SendErrorCode.TIMEOUT, detail=type(error).__name__) from None

    async def _result(self, response: ClientResponse, call: Call) -> bytes:
        status = response.status
        if status >= 500:
            raise _lost(
                call, SendErrorCode.PLATFORM_ERROR, detail="the platform failed", platform_code=f"HTTP {status}"
            )
        if 300 <= status < 400:
            raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {status}")
        raw = await _read(response, call.longest)
        try:
            answer = _answers.decode(raw) if raw is not None else None
        except _UNREADABLE:
            answer = None
        if answer is not None and not answer.ok and answer.error_code < 500:
            wait = answer.parameters.retry_after if answer.parameters else None
            description = answer.description.replace(self._token, "…")
            raise send_error(answer.error_code or status, description, wait or _retry_after(response))
        if status >= 400:
            raise send_error(status, "", _retry_after(response))
        if answer is None or not answer.ok or not bytes(answer.result):
            raise _lost(
                call, SendErrorCode.PLATFORM_ERROR, detail="the answer cannot be read", platform_code=f"HTTP {status}"
            )
        return bytes(answer.result)


def _body(call: Call) -> tuple[bytes | FormData, dict[str, str]]:
    if call.file is None:
        return _json(call.fields), {"Content-Type": "application/json; charset=utf-8"}
    form = FormData(quote_fields=False)  # the platform reads the name as it stands, not percent-encoded
    for name, value in call.fields.items():
        form.add_field(name, value if isinstance(value, str) else _json(value).decode())
    field, file = call.file
    form.add_field(field, file.data, content_type=file.media_type, filename=safe_name(file.file_name) or field)
    return form, {}


def _json(value: object) -> bytes:
    """Half a character, which no JSON holds, becomes `?`."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(value))


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return {key: _mended(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def _lost(call: Call, code: SendErrorCode, *, detail: str, platform_code: str = "") -> SendError:
    certain = not call.delivers
    return SendError(code, retryable=certain, certain=certain, detail=detail, platform_code=platform_code)


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
    """The last part of a path, printable, without quotes, at most 120 characters."""
    last = re.split(r"[/\\]", name or "")[-1].replace('"', "'")
    kept = "".join(character for character in last if character.isprintable())
    return kept[-MAX_FILE_NAME:].strip(" .") or None


def _retry_after(response: ClientResponse) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if re.fullmatch(r"[0-9]{1,9}", value) else None
