"""The platform's errors in the hub's words. Every one here means: surely not accepted.

The API answers HTTP-like codes whose meaning only the description tells ("its contents are subject to change", says
core.telegram.org/bots/api#making-requests), so the table goes by code and by a part of the description, and by the code
alone where no part is known.
"""

import re

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record

MAX_RETRY_AFTER = 3600


class Meaning(Record, kw_only=True):
    status: int
    part: str
    code: SendErrorCode


def _all(status: int, code: SendErrorCode, *parts: str) -> tuple[Meaning, ...]:
    return tuple(Meaning(status=status, part=part, code=code) for part in parts)


# part: of the description, in lower case. The first that fits counts.
MEANINGS: tuple[Meaning, ...] = (
    *_all(
        400,
        SendErrorCode.RECIPIENT_UNKNOWN,
        "chat not found", "user not found", "peer_id_invalid", "chat_id is empty", "user_id_invalid", "upgraded to a",
    ),
    *_all(400, SendErrorCode.TOO_LONG, "message is too long", "too_long", "file is too big", "too large"),
    *_all(400, SendErrorCode.UNSUPPORTED_CONTENT, "text is empty", "text must be non-empty"),
    *_all(
        400,
        SendErrorCode.NOT_PERMITTED,
        "messages_forbidden", "restricted receiving", "not enough rights", "have no rights", "chat_write_forbidden",
        "need administrator rights",
    ),
    *_all(
        400,
        SendErrorCode.MEDIA_REFUSED,
        "photo_", "image_process_failed", "wrong file", "wrong type of", "file must be non-empty", "file_id",
        "failed to get", "wrong remote file", "media_", "video_", "temporarily unavailable", "invalid file",
    ),
    *_all(403, SendErrorCode.BLOCKED_BY_CONTACT, "blocked by the user"),
    *_all(403, SendErrorCode.RECIPIENT_UNKNOWN, "user is deactivated"),
    # Only the customer can begin: until then nothing may be written.
    *_all(403, SendErrorCode.WINDOW_CLOSED, "can't initiate conversation"),
    *_all(403, SendErrorCode.NOT_PERMITTED, ""),
    # 404 answers a token that never was one, 401 one that was taken back.
    *_all(401, SendErrorCode.CREDENTIALS_REFUSED, ""),
    *_all(404, SendErrorCode.CREDENTIALS_REFUSED, ""),
    *_all(409, SendErrorCode.NOT_PERMITTED, ""),
    *_all(413, SendErrorCode.TOO_LONG, ""),
)  # fmt: skip

ANOTHER_READER = "another program reads this bot's messages: stop it, or give the hub a bot of its own"


def send_error(status: int, description: str, retry_after: float | None = None) -> SendError:
    """The error for an answer; one that is not in the table is a certain, final `platform_error`."""
    code = platform_code(status, description)
    if status == 429:
        wait = min(max(retry_after, 1.0), MAX_RETRY_AFTER) if retry_after is not None else None
        return SendError(SendErrorCode.RATE_LIMITED, retryable=True, retry_after=wait, platform_code=code)
    said = description.lower()
    found = next((each for each in MEANINGS if each.status == status and each.part in said), None)
    detail = ANOTHER_READER if is_other_reader(code) else ""
    return SendError(found.code if found else SendErrorCode.PLATFORM_ERROR, platform_code=code, detail=detail)


def platform_code(status: int, description: str) -> str:
    """Number and words, without the words that only repeat the number: `403 bot was blocked by the user`."""
    words = re.sub(r"^(Bad Request|Forbidden|Unauthorized|Not Found|Conflict|Too Many Requests)(: |$)", "", description)
    printable = "".join(character for character in words if character.isprintable())
    return f"{status} {printable[:100]}".strip()


def is_webhook_in_the_way(code: str) -> bool:
    """Whether getUpdates was refused because a webhook is set."""
    return code.startswith("409 ") and "webhook" in code


def is_other_reader(code: str) -> bool:
    return code.startswith("409") and not is_webhook_in_the_way(code)
