"""The platforms' form of a request and of an answer, over `channels.transport`: a JSON object with an `errcode`.

The access token is part of every address, and is taken out of whatever the platform says.
"""

import json
import re
from collections.abc import Mapping

from aiohttp import ClientResponse, ClientSession, ClientTimeout, FormData

from channels.transport import JSON_TYPE, Request, answered, fetched, read, refuse_failure, retry_after, unreadable
from channels.wx.errors import Meanings, send_error
from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.channel import FetchedMedia

# An answer is a few hundred bytes; a token 512 characters and growing.
MAX_ANSWER = 64 * 1024
TEXT_TYPES = frozenset({"application/json", "text/json", "text/plain"})

Answer = dict[str, object]


class Call(Record, kw_only=True):
    """One request to be made. body: JSON as bytes, or a form. delivers: a customer gets something when it is taken.

    meanings: of the platform's error codes; without them every one is a certain, final `platform_error`.
    """

    method: str
    address: str
    query: Mapping[str, str] = {}
    body: bytes | FormData | None = None
    delivers: bool = False
    timeout: ClientTimeout | None = None
    meanings: Meanings = {}

    def request(self) -> Request:
        return Request(
            verb=self.method,
            address=self.address,
            query=self.query,
            headers={"Content-Type": JSON_TYPE} if isinstance(self.body, bytes) else {},
            body=self.body,
            delivers=self.delivers,
            timeout=self.timeout,
        )


async def ask(session: ClientSession, call: Call, limit: int = MAX_ANSWER) -> Answer:
    """The platform's answer, of at most `limit` bytes. Raises SendError, also for an answer that is an error."""
    async with answered(session, call.request()) as response:
        return await _answer(response, call, limit)


async def fetch(session: ClientSession, call: Call, limit: int) -> FetchedMedia | Answer:
    """A file of at most `limit` bytes, or the JSON object the platform answered instead. Raises SendError."""
    async with answered(session, call.request()) as response:
        named = response.content_disposition is not None  # a customer's text file is text as well
        if response.status != 200 or (response.content_type in TEXT_TYPES and not named):
            return await _answer(response, call, MAX_ANSWER)
        return await fetched(response, limit, response.content_type)


async def _answer(response: ClientResponse, call: Call, limit: int) -> Answer:
    """The JSON object in the answer, whatever content type it claims: the platform says text/plain as often as not."""
    request = call.request()
    refuse_failure(response, request)
    status = f"HTTP {response.status}"
    if response.status == 429:
        wait = retry_after(response)
        raise SendError(SendErrorCode.RATE_LIMITED, retryable=True, platform_code=status, retry_after=wait)
    if response.status >= 300:
        raise SendError(SendErrorCode.PLATFORM_ERROR, platform_code=status)
    raw = await read(response, limit)
    answer = None if raw is None else _object(raw)
    errcode = None if answer is None else _error_code(answer)
    if answer is None or errcode is None:
        raise unreadable(response, request)
    if errcode:
        raise send_error(call.meanings, errcode, _error_text(answer, call.query.get("access_token", "")))
    return answer


def _object(raw: bytes) -> Answer | None:
    try:
        answer = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _error_code(answer: Answer) -> int | None:
    """0 when all is well or nothing is said of errors (a token, a profile); None when it is no number."""
    value = answer.get("errcode", 0)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _error_text(answer: Answer, secret: str) -> str:
    """The platform's own words; never the token, should it repeat that."""
    text = answer.get("errmsg")
    if not isinstance(text, str):
        return ""
    if secret:
        text = text.replace(secret, "…")
    return "".join(character for character in text if character.isprintable())[:200]
