"""The platform's error codes in the hub's words. Every one here means: surely not accepted.

Sources: developer.work.weixin.qq.com/document/path/90313 (global codes; 95000 to 95027 are customer service's), /94677
(sending), /94669 (session states), /94670 (fetching). Codes of what the hub never does (accounts made over the API, an
app's menu) are not here. What the platform says later of a message it took (`fail_type` of msg_send_fail): /94670.
"""

from channels.wx.errors import Meaning
from channels.wx.errors import meaning_of as _all
from scrm.errors import SendErrorCode

# The token of a notice is refused: older than ten minutes, or of another account.
BAD_TICKET = "95007"
# The session is in a state in which a program may not send: with a person in WeCom, in the queue, or over.
WRONG_STATE = "95018"
# A session cannot go from its state to the wanted one, or is over.
NO_SUCH_STEP = frozenset({"95013", "95016"})

MEANINGS: dict[int, Meaning] = {
    -1: Meaning(code=SendErrorCode.PLATFORM_BUSY, retryable=True),
    6000: Meaning(code=SendErrorCode.PLATFORM_BUSY, retryable=True),
    **_all((40001, 40013, 40056, 40082, 41001, 41002, 41004), SendErrorCode.CREDENTIALS_REFUSED),
    # Another process may have put a newer token in place meanwhile: later can help.
    **dict.fromkeys((40014, 42001), Meaning(code=SendErrorCode.CREDENTIALS_REFUSED, retryable=True)),
    **_all((60020,), SendErrorCode.ADDRESS_NOT_ALLOWED),
    **_all((40003, 40096, 84061), SendErrorCode.RECIPIENT_UNKNOWN),
    **_all((40004, 40005, 40006, 40007, 40009, 40010, 40011), SendErrorCode.MEDIA_REFUSED),
    **_all((41005, 44001, 45001, 301016, 301017), SendErrorCode.MEDIA_REFUSED),
    **_all((40008,), SendErrorCode.UNSUPPORTED_CONTENT),
    **_all((44004, 90207), SendErrorCode.CONTENT_REFUSED),
    **_all((45002, 45003, 45004, 45008), SendErrorCode.TOO_LONG),
    # A frequency, not a day's quota: its window is a minute.
    45009: Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True, retry_after=60),
    45033: Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True, retry_after=5),
    **_all((48002, 60011), SendErrorCode.NOT_PERMITTED),
    # The account: no such one (95000, 60252), deleted or another company's (95004), its company unverified and at its
    # limit of customers (95003).
    **_all((95000, 60252, 95004, 95003), SendErrorCode.NOT_PERMITTED),
    # The app: of the other edition of customer service (95011, 95012), its API switched off (95017) or given to an app
    # of a service provider (95023), a license missing (701008).
    **_all((95011, 95012, 95017, 95023, 701008), SendErrorCode.NOT_PERMITTED),
    **_all((95001,), SendErrorCode.REPLIES_USED_UP),
    **_all((95002, 95013), SendErrorCode.WINDOW_CLOSED),
    # The person: none of the account's or not active in WeCom (95014, 60253), or takes no customers now (95019).
    **_all((95014, 60253, 95019), SendErrorCode.SERVICER_AWAY),
    **_all((95016, 95018), SendErrorCode.NOT_PERMITTED),
}

# fail_type: why a message that was taken did not reach the customer.
FAILURES: dict[int, SendErrorCode] = {
    0: SendErrorCode.PLATFORM_ERROR,
    1: SendErrorCode.NOT_PERMITTED,  # the account was deleted
    2: SendErrorCode.NOT_PERMITTED,  # the app was closed
    4: SendErrorCode.WINDOW_CLOSED,  # 48 hours are over
    5: SendErrorCode.WINDOW_CLOSED,  # the session is over
    6: SendErrorCode.REPLIES_USED_UP,
    7: SendErrorCode.NOT_PERMITTED,  # no video account is bound
    8: SendErrorCode.NOT_PERMITTED,  # the company is not verified
    9: SendErrorCode.NOT_PERMITTED,
    10: SendErrorCode.BLOCKED_BY_CONTACT,
    11: SendErrorCode.NOT_PERMITTED,  # nobody of the company has signed in to WeCom's app
    12: SendErrorCode.UNSUPPORTED_CONTENT,
}
