"""The platform's errors in the hub's words. Every one here means: surely not accepted.

The API answers an HTTP status and a sentence, with a sentence for each property that is wrong; so the table goes by
the status and by a part of what it says, and by the status alone where no part is known.

Source: developers.line.biz/en/reference/messaging-api/#status-codes, #error-responses
"""

import msgspec

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record

MAX_SAID = 120


class Wrong(Record, kw_only=True):
    message: str = ""
    property: str = ""


class Refusal(Record, kw_only=True):
    message: str = ""
    details: tuple[Wrong, ...] = ()

    def __str__(self) -> str:
        """The sentence, and the first that says what about."""
        about = (
            " ".join(part for part in (self.details[0].property, self.details[0].message) if part)
            if self.details
            else ""
        )
        return ": ".join(part for part in (self.message.rstrip("."), about) if part)


class Meaning(Record, kw_only=True):
    status: int
    part: str
    code: SendErrorCode


def _all(status: int, code: SendErrorCode, *parts: str) -> tuple[Meaning, ...]:
    return tuple(Meaning(status=status, part=part, code=code) for part in parts)


# part: of what it says, in lower case. The first that fits counts.
MEANINGS: tuple[Meaning, ...] = (
    # "One reason this may appear is if the user ID specified does not exist" (#error-messages).
    *_all(400, SendErrorCode.RECIPIENT_UNKNOWN, "failed to send messages", "the property, 'to'", "property, to,"),
    *_all(400, SendErrorCode.MEDIA_REFUSED, "contenturl", "imageurl"),
    *_all(400, SendErrorCode.TOO_LONG, "length must be between"),
    *_all(400, SendErrorCode.UNSUPPORTED_CONTENT, "may not be empty"),
    *_all(401, SendErrorCode.CREDENTIALS_REFUSED, ""),
    *_all(403, SendErrorCode.NOT_PERMITTED, ""),
    *_all(404, SendErrorCode.RECIPIENT_UNKNOWN, ""),
    *_all(410, SendErrorCode.MEDIA_REFUSED, ""),
    *_all(413, SendErrorCode.TOO_LONG, ""),
    *_all(429, SendErrorCode.DAILY_QUOTA, "monthly limit", "exceeded the target limit"),
    *_all(429, SendErrorCode.RATE_LIMITED, ""),
)
PASSING = frozenset({SendErrorCode.RATE_LIMITED})


def read_refusal(raw: bytes | None) -> Refusal:
    """Empty where the answer is not in the platform's form."""
    try:
        return msgspec.json.decode(raw or b"{}", type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Refusal()


def send_error(status: int, refusal: Refusal, retry_after: float | None = None) -> SendError:
    """The error for an answer; one that is not in the table is a certain, final `platform_error`."""
    said = str(refusal)
    found = next((each for each in MEANINGS if each.status == status and each.part in said.lower()), None)
    code = found.code if found else SendErrorCode.PLATFORM_ERROR
    return SendError(
        code,
        retryable=code in PASSING,
        retry_after=retry_after if code in PASSING else None,
        platform_code=platform_code(status, said),
    )


def platform_code(status: int, said: str) -> str:
    printable = "".join(character for character in said if character.isprintable())
    return f"{status} {printable[:MAX_SAID]}".strip()


def is_stale_token(status: int, refusal: Refusal) -> bool:
    """Whether a reply token was refused: used, or its minute is over. Then nothing was sent."""
    return status == 400 and "reply token" in str(refusal).lower()
