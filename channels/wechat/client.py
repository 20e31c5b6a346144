"""The platform's API, as far as the hub needs it, over one shared access token. Raises only SendError.

Sources: developers.weixin.qq.com/doc/offiaccount/ — Basic_Information/getStableAccessToken.html,
Message_Management/Service_Center_messages.html, Asset_Management/New_temporary_materials.html,
Asset_Management/Get_temporary_materials.html, User_Management/Get_users_basic_information_UnionID.html.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from aiohttp import ClientSession

from channels.transport import MEDIA_TIMEOUT, json_bytes
from channels.wechat import templates
from channels.wechat.config import WeChatConfig
from channels.wechat.error_codes import MEANINGS
from channels.wechat.tools import AccountTools
from channels.wx.api import TokenApi, access_token
from channels.wx.transport import Answer, Call, fetch
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.model.message import TemplateUse
from scrm.ports.abilities import PlatformTemplate
from scrm.ports.channel import AccessToken, FetchedMedia, SharedTokens

# Where the platform keeps customers' videos; an address anywhere else is not followed.
VIDEO_HOSTS = (".qq.com", ".qpic.cn")


class WeChatClient:
    def __init__(self, config: WeChatConfig, session: ClientSession, tokens: SharedTokens, clock: Clock) -> None:
        self._config = config
        self._session = session
        self._clock = clock
        self._api = TokenApi(
            session,
            tokens,
            base=config.api_base,
            token_key=f"wechat:{config.api_base}:{config.app_id}",
            fetch_token=self.fetch_token,
            meanings=MEANINGS,
        )
        self.tools = AccountTools(self._api, session, clock, config.api_base)

    async def templates(self) -> Sequence[PlatformTemplate]:
        return await templates.fetch(self._api)

    async def send_template(self, openid: str, use: TemplateUse, message_id: str) -> Answer:
        return await templates.send(self._api, openid, use, message_id)

    async def custom_send(self, body: Mapping[str, object]) -> Answer:
        """The one request that hands something to a customer."""
        return await self._api.post("/cgi-bin/message/custom/send", body, delivers=True)

    async def typing(self, openid: str) -> None:
        await self._api.post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})

    async def user_info(self, openid: str) -> Answer:
        return await self._api.get("/cgi-bin/user/info", openid=openid, lang="zh_CN")

    async def api_addresses(self) -> Answer:
        """Addresses of the platform: of no use, but it takes a good token, an allowed address and nothing else."""
        return await self._api.get("/cgi-bin/get_api_domain_ip")

    async def upload(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        """Hand the platform a file, which it keeps for three days; its media id."""
        return await self._api.upload("/cgi-bin/media/upload", kind, data, media_type, file_name)

    async def download(self, media_id: str, limit: int) -> FetchedMedia:
        """A customer's file, at most `limit` bytes; a video comes as an address, which is followed once."""
        found = await self._api.download("/cgi-bin/media/get", media_id, limit)
        if not isinstance(found, FetchedMedia):
            address = found.get("video_url")
            if not isinstance(address, str) or not self._keeps_videos(address):
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail="neither a file nor the address of one")
            found = await fetch(
                self._session, Call(method="GET", address=address, timeout=MEDIA_TIMEOUT, meanings=MEANINGS), limit
            )
        if not isinstance(found, FetchedMedia):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a file")
        return found

    async def fetch_token(self) -> AccessToken:
        """Ask for the account's token; never forced, so that asking does not end the one others use."""
        config = self._config
        body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}
        try:
            answer = await self._api.ask_without_token("POST", "/cgi-bin/stable_token", {}, json_bytes(body))
        except SendError as error:
            if error.platform_code == "40001":  # here 40001 says that the secret is wrong
                raise SendError(
                    SendErrorCode.CREDENTIALS_REFUSED, platform_code=error.platform_code, detail=error.detail
                ) from None
            raise
        return access_token(answer, self._clock.now())

    def _keeps_videos(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            own = urlsplit(self._config.api_base)
            at_home = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
            return at_home or (parts.scheme in ("http", "https") and f".{parts.hostname}".endswith(VIDEO_HOSTS))
        except ValueError:
            return False
