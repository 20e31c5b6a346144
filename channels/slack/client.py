"""The Web API's methods, as far as the hub needs them. Raises only SendError.

Source: docs.slack.dev/apis/web-api, docs.slack.dev/reference/methods
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import ClientResponse, ClientSession

from channels.slack.config import SlackConfig, is_slacks
from channels.slack.error_codes import MAYBE_DONE, send_error, shown
from channels.slack.payloads import id_of, ts_of
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
    safe_name,
    unreadable,
)
from channels.trees import Tree, part, text
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, MediaRef, OutboundFile

MAX_ANSWER = 128 * 1024
MOST_CHANNELS = 10_000
FORM = "application/x-www-form-urlencoded; charset=utf-8"
NOT_FOR_US = "the file cannot be read with this token: the app needs the scope files:read"


class Me(Record, kw_only=True):
    """scopes: what the token may do; None where Slack does not say."""

    workspace: str
    name: str
    user: str
    bot: bool
    scopes: frozenset[str] | None


class SlackClient:
    def __init__(self, config: SlackConfig, session: ClientSession) -> None:
        self._session = session
        self._config = config
        self._direct: dict[str, str] = {}

    # Out

    async def post(self, channel: str, written: str, thread: str) -> str:
        """The one request that hands a text to a customer; its number, "" where none is given. written: escaped."""
        fields = {"channel": channel, "text": written, "mrkdwn": "false", "thread_ts": thread}
        return ts_of((await self._ask("chat.postMessage", fields, delivers=True)).get("ts"))

    async def share(self, channel: str, file: OutboundFile, thread: str) -> None:
        """Three requests, of which the last hands the file to a customer. Which message it becomes is not told: Slack
        looks at the file first."""
        name = safe_name(file.file_name) or "file"
        place = await self._ask("files.getUploadURLExternal", {"filename": name, "length": str(len(file.data))})
        address, id_ = place.get("upload_url"), id_of(place.get("file_id"))
        if not isinstance(address, str) or not id_ or not is_slacks(address, self._config.api_base):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the platform gives the file no place of its own")
        headers = {"Content-Type": "application/octet-stream"}
        put = Request(address=address, body=file.data, headers=headers, timeout=MEDIA_TIMEOUT, encoded=True)
        async with answered(self._session, put) as response:
            _refuse(response, put)
            if response.status != 200:
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
        files = json_bytes([{"id": id_, "title": name}]).decode()
        fields = {"files": files, "channel_id": channel, "thread_ts": thread}
        await self._ask("files.completeUploadExternal", fields, delivers=True)

    async def direct_channel(self, user: str) -> str:
        """Where one person is written to."""
        if user not in self._direct:
            found = await self._ask("conversations.open", {"users": user})
            channel = id_of(part(found, "channel").get("id"))
            if not channel:
                raise SendError(SendErrorCode.RECIPIENT_UNKNOWN, detail="the platform gives no channel to the person")
            if len(self._direct) >= MOST_CHANNELS:
                self._direct.pop(next(iter(self._direct)))
            self._direct[user] = channel
        return self._direct[user]

    # Who and what there is

    async def me(self) -> Me:
        request = self._request("auth.test", {}, self._config.bot_token)
        async with answered(self._session, request) as response:
            found = await self._answer(response, request)
            said = response.headers.get("X-OAuth-Scopes")
        return Me(
            workspace=text(found.get("team")),
            name=text(found.get("user")),
            user=id_of(found.get("user_id")),
            bot=bool(id_of(found.get("bot_id"))),
            scopes=frozenset(each.strip() for each in said.split(",")) if said is not None else None,
        )

    async def user(self, user: str) -> Tree:
        return part(await self._ask("users.info", {"user": user, "include_locale": "true"}), "user")

    async def channel_name(self, channel: str) -> str:
        """ "" where the app may not know."""
        try:
            return text(part(await self._ask("conversations.info", {"channel": channel}), "channel").get("name"))
        except SendError as error:
            if error.code in (SendErrorCode.NOT_PERMITTED, SendErrorCode.RECIPIENT_UNKNOWN):
                return ""
            raise

    async def open_line(self) -> str:
        """An address for one line, good for a few seconds; there is a ticket in it."""
        found = await self._ask("apps.connections.open", {}, token=self._config.app_token)
        address = found.get("url")
        if not isinstance(address, str) or not is_slacks(address, self._config.api_base):
            raise SendError(SendErrorCode.PLATFORM_ERROR, detail="the platform gives no address of its own for a line")
        return address

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        """The token is shown to Slack only, whatever the message says. Slack sends whoever may not have a file to a
        page to sign in."""
        address = ref.source
        if id_of(address):
            file = part(await self._ask("files.info", {"file": address}), "file")
            address = text(file.get("url_private"), 4000)
        if not is_slacks(address, self._config.api_base):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the file does not lie at the platform")
        request = Request(
            address=address,
            verb="GET",
            headers=_bearer(self._config.bot_token),
            timeout=MEDIA_TIMEOUT,
        )
        async with answered(self._session, request) as response:
            if 300 <= response.status < 400 or response.status in (401, 403):
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail=NOT_FOR_US, platform_code=f"HTTP {response.status}")
            _refuse(response, request)
            if response.status != 200:
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            if response.content_type == "text/html" and not ref.media_type.startswith("text/"):
                raise SendError(SendErrorCode.MEDIA_REFUSED, detail=NOT_FOR_US)
            return await fetched(response, limit, ref.media_type)

    # One request

    async def _ask(
        self, method: str, fields: Mapping[str, str], *, delivers: bool = False, token: str | None = None
    ) -> Tree:
        request = self._request(method, fields, token or self._config.bot_token, delivers=delivers)
        async with answered(self._session, request) as response:
            return await self._answer(response, request)

    def _request(self, method: str, fields: Mapping[str, str], token: str, *, delivers: bool = False) -> Request:
        """A form: the one way of writing that every method takes. Half a character becomes `?`."""
        given = {name: value for name, value in fields.items() if value}
        return Request(
            address=f"{self._config.api_base}/{method}",
            headers={**_bearer(token), "Content-Type": FORM},
            body=urlencode(given, errors="replace").encode(),
            delivers=delivers,
        )

    async def _answer(self, response: ClientResponse, request: Request) -> Tree:
        _refuse(response, request)
        found = _tree(await read(response, MAX_ANSWER))
        if found.get("ok") is True:
            return found
        if found.get("ok") is not False or not (name := shown(found.get("error"))):
            if response.status >= 400:
                raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=f"HTTP {response.status}")
            raise unreadable(response, request)
        if name in MAYBE_DONE:
            raise lost(request, SendErrorCode.PLATFORM_ERROR, detail="the platform failed", platform_code=name)
        raise send_error(name, needed=shown(found.get("needed")), retry_after=retry_after(response))


def _refuse(response: ClientResponse, request: Request) -> None:
    """Raises SendError for what goes without words of the method's."""
    if response.status == 429:
        raise send_error("ratelimited", retry_after=retry_after(response))
    refuse_failure(response, request)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _tree(answer: bytes | None) -> Tree:
    """Empty for what is no object."""
    try:
        found: Any = msgspec.json.decode(answer or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
