"""The protocol's form of a request and of an answer, over `channels.transport`.

Source: satori.chat/zh-CN/protocol/api.html
"""

from collections.abc import Mapping

import msgspec
from aiohttp import ClientResponse, ClientSession

from channels.satori.config import SatoriConfig
from channels.satori.error_codes import send_error
from channels.transport import (
    JSON_TYPE,
    MEDIA_TIMEOUT,
    Request,
    answered,
    fetched,
    form,
    json_bytes,
    lost,
    read,
    refuse_failure,
    retry_after,
)
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia, OutboundFile

MAX_ANSWER = 128 * 1024
NOT_IMPLEMENTED = 501  # the server's word for a method it does not have, rather than a failure
PLAIN = "text/plain"


class Call(Record, kw_only=True):
    """One method to be called. delivers: a customer gets something when it is taken."""

    method: str
    fields: Mapping[str, object] = {}
    file: OutboundFile | None = None
    delivers: bool = False


class Transport:
    def __init__(self, session: ClientSession, config: SatoriConfig) -> None:
        self._session = session
        self._base = f"{config.address}/v1/"
        self._token = config.token
        self._login = {
            "Satori-Platform": config.platform,
            "Satori-User-ID": config.self_id,
            # Servers of the protocol's first version read these.
            "X-Platform": config.platform,
            "X-Self-ID": config.self_id,
        }

    @property
    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def ask(self, call: Call) -> bytes:
        """The answer's body, which is JSON if the server keeps to the protocol. Raises SendError."""
        headers = self.credentials | self._login
        request = Request(
            address=self._base + call.method,
            headers=headers if call.file else headers | {"Content-Type": JSON_TYPE},
            body=form("file", call.file) if call.file else json_bytes(call.fields),
            delivers=call.delivers,
            encoded=True,
            timeout=MEDIA_TIMEOUT if call.file else None,
        )
        async with answered(self._session, request) as response:
            return await self._answer(response, request)

    async def fetch(self, address: str, limit: int, media_type: str, *, ours: bool = True) -> FetchedMedia:
        """A file of at most `limit` bytes. ours: it is the server's, who gets to see the token. media_type: what it
        is where the server says nothing better."""
        headers = self.credentials if ours else {}
        request = Request(verb="GET", address=address, headers=headers, encoded=True, timeout=MEDIA_TIMEOUT)
        async with answered(self._session, request) as response:
            if response.status != 200:
                await self._answer(response, request)
                raise SendError(SendErrorCode.MEDIA_REFUSED, platform_code=f"HTTP {response.status}")
            return await kept(response, limit, media_type)

    async def _answer(self, response: ClientResponse, request: Request) -> bytes:
        if response.status != NOT_IMPLEMENTED:
            refuse_failure(response, request)
        raw = await read(response, MAX_ANSWER)
        if response.status >= 400:
            raise send_error(response.status, self._said(raw or b""), retry_after(response))
        if raw is None:
            raise lost(request, SendErrorCode.PLATFORM_ERROR, detail="the answer is too long")
        return raw

    def _said(self, raw: bytes) -> str:
        """What a server says of an error: a line of text, or an object with one."""
        text = raw[:4000].decode("utf-8", "replace")
        try:
            tree = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            tree = None
        if isinstance(tree, dict):
            text = next((str(tree[name]) for name in ("message", "detail", "error") if tree.get(name)), "")
        elif isinstance(tree, str):
            text = tree
        elif "<html" in text.lower():
            text = ""
        return text.replace(self._token, "…") if self._token else text


async def kept(response: ClientResponse, limit: int, media_type: str) -> FetchedMedia:
    """As `fetched`; a server that calls a file plain text does not know it either. Raises SendError(TOO_LONG)."""
    found = await fetched(response, limit, media_type)
    return msgspec.structs.replace(found, media_type=media_type) if found.media_type == PLAIN else found
