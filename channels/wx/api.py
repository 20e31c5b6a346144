"""A platform's API over one access token that every process shares. Raises only SendError.

The token is fetched anew, and the request made once more, when the platform calls it stale; never a third time.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from aiohttp import ClientSession, ClientTimeout, FormData

from channels.transport import MEDIA_TIMEOUT, json_bytes
from channels.wx.errors import Meanings
from channels.wx.transport import MAX_ANSWER, Answer, Call, ask, fetch
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import AccessToken, FetchedMedia, SharedTokens

# The platforms refuse a token with these; another process may have put a newer one in place.
STALE_TOKEN = frozenset({"40001", "40014", "42001"})
MAX_TOKEN = 4096
# The platforms' tokens live two hours; one that claims to live longer is asked for again anyway.
LONGEST_TOKEN_LIFE = 7200

T = TypeVar("T")


class TokenApi:
    def __init__(
        self,
        session: ClientSession,
        tokens: SharedTokens,
        *,
        base: str,
        token_key: str,
        fetch_token: Callable[[], Awaitable[AccessToken]],
        meanings: Meanings,
    ) -> None:
        """base: without a final slash. token_key: names the token among all that the hub shares."""
        self._session = session
        self._tokens = tokens
        self._base = base
        self._token_key = token_key
        self._fetch_token = fetch_token
        self._meanings = meanings

    async def post(
        self, path: str, body: Mapping[str, object], *, delivers: bool = False, limit: int = MAX_ANSWER
    ) -> Answer:
        """delivers: a customer gets something when it is taken. limit: bytes of the answer."""
        data = json_bytes(body)

        async def attempt(token: str) -> Answer:
            query = {"access_token": token}
            return await ask(self._session, self._call("POST", path, query, data, delivers=delivers), limit)

        return await self._with_token(attempt)

    async def get(self, path: str, *, limit: int = MAX_ANSWER, **query: str) -> Answer:
        async def attempt(token: str) -> Answer:
            return await ask(self._session, self._call("GET", path, {"access_token": token, **query}), limit)

        return await self._with_token(attempt)

    async def upload(self, path: str, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        """Hand the platform a file, which it keeps for three days; its media id."""

        async def attempt(token: str) -> Answer:
            form = FormData()
            form.add_field("media", data, content_type=media_type, filename=file_name)
            query = {"access_token": token, "type": kind}
            return await ask(self._session, self._call("POST", path, query, form, timeout=MEDIA_TIMEOUT))

        media_id = (await self._with_token(attempt)).get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="no media_id in the answer")
        return media_id

    async def download(self, path: str, media_id: str, limit: int) -> FetchedMedia | Answer:
        """A file of at most `limit` bytes, or what the platform answered instead."""

        async def attempt(token: str) -> FetchedMedia | Answer:
            query = {"access_token": token, "media_id": media_id}
            return await fetch(self._session, self._call("GET", path, query, timeout=MEDIA_TIMEOUT), limit)

        return await self._with_token(attempt)

    async def ask_without_token(self, method: str, path: str, query: Mapping[str, str], body: bytes | None) -> Answer:
        return await ask(self._session, self._call(method, path, query, body))

    def url(self, path: str) -> str:
        return self._base + path

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | FormData | None = None,
        *,
        delivers: bool = False,
        timeout: ClientTimeout | None = None,
    ) -> Call:
        return Call(
            method=method,
            address=self.url(path),
            query=query,
            body=body,
            delivers=delivers,
            timeout=timeout,
            meanings=self._meanings,
        )

    async def _with_token(self, attempt: Callable[[str], Awaitable[T]]) -> T:
        token = await self._tokens.obtain(self._token_key, self._fetch_token)
        try:
            return await attempt(token)
        except SendError as error:
            if error.platform_code not in STALE_TOKEN:
                raise
        return await attempt(await self._tokens.obtain(self._token_key, self._fetch_token, stale=token))


def access_token(answer: Answer, now: datetime) -> AccessToken:
    """Raises SendError where there is none in the answer."""
    value, life = answer.get("access_token"), answer.get("expires_in")
    if not (isinstance(value, str) and 0 < len(value) <= MAX_TOKEN) or type(life) is not int or life <= 0:
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="no token in the answer")
    return AccessToken(value=value, expires_at=now + timedelta(seconds=min(life, LONGEST_TOKEN_LIFE)))
