"""A platform's error codes in the hub's words, as a table. Every code in one means: surely not accepted."""

from collections.abc import Mapping

from scrm.errors import SendError, SendErrorCode
from scrm.model.base import Record


class Meaning(Record, kw_only=True):
    """retry_after: seconds, where trying again before is surely in vain."""

    code: SendErrorCode
    retryable: bool = False
    retry_after: float | None = None


Meanings = Mapping[int, Meaning]


def meaning_of(codes: tuple[int, ...], code: SendErrorCode) -> dict[int, Meaning]:
    """Several codes that mean the same, and that trying again does not help with."""
    return dict.fromkeys(codes, Meaning(code=code))


def send_error(meanings: Meanings, errcode: int, errmsg: str = "") -> SendError:
    """The error for a code; one that is not in the table is a certain, final `platform_error`."""
    meaning = meanings.get(errcode, Meaning(code=SendErrorCode.PLATFORM_ERROR))
    return SendError(
        meaning.code,
        retryable=meaning.retryable,
        retry_after=meaning.retry_after,
        platform_code=str(errcode),
        detail=errmsg,
    )
