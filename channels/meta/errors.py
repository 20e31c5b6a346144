"""The Graph API's errors in the hub's words. Every code in a table means: surely not accepted.

A table goes by code, and where that says too little by code and subcode.
Source of those all platforms share: developers.facebook.com/docs/graph-api/guides/error-handling
"""

from collections.abc import Mapping

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record


class Meaning(Record, kw_only=True):
    """retry_after: seconds, where trying again before is surely in vain. lost: the platform failed, and does not say
    whether before or after it took the message."""

    code: SendErrorCode
    retryable: bool = False
    retry_after: float | None = None
    lost: bool = False


Meanings = Mapping[int | tuple[int, int], Meaning]


def alike(
    code: SendErrorCode, *codes: int | tuple[int, int], retryable: bool = False
) -> dict[int | tuple[int, int], Meaning]:
    """Several codes that mean the same."""
    return dict.fromkeys(codes, Meaning(code=code, retryable=retryable))


SHARED: Meanings = {
    **alike(SendErrorCode.CREDENTIALS_REFUSED, 0, 102, 190, 463, 467),
    **alike(SendErrorCode.NOT_PERMITTED, 3, 10, *range(200, 300), 368),
    **alike(SendErrorCode.RATE_LIMITED, 4, 17, 32, 613, 80007, retryable=True),
    2: Meaning(code=SendErrorCode.PLATFORM_BUSY, retryable=True),
    1: Meaning(code=SendErrorCode.PLATFORM_ERROR, lost=True),
}


class Failure(Record, kw_only=True):
    """An error as an answer or a receipt tells it. words: the platform's."""

    code: int
    subcode: int = 0
    words: str = ""

    @property
    def platform_code(self) -> str:
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def meaning_of(failure: Failure, meanings: Meanings) -> Meaning:
    for table in (meanings, SHARED):
        for key in ((failure.code, failure.subcode), failure.code):
            if key in table:
                return table[key]
    return Meaning(code=SendErrorCode.PLATFORM_ERROR)


def send_error(failure: Failure, meanings: Meanings, *, delivers: bool, retry_after: float | None = None) -> SendError:
    meaning = meaning_of(failure, meanings)
    certain = not (meaning.lost and delivers)
    return SendError(
        meaning.code,
        retryable=meaning.retryable or (meaning.lost and certain),
        certain=certain,
        retry_after=retry_after or meaning.retry_after if meaning.retryable else None,
        platform_code=failure.platform_code,
        detail=failure.words,
    )
