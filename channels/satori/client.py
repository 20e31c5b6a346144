"""The server's methods, as far as the hub needs them. Raises only SendError.

Source: satori.chat/zh-CN/resources/message.html, user.html, channel.html, login.html, advanced/resource.html, meta.html
"""

from base64 import b64encode
from typing import Any

import msgspec
from aiohttp import ClientSession

from channels.satori.config import INLINE_LIMIT, SatoriConfig
from channels.satori.error_codes import not_offered
from channels.satori.fetching import Fetching
from channels.satori.payloads import id_of
from channels.satori.transport import Call, Transport
from channels.trees import Tree, part
from scrm.errors import SendError, SendErrorCode
from scrm.ports.channel import FetchedMedia, MediaRef, OutboundFile

ONLINE = 1
MOST_CHANNELS = 10_000


class SatoriClient:
    def __init__(self, config: SatoriConfig, session: ClientSession) -> None:
        self._transport = Transport(session, config)
        self._fetching = Fetching(config, self._transport)
        self._direct: dict[str, str] = {}
        self._uploads = True  # until the server says that it takes none

    async def create_message(self, channel: str, content: str, referrer: object = None) -> str:
        """The one request that hands something to a customer; the id of its first message, "" where none is given."""
        fields: dict[str, object] = {"channel_id": channel, "content": content}
        if referrer is not None:
            fields["referrer"] = referrer
        call = Call(method="message.create", fields=fields, delivers=True)
        found = _decoded(await self._transport.ask(call))
        if isinstance(found, dict) and id_of(found.get("id")):  # one, from servers that write no list of one
            found = [found]
        if not isinstance(found, list) or not found or not all(isinstance(each, dict) for each in found):
            raise SendError(SendErrorCode.PLATFORM_ERROR, certain=False, detail="the server does not say what it sent")
        return id_of(found[0].get("id"))

    async def place(self, file: OutboundFile) -> str:
        """What a message refers to the file by: an address on the server, or, where it takes none, all of the file."""
        if self._uploads:
            try:
                found = _tree(await self._transport.ask(Call(method="upload.create", file=file)))
            except SendError as error:
                if not not_offered(error.platform_code):
                    raise
                self._uploads = False
            else:
                address = next((value for value in found.values() if isinstance(value, str) and value), "")
                if not address:
                    raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the server gives the file no address")
                return address
        if len(file.data) > INLINE_LIMIT:
            raise SendError(
                SendErrorCode.TOO_LONG,
                detail=f"the server takes no uploads, and a file inside a message has at most {INLINE_LIMIT} bytes",
            )
        return f"data:{file.media_type};base64,{b64encode(file.data).decode()}"

    async def direct_channel(self, user: str) -> str:
        """Where one person is written to."""
        if user not in self._direct:
            found = _tree(await self._transport.ask(Call(method="user.channel.create", fields={"user_id": user})))
            channel = id_of(found.get("id"))
            if not channel:
                raise SendError(SendErrorCode.RECIPIENT_UNKNOWN, detail="the server gives no channel to the person")
            if len(self._direct) >= MOST_CHANNELS:
                self._direct.pop(next(iter(self._direct)))
            self._direct[user] = channel
        return self._direct[user]

    async def user(self, user: str) -> Tree:
        """Empty where the platform tells nothing of people."""
        try:
            return _tree(await self._transport.ask(Call(method="user.get", fields={"user_id": user})))
        except SendError as error:
            if not_offered(error.platform_code):
                return {}
            raise

    async def login(self) -> Tree:
        return _tree(await self._transport.ask(Call(method="login.get")))

    async def push_to(self, address: str, token: str) -> bool:
        """False where the server is told so by its own settings only."""
        fields = {"url": address, "token": token}
        try:
            await self._transport.ask(Call(method="meta/webhook.create", fields=fields))
        except SendError as error:
            if not_offered(error.platform_code):
                return False
            raise
        return True

    async def download(self, ref: MediaRef, limit: int) -> FetchedMedia:
        return await self._fetching.fetch(ref, limit)


def status_of(login: Tree) -> int | None:
    """None where the server does not say."""
    found = login.get("status")
    return found if type(found) is int else None


def name_of(login: Tree) -> str:
    user = part(login, "user")
    return next((user[key][:100] for key in ("nick", "name") if isinstance(user.get(key), str) and user[key]), "")


def _decoded(answer: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return msgspec.json.decode(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _tree(answer: bytes) -> Tree:
    found = _decoded(answer)
    if not isinstance(found, dict):
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="the answer cannot be read")
    return found
