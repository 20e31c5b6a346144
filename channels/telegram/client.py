"""The platform's methods, as far as the hub needs them. Raises only SendError.

Source: core.telegram.org/bots/api#available-methods
"""

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from aiohttp import ClientSession, ClientTimeout

from channels.telegram.config import DOWNLOAD_LIMIT, TelegramConfig
from channels.telegram.events import ALLOWED_UPDATES
from channels.telegram.transport import MAX_UPDATES, Call, Transport
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, MediaRef, OutboundFile

# How long the platform holds a request for updates open when there are none, and how many it gives at once.
POLL_SECONDS = 25
POLL_LIMIT = 100
POLL_TIMEOUT = ClientTimeout(total=90, connect=5, sock_connect=5, sock_read=POLL_SECONDS + 15)
# The platform's own default is 40; a hub of one process is served better by fewer at once.
MAX_CONNECTIONS = 20
# `photos/file_7.jpg`; a self-hosted server in local mode gives a path on its own disk instead, of no use here.
FILE_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9_\-]+(/[A-Za-z0-9_.\-]+){0,4}")

T = TypeVar("T")


class Me(Record, kw_only=True):
    id: int
    is_bot: bool = False
    username: str = ""


class _Chat(Record, kw_only=True):
    id: int


class _Sent(Record, kw_only=True):
    message_id: int
    chat: _Chat


class _File(Record, kw_only=True):
    file_path: str = ""
    file_size: int = 0


class Update(Record, kw_only=True):
    """number: None in what is no update."""

    number: int | None
    body: bytes


class _Number(Record, kw_only=True):
    update_id: int


class TelegramClient:
    def __init__(self, config: TelegramConfig, session: ClientSession) -> None:
        self._transport = Transport(session, config.api_base, config.bot_token)

    async def me(self) -> Me:
        return _read(await self._transport.ask(Call(method="getMe")), Me)

    async def send(self, method: str, fields: dict[str, object], file: tuple[str, OutboundFile] | None = None) -> str:
        """The one request that hands something to a customer; the message's id in the hub's form."""
        answer = await self._transport.ask(Call(method=method, fields=fields, file=file, delivers=True))
        try:
            sent = msgspec.json.decode(answer, type=_Sent)
        except (msgspec.MsgspecError, RecursionError):
            return ""  # taken it has: it said so
        return f"{sent.chat.id}:{sent.message_id}"

    async def typing(self, chat_id: str) -> None:
        await self._transport.ask(Call(method="sendChatAction", fields={"chat_id": chat_id, "action": "typing"}))

    async def answer_callback(self, query_id: str) -> None:
        await self._transport.ask(Call(method="answerCallbackQuery", fields={"callback_query_id": query_id}))

    async def set_webhook(self, address: str, secret: str) -> None:
        """Nothing that waits is dropped: it comes to the new address."""
        fields = {
            "url": address,
            "secret_token": secret,
            "allowed_updates": ALLOWED_UPDATES,
            "max_connections": MAX_CONNECTIONS,
        }
        await self._transport.ask(Call(method="setWebhook", fields=fields))

    async def delete_webhook(self) -> None:
        await self._transport.ask(Call(method="deleteWebhook", fields={"drop_pending_updates": False}))

    async def updates(self, offset: int | None) -> Sequence[Update]:
        """What waits, oldest first; at once when something does. offset: forget what has a smaller number."""
        fields: dict[str, object] = {
            "timeout": POLL_SECONDS,
            "limit": POLL_LIMIT,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            fields["offset"] = offset
        call = Call(method="getUpdates", fields=fields, timeout=POLL_TIMEOUT, longest=MAX_UPDATES)
        bodies = _read(await self._transport.ask(call), list[msgspec.Raw])
        return [Update(number=_number(bytes(body)), body=bytes(body)) for body in bodies]

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        file = _read(await self._transport.ask(Call(method="getFile", fields={"file_id": ref.source})), _File)
        if file.file_size > min(limit, DOWNLOAD_LIMIT):
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {min(limit, DOWNLOAD_LIMIT)} bytes")
        if not FILE_PATH.fullmatch(file.file_path):
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the platform gives no path to the file")
        return await self._transport.fetch(file.file_path, limit, ref.media_type)


def _read(answer: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="the answer cannot be read") from None


def _number(body: bytes) -> int | None:
    try:
        return msgspec.json.decode(body, type=_Number).update_id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
