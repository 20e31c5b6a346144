"""A server's answers in the hub's words. Every one here means: surely not accepted.

The protocol gives the HTTP statuses a meaning and nothing else, and what they are accompanied by is the server's own
text; so the table goes by status and by a part of the text, and by the status alone where no part is known. 501 is
told apart from the other failures of a server: it was never tried.

Source: satori.chat/zh-CN/protocol/api.html
"""

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record

MAX_RETRY_AFTER = 3600


class Meaning(Record, kw_only=True):
    status: int
    part: str
    code: SendErrorCode


def _all(status: int, code: SendErrorCode, *parts: str) -> tuple[Meaning, ...]:
    return tuple(Meaning(status=status, part=part, code=code) for part in parts)


# part: of the text, in lower case. The first that fits counts.
MEANINGS: tuple[Meaning, ...] = (
    *_all(400, SendErrorCode.RECIPIENT_UNKNOWN, "channel not found", "user not found", "unknown channel"),
    *_all(400, SendErrorCode.TOO_LONG, "too long", "too large"),
    *_all(401, SendErrorCode.CREDENTIALS_REFUSED, ""),
    *_all(403, SendErrorCode.CREDENTIALS_REFUSED, "token"),
    *_all(403, SendErrorCode.BLOCKED_BY_CONTACT, "blocked", "not a friend"),
    *_all(403, SendErrorCode.NOT_PERMITTED, ""),
    *_all(404, SendErrorCode.RECIPIENT_UNKNOWN, "channel not found", "user not found", "unknown channel"),
    *_all(404, SendErrorCode.NOT_PERMITTED, ""),
    *_all(405, SendErrorCode.NOT_PERMITTED, ""),
    *_all(413, SendErrorCode.TOO_LONG, ""),
    *_all(501, SendErrorCode.NOT_PERMITTED, ""),
)

NO_METHOD = "the server does not offer this for the platform, or the address is not a Satori server's"


def send_error(status: int, said: str, retry_after: float | None = None) -> SendError:
    """The error for an answer; one that is not in the table is a certain, final `platform_error`."""
    code = platform_code(status, said)
    if status == 429:
        wait = min(max(retry_after, 1.0), MAX_RETRY_AFTER) if retry_after is not None else None
        return SendError(SendErrorCode.RATE_LIMITED, retryable=True, retry_after=wait, platform_code=code)
    lower = said.lower()
    found = next((each for each in MEANINGS if each.status == status and each.part in lower), None)
    detail = NO_METHOD if status in (404, 405, 501) else ""
    return SendError(found.code if found else SendErrorCode.PLATFORM_ERROR, platform_code=code, detail=detail)


def platform_code(status: int, said: str) -> str:
    """Number and words: `403 login not found`."""
    printable = "".join(character for character in said if character.isprintable())
    return f"{status} {printable[:100]}".strip()


def not_offered(code: str) -> bool:
    """Whether a method was refused because the server has none of the name."""
    return code.partition(" ")[0] in ("404", "405", "501")
