"""The platform's API, as far as the hub needs it. Raises only SendError.

Sources, open.weibo.com/wiki/: 发送客服消息 (messages/reply), 2/comments/reply, C/2/comments/to_me, 接收普通消息
(mss/msget), 获取用户基本信息 (eps/user/info), Oauth2/get_token_info. Errors are {"request", "error_code", "error"}.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import ClientResponse, ClientSession

from channels.transport import (
    MEDIA_TIMEOUT,
    Request,
    answered,
    fetched,
    json_bytes,
    lost,
    read,
    refuse_failure,
    retry_after,
    unreadable,
)
from channels.weibo.config import WeiboConfig
from channels.weibo.error_codes import MEANINGS, Meaning
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import FetchedMedia

FORM = "application/x-www-form-urlencoded; charset=utf-8"
# A page of 50 comments, each with its author, its post and the post's author.
MAX_ANSWER = 4 * 1024 * 1024
MAX_SAID = 64 * 1024
PAGE = 50
# What an accepted private message is answered with; one of them is enough.
ACCEPTED = ("result", "sender_id", "receiver_id")

Answer = dict[str, object]


class WeiboClient:
    def __init__(self, config: WeiboConfig, session: ClientSession) -> None:
        self._config = config
        self._session = session

    async def send(self, receiver: str, text: str) -> Answer:
        """A private message; it stands in the account's own box too."""
        data = json_bytes({"text": text}).decode()
        fields = {"type": "text", "data": data, "receiver_id": receiver, "save_sender_box": "1"}
        address = f"{self._config.fans}/2/messages/reply.json"
        answer = await self._post(address, self._config.access_token, fields, delivers=True, proofs=ACCEPTED)
        if answer.get("result") is False:
            raise SendError(SendErrorCode.PLATFORM_ERROR, detail="the platform said that it did not")
        return answer

    async def reply_comment(self, comment_id: str, status_id: str, text: str) -> Answer:
        """A comment under the one it answers, for everybody to read."""
        fields = {"cid": comment_id, "id": status_id, "comment": text}
        address = f"{self._config.api}/2/comments/reply.json"
        return await self._post(address, self._config.comments_token, fields, delivers=True, proofs=("id", "idstr"))

    async def comments(self, since_id: str, max_id: str) -> Answer:
        """Newest first, those after `since_id` and not after `max_id`, where they are given."""
        query = {"count": str(PAGE)}
        query |= {"since_id": since_id} if since_id else {}
        query |= {"max_id": max_id} if max_id else {}
        return await self._get(f"{self._config.api}/2/comments/to_me.json", self._config.comments_token, query)

    async def token_info(self, token: str) -> Answer:
        return await self._post(f"{self._config.api}/oauth2/get_token_info", token, {}, proofs=("uid",))

    async def person(self, uid: str) -> Answer:
        return await self._get(f"{self._config.api}/2/eps/user/info.json", self._config.access_token, {"uid": uid})

    async def file(self, file_id: str, limit: int) -> FetchedMedia:
        query = {"access_token": self._config.access_token, "fid": file_id}
        request = Request(address=f"{self._config.upload}/2/mss/msget", verb="GET", query=query, timeout=MEDIA_TIMEOUT)
        async with answered(self._session, request) as response:
            if response.status != 200 or response.content_type in ("application/json", "text/html"):
                await self._answer(response, request, self._config.access_token)
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail="not a file")
            return await fetched(response, limit, "application/octet-stream")

    async def _get(self, address: str, token: str, query: Mapping[str, str]) -> Answer:
        request = Request(address=address, verb="GET", query={"access_token": token, **query})
        async with answered(self._session, request) as response:
            return await self._answer(response, request, token)

    async def _post(
        self,
        address: str,
        token: str,
        fields: Mapping[str, str],
        *,
        delivers: bool = False,
        proofs: tuple[str, ...] = (),
    ) -> Answer:
        """proofs: fields of which an answer that means success has one. The token goes in the body, not the address."""
        mended = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
        body = urlencode({"access_token": token, **mended}).encode()
        request = Request(address=address, headers={"Content-Type": FORM}, body=body, delivers=delivers)
        async with answered(self._session, request) as response:
            answer = await self._answer(response, request, token)
            if not any(name in answer for name in proofs):
                raise unreadable(response, request)
            return answer

    async def _answer(self, response: ClientResponse, request: Request, token: str) -> Answer:
        """The platform's own error comes before the status: it is sent with 400, 403, and sometimes 500."""
        raw = await read(response, MAX_ANSWER if request.verb == "GET" else MAX_SAID)
        found = None if raw is None else _object(raw)
        code = _code(found) if found is not None else None
        if found is not None and code is not None:
            raise _refused(request, code, _words(found, token))
        if response.status == 429:
            raise SendError(
                SendErrorCode.RATE_LIMITED,
                retryable=True,
                platform_code="HTTP 429",
                retry_after=retry_after(response),
            )
        refuse_failure(response, request)
        if response.status >= 400:
            raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {response.status}")
        if found is None:
            raise unreadable(response, request)
        return found


def _refused(request: Request, code: int, words: str) -> SendError:
    meaning = MEANINGS.get(code, Meaning(code=SendErrorCode.PLATFORM_ERROR))
    if meaning.lost:
        return lost(request, meaning.code, detail=words, platform_code=str(code))
    return SendError(
        meaning.code,
        retryable=meaning.retryable,
        retry_after=meaning.retry_after,
        platform_code=str(code),
        detail=words,
    )


def _object(raw: bytes) -> Answer | None:
    try:
        found = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _code(answer: Answer) -> int | None:
    """Written as a number or as digits; None where the answer is no error."""
    value = answer.get("error_code")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value else None


def _words(answer: Answer, token: str) -> str:
    """The platform's own; never the token, should it repeat that."""
    said = answer.get("error")
    text = said.replace(token, "…") if isinstance(said, str) and token else ""
    return "".join(character for character in text if character.isprintable())[:200]
