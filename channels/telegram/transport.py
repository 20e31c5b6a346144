"""The Bot API's form of a request and of an answer, over `channels.transport`.

The bot's token is part of every address, of files too, and is taken out of whatever the platform says.
"""

from collections.abc import Mapping

import msgspec
from aiohttp import ClientResponse, ClientSession, ClientTimeout, FormData

from channels.telegram.error_codes import send_error
from channels.transport import (
    JSON_TYPE,
    MEDIA_TIMEOUT,
    Request,
    answered,
    fetched,
    form,
    json_bytes,
    read,
    refuse_failure,
    retry_after,
    unreadable,
)
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, OutboundFile

# A sent message comes back whole, with the one it replies to.
MAX_ANSWER = 1024 * 1024
# A hundred updates of the longest kind are some ten megabytes.
MAX_UPDATES = 16 * 1024 * 1024

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Call(Record, kw_only=True):
    """One method to be called. fields: as the method names them. file: under its field's name.

    delivers: a customer gets something when it is taken. longest: the answer, in bytes.
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
        request = Request(
            address=self._methods + call.method,
            headers={} if call.file else {"Content-Type": JSON_TYPE},
            body=_body(call),
            delivers=call.delivers,
            timeout=call.timeout or (MEDIA_TIMEOUT if call.file else None),
        )
        async with answered(self._session, request) as response:
            return await self._result(response, request, call.longest)

    async def fetch(self, path: str, limit: int, media_type: str) -> FetchedMedia:
        """A file of at most `limit` bytes. media_type: what it is where the platform says nothing better."""
        request = Request(verb="GET", address=self._files + path, timeout=MEDIA_TIMEOUT)
        async with answered(self._session, request) as response:
            if response.status != 200:
                await self._result(response, request, MAX_ANSWER)
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            return await fetched(response, limit, media_type)

    async def _result(self, response: ClientResponse, request: Request, longest: int) -> bytes:
        refuse_failure(response, request)
        raw = await read(response, longest)
        try:
            answer = _answers.decode(raw) if raw is not None else None
        except _UNREADABLE:
            answer = None
        if answer is not None and not answer.ok and answer.error_code < 500:
            wait = answer.parameters.retry_after if answer.parameters else None
            description = answer.description.replace(self._token, "…")
            raise send_error(answer.error_code or response.status, description, wait or retry_after(response))
        if response.status >= 400:
            raise send_error(response.status, "", retry_after(response))
        if answer is None or not answer.ok or not bytes(answer.result):
            raise unreadable(response, request)
        return bytes(answer.result)


def _body(call: Call) -> bytes | FormData:
    if call.file is None:
        return json_bytes(call.fields)
    fields = {
        name: value if isinstance(value, str) else json_bytes(value).decode() for name, value in call.fields.items()
    }
    return form(*call.file, fields)
