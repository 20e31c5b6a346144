"""The platform's error codes in the hub's words.

Source: open.weibo.com/wiki/Error_code (system codes 1xxxx, service codes 2xxxx) and 授权机制说明 there (2132x). What
the pages of private messages give no code for (a window that is closed, a follower lost) is a `platform_error` with the
platform's words.
"""

from scrm.errors import SendErrorCode
from scrm.model.base import Record


class Meaning(Record, kw_only=True):
    """lost: the platform may have done it all the same. retry_after: seconds."""

    code: SendErrorCode
    retryable: bool = False
    lost: bool = False
    retry_after: float | None = None


def _all(codes: tuple[int, ...], code: SendErrorCode) -> dict[int, Meaning]:
    return dict.fromkeys(codes, Meaning(code=code))


def _limited(seconds: float) -> Meaning:
    return Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True, retry_after=seconds)


MEANINGS: dict[int, Meaning] = {
    # It failed inside: system, remote service, a job or call that timed out. Nobody says before or after the deed.
    **dict.fromkeys((10001, 10003, 10010, 10011), Meaning(code=SendErrorCode.PLATFORM_ERROR, lost=True)),
    **dict.fromkeys((10002, 10009), Meaning(code=SendErrorCode.PLATFORM_BUSY, retryable=True)),
    **_all((10004,), SendErrorCode.ADDRESS_NOT_ALLOWED),
    # The app's rights; an app that was not reviewed and has its number of users; verification asked of the account.
    **_all((10005, 10014, 21321, 20031), SendErrorCode.NOT_PERMITTED),
    **_all((10006, 21301, 21314, 21315, 21316, 21317, 21319, 21327, 21332), SendErrorCode.CREDENTIALS_REFUSED),
    **_all((10013, 20003), SendErrorCode.RECIPIENT_UNKNOWN),
    # Of an address, a user, one interface: counted by the hour.
    **dict.fromkeys((10022, 10023, 10024), _limited(600)),
    20016: _limited(120),
    **_all((10018, 20012, 20013), SendErrorCode.TOO_LONG),
    # Empty, like another one, sent twice.
    **_all((20008, 20017, 20019), SendErrorCode.CONTENT_REFUSED),
    # The post or comment is gone, or hidden from us.
    **_all((20101, 20112, 20201), SendErrorCode.RECIPIENT_UNKNOWN),
    # The author lets only people they follow, or trusted ones, comment.
    **_all((20206, 20207), SendErrorCode.BLOCKED_BY_CONTACT),
}
