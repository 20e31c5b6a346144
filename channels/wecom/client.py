"""The platform's API, as far as the hub needs it, over one shared access token. Raises only SendError.

Sources, developer.work.weixin.qq.com/document/path/: 91039 (gettoken), 94670 (sync_msg), 94677 (send_msg),
95122 (send_msg_on_event), 94669 (service_state), 95159 (customer/batchget), 94645 (servicer/list), 94661
(account/list), 90253 and 90254 (media).
"""

import hashlib
from collections.abc import Mapping, Sequence

from aiohttp import ClientSession

from channels.wecom.config import WeComConfig
from channels.wecom.error_codes import MEANINGS
from channels.wx.api import TokenApi, access_token
from channels.wx.transport import Answer
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import AccessToken, FetchedMedia, SharedTokens

# The platform gives at most 1,000; a page of 200 is one write of the journal.
PAGE = 200
# Bytes of a page: 200 messages are some 100 KiB; forwarded conversations are longer.
MAX_PAGE = 16 * 1024 * 1024
# Customers in one question about who they are.
MAX_CUSTOMERS = 100


class WeComClient:
    def __init__(self, config: WeComConfig, session: ClientSession, tokens: SharedTokens, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._api = TokenApi(
            session,
            tokens,
            base=config.api_base,
            token_key=_token_key(config),
            fetch_token=self.fetch_token,
            meanings=MEANINGS,
        )

    async def sync(self, cursor: str, token: str) -> Answer:
        """A page from `cursor`; without a token the platform answers less often (45009)."""
        body: dict[str, object] = {"open_kfid": self._config.open_kfid, "limit": PAGE, "voice_format": 0}
        body |= {"cursor": cursor} if cursor else {}
        body |= {"token": token} if token else {}
        return await self._api.post("/cgi-bin/kf/sync_msg", body, limit=MAX_PAGE)

    async def send(self, customer: str, kind: str, content: Mapping[str, object]) -> Answer:
        body = {"touser": customer, "open_kfid": self._config.open_kfid, "msgtype": kind, kind: content}
        return await self._api.post("/cgi-bin/kf/send_msg", body, delivers=True)

    async def answer_event(self, code: str, kind: str, content: Mapping[str, object]) -> Answer:
        """What an event's code permits: one message, within the time the platform gives."""
        return await self._api.post(
            "/cgi-bin/kf/send_msg_on_event", {"code": code, "msgtype": kind, kind: content}, delivers=True
        )

    async def state(self, customer: str) -> Answer:
        body = {"open_kfid": self._config.open_kfid, "external_userid": customer}
        return await self._api.post("/cgi-bin/kf/service_state/get", body)

    async def change_state(self, customer: str, state: int, servicer: str = "") -> Answer:
        body = {"open_kfid": self._config.open_kfid, "external_userid": customer, "service_state": state}
        body |= {"servicer_userid": servicer} if servicer else {}
        return await self._api.post("/cgi-bin/kf/service_state/trans", body)

    async def customers(self, customers: Sequence[str]) -> Answer:
        return await self._api.post("/cgi-bin/kf/customer/batchget", {"external_userid_list": list(customers)})

    async def servicers(self) -> Answer:
        return await self._api.get("/cgi-bin/kf/servicer/list", open_kfid=self._config.open_kfid)

    async def accounts(self, offset: int) -> Answer:
        return await self._api.post("/cgi-bin/kf/account/list", {"offset": offset, "limit": 100})

    async def upload(self, kind: str, data: bytes, media_type: str, file_name: str) -> str:
        return await self._api.upload("/cgi-bin/media/upload", kind, data, media_type, file_name)

    async def download(self, media_id: str, limit: int) -> FetchedMedia:
        found = await self._api.download("/cgi-bin/media/get", media_id, limit)
        if not isinstance(found, FetchedMedia):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a file")
        return found

    async def fetch_token(self) -> AccessToken:
        """Idempotent while the token lives, so asking does not end the one others use."""
        query = {"corpid": self._config.corp_id, "corpsecret": self._config.secret}
        answer = await self._api.ask_without_token("GET", "/cgi-bin/gettoken", query, None)
        return access_token(answer, self._clock.now())


def _token_key(config: WeComConfig) -> str:
    """A company has a token for each of its secrets; channels of several accounts with one secret share one."""
    secret = hashlib.sha256(config.secret.encode()).hexdigest()[:16]
    return f"wecom:{config.api_base}:{config.corp_id}:{secret}"
