"""The platform's API, as far as the hub needs it. Raises only SendError.

Source: developers.line.biz/en/reference/messaging-api/
"""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from aiohttp import ClientResponse, ClientSession

from channels.line.config import LineConfig
from channels.line.error_codes import is_stale_token, platform_code, read_refusal, send_error
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
from scrm.ports.channel import FetchedMedia, MediaRef

MAX_ANSWER = 64 * 1024
RETRY_KEY = "X-Line-Retry-Key"
# Says, with a 409, that the same key was taken before: developers.line.biz/en/docs/messaging-api/retrying-api-request/
ACCEPTED = "x-line-accepted-request-id"
# A film is being made ready for whoever asks for it (#get-content, #verify-video-or-audio-preparation-status).
PREPARING = 202
FAILED = "failed"
ROOM = "R"  # what ids of multi-person chats begin with; those of groups with C
MESSAGE_ID = re.compile(r"[0-9A-Za-z_\-]{1,64}")

Object = Mapping[str, object]
T = TypeVar("T")


class Bot(Record, kw_only=True, rename="camel"):
    user_id: str
    display_name: str = ""
    basic_id: str = ""


class Person(Record, kw_only=True, rename="camel"):
    display_name: str = ""
    picture_url: str = ""
    language: str = ""


class Endpoint(Record, kw_only=True):
    endpoint: str = ""
    active: bool = False


class Quota(Record, kw_only=True):
    """type: limited or none. value: of this month."""

    type: str = ""
    value: int = 0


class _Usage(Record, kw_only=True, rename="camel"):
    total_usage: int = 0


class _Group(Record, kw_only=True, rename="camel"):
    group_name: str = ""


class _Status(Record, kw_only=True):
    status: str = ""


class _Sent(Record, kw_only=True):
    id: str


class _Taken(Record, kw_only=True, rename="camel"):
    sent_messages: tuple[_Sent, ...]


class LineClient:
    def __init__(self, config: LineConfig, session: ClientSession) -> None:
        self._session = session
        self._config = config

    # Out

    async def push(self, to: str, message: Object, key: str) -> str:
        """The message's id at the platform. Whoever sends the same key again within a day hears what became of the
        first, so a lost answer may be asked for again."""
        request = self._request("POST", "/v2/bot/message/push", {"to": to, "messages": [message]}, key=key)
        try:
            async with answered(self._session, request) as response:
                if response.status == 409 and response.headers.get(ACCEPTED):
                    return _id_of(await read(response, MAX_ANSWER))
                return await self._taken(response, request)
        except SendError as error:
            if error.certain:
                raise
            raise SendError(
                error.code, certain=False, repeatable=True, detail=error.detail, platform_code=error.platform_code
            ) from None

    async def reply(self, token: str, message: Object) -> str | None:
        """The message's id, or None where the token is used or no longer good: then nothing was sent."""
        request = self._request("POST", "/v2/bot/message/reply", {"replyToken": token, "messages": [message]})
        async with answered(self._session, request) as response:
            if response.status == 400:
                refusal = read_refusal(await read(response, MAX_ANSWER))
                if is_stale_token(400, refusal):
                    return None
                raise send_error(400, refusal)
            return await self._taken(response, request)

    async def typing(self, user: str, seconds: int) -> None:
        await self._ask("POST", "/v2/bot/chat/loading/start", {"chatId": user, "loadingSeconds": seconds})

    # The account

    async def me(self) -> Bot:
        return _decoded(await self._ask("GET", "/v2/bot/info"), Bot)

    async def usage(self) -> tuple[int, Quota]:
        """Messages sent this month, and what may be."""
        quota = _decoded(await self._ask("GET", "/v2/bot/message/quota"), Quota)
        used = _decoded(await self._ask("GET", "/v2/bot/message/quota/consumption"), _Usage)
        return used.total_usage, quota

    async def endpoint(self) -> Endpoint:
        """Where the platform pushes to; empty where it was never told."""
        try:
            return _decoded(await self._ask("GET", "/v2/bot/channel/webhook/endpoint"), Endpoint)
        except SendError as error:
            if error.platform_code.startswith("404"):
                return Endpoint()
            raise

    async def push_to(self, address: str) -> None:
        await self._ask("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": address})

    # People and what they sent

    async def person(self, user: str, chat: str) -> Person | None:
        """None where the platform tells nothing of them: who is no friend of the account, or has not agreed."""
        place = f"/v2/bot/profile/{user}" if not chat else f"/v2/bot/{_kind(chat)}/{chat}/member/{user}"
        try:
            return _decoded(await self._ask("GET", place), Person)
        except SendError as error:
            if error.platform_code.startswith("404"):
                return None
            raise

    async def group_name(self, chat: str) -> str:
        """ "" for what has none."""
        if chat.startswith(ROOM):
            return ""
        try:
            return _decoded(await self._ask("GET", f"/v2/bot/group/{chat}/summary"), _Group).group_name
        except SendError as error:
            if error.platform_code.startswith("404"):
                return ""
            raise

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        if not MESSAGE_ID.fullmatch(ref.source):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="no message's id")
        address = f"{self._config.data_base}/v2/bot/message/{ref.source}/content"
        request = Request(address=address, verb="GET", headers=self._headers(), timeout=MEDIA_TIMEOUT)
        async with answered(self._session, request) as response:
            refuse_failure(response, request)
            if response.status == 200:
                return await fetched(response, limit, ref.media_type)
            if response.status != PREPARING:
                raise await self._refused(response, gone=True)
        status = _decoded(await self._fetch(f"{address}/transcoding"), _Status).status
        if status == FAILED:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the platform could not make it ready")
        raise SendError(SendErrorCode.PLATFORM_BUSY, retryable=True, detail="the platform is making it ready")

    # One request

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._config.access_token}"}

    def _request(self, verb: str, path: str, body: Object | None = None, *, key: str = "") -> Request:
        headers = self._headers() | ({"Content-Type": JSON_TYPE} if body is not None else {})
        return Request(
            address=self._config.api_base + path,
            verb=verb,
            headers=headers | ({RETRY_KEY: key} if key else {}),
            body=json_bytes(body) if body is not None else None,
            delivers=path in ("/v2/bot/message/push", "/v2/bot/message/reply"),
        )

    async def _ask(self, verb: str, path: str, body: Object | None = None) -> bytes:
        return await self._answer(self._request(verb, path, body))

    async def _fetch(self, address: str) -> bytes:
        return await self._answer(Request(address=address, verb="GET", headers=self._headers()))

    async def _answer(self, request: Request) -> bytes:
        async with answered(self._session, request) as response:
            refuse_failure(response, request)
            if response.status >= 400:
                raise await self._refused(response)
            raw = await read(response, MAX_ANSWER)
        if raw is None:
            raise unreadable(response, request)
        return raw

    async def _taken(self, response: ClientResponse, request: Request) -> str:
        refuse_failure(response, request)
        if response.status >= 400:
            raise await self._refused(response)
        raw = await read(response, MAX_ANSWER)
        try:
            taken = msgspec.json.decode(raw or b"", type=_Taken)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise unreadable(response, request) from None
        return taken.sent_messages[0].id if taken.sent_messages else ""

    async def _refused(self, response: ClientResponse, *, gone: bool = False) -> SendError:
        """gone: it was a file that was asked for, and is no longer kept, or was taken back."""
        refusal = read_refusal(await read(response, MAX_ANSWER))
        if gone and response.status in (404, 410):
            code = platform_code(response.status, str(refusal))
            return SendError(SendErrorCode.MEDIA_REFUSED, platform_code=code)
        return send_error(response.status, refusal, retry_after(response))


def _kind(chat: str) -> str:
    return "room" if chat.startswith(ROOM) else "group"


def _decoded(answer: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="the answer cannot be read") from None


def _id_of(answer: bytes | None) -> str:
    """Taken it was, whatever else the answer says."""
    try:
        taken = msgspec.json.decode(answer or b"", type=_Taken)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return taken.sent_messages[0].id if taken.sent_messages else ""
