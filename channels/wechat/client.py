"""The platform's API, as far as the hub needs it, over one shared access token. Raises only SendError.

Sources: developers.weixin.qq.com/doc/offiaccount/ — Basic_Information/getStableAccessToken.html,
Message_Management/Service_Center_messages.html, Asset_Management/New_temporary_materials.html,
Asset_Management/Get_temporary_materials.html, User_Management/Get_users_basic_information_UnionID.html.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientSession, FormData

from channels.wechat.config import WeChatConfig
from channels.wechat.error_codes import STALE_TOKEN
from channels.wechat.transport import MEDIA_TIMEOUT, Answer, Call, ask, fetch
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import AccessToken, FetchedMedia, SharedTokens

# Where the platform keeps customers' videos; an address anywhere else is not followed.
VIDEO_HOSTS = (".qq.com", ".qpic.cn")
MAX_TOKEN = 4096
# The platform's tokens live two hours; one that claims to live longer is asked for again anyway.
LONGEST_TOKEN_LIFE = 7200

T = TypeVar("T")


class WeChatClient:
    def __init__(self, config: WeChatConfig, session: ClientSession, tokens: SharedTokens, clock: Clock) -> None:
        self._config = config
        self._session = session
        self._tokens = tokens
        self._clock = clock
        self._token_key = f"wechat:{config.api_base}:{config.app_id}"

    async def custom_send(self, body: Mapping[str, object]) -> Answer:
        """The one request that hands something to a customer."""
        return await self._post("/cgi-bin/message/custom/send", body, delivers=True)

    async def typing(self, openid: str) -> None:
        await self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})

    async def user_info(self, openid: str) -> Answer:
        return await self._get("/cgi-bin/user/info", openid=openid, lang="zh_CN")

    async def api_addresses(self) -> Answer:
        """Addresses of the platform: of no use, but it takes a good token, an allowed address and nothing else."""
        return await self._get("/cgi-bin/get_api_domain_ip")

    async def upload(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        """Hand the platform a file, which it keeps for three days; its media id."""

        async def attempt(token: str) -> Answer:
            form = FormData()
            form.add_field("media", data, content_type=media_type, filename=file_name)
            query = {"access_token": token, "type": kind}
            return await ask(
                self._session, Call("POST", self._url("/cgi-bin/media/upload"), query, form, timeout=MEDIA_TIMEOUT)
            )

        media_id = (await self._with_token(attempt)).get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="no media_id in the answer")
        return media_id

    async def download(self, media_id: str, limit: int) -> FetchedMedia:
        """A customer's file, at most `limit` bytes; a video comes as an address, which is followed once."""

        async def attempt(token: str) -> FetchedMedia | Answer:
            query = {"access_token": token, "media_id": media_id}
            call = Call("GET", self._url("/cgi-bin/media/get"), query, timeout=MEDIA_TIMEOUT)
            return await fetch(self._session, call, limit)

        found = await self._with_token(attempt)
        if not isinstance(found, FetchedMedia):
            address = found.get("video_url")
            if not isinstance(address, str) or not self._keeps_videos(address):
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail="neither a file nor the address of one")
            found = await fetch(self._session, Call("GET", address, {}, timeout=MEDIA_TIMEOUT), limit)
        if not isinstance(found, FetchedMedia):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a file")
        return found

    async def fetch_token(self) -> AccessToken:
        """Ask for the account's token; never forced, so that asking does not end the one others use."""
        config = self._config
        body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}
        try:
            answer = await ask(self._session, Call("POST", self._url("/cgi-bin/stable_token"), {}, _json(body)))
        except SendError as error:
            if error.platform_code == "40001":  # here 40001 says that the secret is wrong
                raise SendError(
                    SendErrorCode.CREDENTIALS_REFUSED, platform_code=error.platform_code, detail=error.detail
                ) from None
            raise
        value, life = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(value, str) and 0 < len(value) <= MAX_TOKEN) or type(life) is not int or life <= 0:
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="no token in the answer")
        expires_at = self._clock.now() + timedelta(seconds=min(life, LONGEST_TOKEN_LIFE))
        return AccessToken(value=value, expires_at=expires_at)

    async def _post(self, path: str, body: Mapping[str, object], *, delivers: bool = False) -> Answer:
        data = _json(body)

        async def attempt(token: str) -> Answer:
            call = Call("POST", self._url(path), {"access_token": token}, data, delivers=delivers)
            return await ask(self._session, call)

        return await self._with_token(attempt)

    async def _get(self, path: str, **query: str) -> Answer:
        async def attempt(token: str) -> Answer:
            return await ask(self._session, Call("GET", self._url(path), {"access_token": token, **query}))

        return await self._with_token(attempt)

    async def _with_token(self, attempt: Callable[[str], Awaitable[T]]) -> T:
        """Once more, with a token fetched anew, when the platform calls this one stale; never a third time."""
        token = await self._tokens.obtain(self._token_key, self.fetch_token)
        try:
            return await attempt(token)
        except SendError as error:
            if error.platform_code not in STALE_TOKEN:
                raise
        return await attempt(await self._tokens.obtain(self._token_key, self.fetch_token, stale=token))

    def _url(self, path: str) -> str:
        return self._config.api_base + path

    def _keeps_videos(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            own = urlsplit(self._config.api_base)
            at_home = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
            return at_home or (parts.scheme in ("http", "https") and f".{parts.hostname}".endswith(VIDEO_HOSTS))
        except ValueError:
            return False


def _json(body: Mapping[str, object]) -> bytes:
    """Characters as they are: the platform shows \\u escapes to the customer. Half a character becomes `?`."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
