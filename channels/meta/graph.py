"""Requests to the Graph API with an account's token, and its answers. Raises only SendError.

The token goes in a header, never in an address. Sources: developers.facebook.com/docs/graph-api/overview,
.../guides/error-handling, .../guides/secure-requests.
"""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientResponse, ClientSession, FormData

from channels.meta.errors import Failure, Meanings, send_error
from channels.meta.signed import app_secret_proof
from channels.transport import (
    JSON_TYPE,
    MEDIA_TIMEOUT,
    Request,
    answered,
    fetched,
    json_bytes,
    read,
    refuse_failure,
    retry_after,
    unreadable,
)
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia

DEFAULT_API_BASE = "https://graph.facebook.com/v25.0"
# An answer is a few hundred bytes; a list has a limit of its own.
MAX_ANSWER = 64 * 1024
MAX_WORDS = 300
# Where the platform keeps customers' files; an address anywhere else is not asked, and none of these over plain HTTP.
MEDIA_HOSTS = (".fbsbx.com", ".fbcdn.net")

T = TypeVar("T")
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Details(Record, kw_only=True):
    details: str = ""


class _Error(Record, kw_only=True):
    code: int
    error_subcode: int = 0
    message: str = ""
    error_data: _Details | None = None


class _Refusal(Record, kw_only=True):
    error: _Error


class Graph:
    def __init__(
        self, session: ClientSession, *, api_base: str, access_token: str, app_secret: str, meanings: Meanings
    ) -> None:
        """api_base: with the version, without a final slash. meanings: of the platform's own codes."""
        self._session = session
        self._base = api_base
        self._token = access_token
        self._secret = app_secret
        self._meanings = meanings
        self._query = {"appsecret_proof": app_secret_proof(access_token, app_secret)}
        self._headers = {"Authorization": f"Bearer {access_token}"}

    async def get(self, path: str, form: type[T], query: Mapping[str, str], *, longest: int = MAX_ANSWER) -> T:
        return await self._ask(self._request("GET", path, query), form, longest)

    async def post(self, path: str, fields: Mapping[str, object], form: type[T], *, delivers: bool = False) -> T:
        return await self._ask(self._request("POST", path, {}, json_bytes(fields), delivers=delivers), form, MAX_ANSWER)

    async def upload(self, path: str, body: FormData, form: type[T]) -> T:
        return await self._ask(self._request("POST", path, {}, body), form, MAX_ANSWER)

    async def fetch(self, address: str, limit: int, media_type: str, *, with_token: bool) -> FetchedMedia:
        """A file of at most `limit` bytes from where the platform keeps them. media_type: what it is where the platform
        says nothing better. with_token: the address alone does not open it."""
        if not self._keeps_media(address):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not an address of the platform's")
        request = Request(
            address=address,
            verb="GET",
            headers=self._headers if with_token else {},
            timeout=MEDIA_TIMEOUT,
            encoded=True,
        )
        async with answered(self._session, request) as response:
            refuse_failure(response, request)
            if response.status != 200:
                await self._refused(response, request, await read(response, MAX_ANSWER))
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            return await fetched(response, limit, media_type)

    def _request(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | FormData | None = None,
        *,
        delivers: bool = False,
    ) -> Request:
        return Request(
            address=f"{self._base}/{path}",
            verb=verb,
            query={**query, **self._query},
            headers=self._headers | ({"Content-Type": JSON_TYPE} if isinstance(body, bytes) else {}),
            body=body,
            delivers=delivers,
            timeout=MEDIA_TIMEOUT if isinstance(body, FormData) else None,
        )

    async def _ask(self, request: Request, form: type[T], limit: int) -> T:
        async with answered(self._session, request) as response:
            body = await read(response, limit)
            await self._refused(response, request, body)
            refuse_failure(response, request)
            if response.status == 429:
                raise SendError(
                    SendErrorCode.RATE_LIMITED,
                    retryable=True,
                    retry_after=retry_after(response),
                    platform_code="HTTP 429",
                )
            if response.status >= 400:
                raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {response.status}")
            try:
                return msgspec.json.decode(body or b"", type=form)
            except _UNREADABLE:
                raise unreadable(response, request) from None

    async def _refused(self, response: ClientResponse, request: Request, body: bytes | None) -> None:
        """Raises the error that the answer says it is, whatever its status: the platform fails in words."""
        if response.status < 400:
            return
        try:
            error = msgspec.json.decode(body or b"", type=_Refusal).error
        except _UNREADABLE:
            return
        failure = Failure(code=error.code, subcode=error.error_subcode, words=self._words(error))
        raise send_error(failure, self._meanings, delivers=request.delivers, retry_after=retry_after(response))

    def _words(self, error: _Error) -> str:
        """The platform's, of which some quote the token they refuse."""
        words = (error.error_data.details if error.error_data else "") or error.message
        for secret in (self._token, self._secret):
            words = words.replace(secret, "…")
        return "".join(character for character in words if character.isprintable())[:MAX_WORDS]

    def _keeps_media(self, address: str) -> bool:
        try:
            parts, own = urlsplit(address), urlsplit(self._base)
            at_home = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
            known = parts.scheme == "https" and f".{parts.hostname}".endswith(MEDIA_HOSTS) and parts.port in (None, 443)
            return (at_home or known) and parts.username is None and len(address) <= 4096
        except ValueError:
            return False
