"""Everything that can go wrong and that somebody else must be told: a closed table.

Three families. `WebhookError`: a platform's request is refused. `SendError`: a message did not reach the
platform, or nobody knows. `HubError`: a request of a person or program is refused. Any other exception is a bug.
"""

from enum import StrEnum


class WebhookRefusal(StrEnum):
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


WEBHOOK_STATUS: dict[WebhookRefusal, int] = {
    WebhookRefusal.BAD_SIGNATURE: 403,
    WebhookRefusal.STALE: 403,
    WebhookRefusal.TOO_LARGE: 413,
    WebhookRefusal.MALFORMED: 400,
}


class WebhookError(Exception):
    """A webhook request that is refused before it is journalled. `detail` never holds personal data or secrets."""

    def __init__(self, refusal: WebhookRefusal, detail: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else str(refusal))
        self.refusal = refusal
        self.detail = detail


class ParseError(Exception):
    """A verified payload that the adapter cannot read. It stays in the journal as `failed` and can be replayed."""


class SendErrorCode(StrEnum):
    """Why a message was not sent. Every adapter maps its platform's codes onto these; screens word them."""

    WINDOW_CLOSED = "window_closed"
    REPLIES_USED_UP = "replies_used_up"
    TOO_LONG = "too_long"
    UNSUPPORTED_CONTENT = "unsupported_content"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    BLOCKED_BY_CONTACT = "blocked_by_contact"
    CONTENT_REFUSED = "content_refused"
    MEDIA_REFUSED = "media_refused"
    NO_CONSENT = "no_consent"
    TEMPLATE_REFUSED = "template_refused"
    TAG_REFUSED = "tag_refused"
    MENU_REFUSED = "menu_refused"
    WITH_SERVICER = "with_servicer"
    SERVICER_AWAY = "servicer_away"
    NOT_PERMITTED = "not_permitted"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    CREDENTIALS_REFUSED = "credentials_refused"
    RATE_LIMITED = "rate_limited"
    DAILY_QUOTA = "daily_quota"
    PLATFORM_BUSY = "platform_busy"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CHANNEL_PAUSED = "channel_paused"
    PLATFORM_ERROR = "platform_error"


class SendError(Exception):
    """A send that did not end in success.

    certain: the platform surely did not accept the message. When False the outcome is unknown and the hub never
    sends again by itself. retryable: trying the same again later can help; only ever True together with certain.
    repeatable: the outcome is unknown, and yet sending the very same part again cannot double it, since the platform
    knows it by a key; the hub asks until it is certain. Only ever True where certain is not.
    retry_after: seconds the platform asked for. platform_code: its own code, for the log and the admin screen.
    """

    def __init__(
        self,
        code: SendErrorCode,
        *,
        retryable: bool = False,
        certain: bool = True,
        repeatable: bool = False,
        detail: str = "",
        platform_code: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code} ({platform_code})" if platform_code else str(code))
        self.code = code
        self.retryable = retryable and certain
        self.certain = certain
        self.repeatable = repeatable and not certain
        self.detail = detail
        self.platform_code = platform_code
        self.retry_after = retry_after


class HubError(Exception):
    """A request the hub refuses. `status` is the HTTP status, `code` the stable machine word, `detail` for people."""

    status = 400
    code = "bad_request"

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Invalid(HubError):
    status = 422
    code = "invalid"


class NotSignedIn(HubError):
    status = 401
    code = "not_signed_in"


class Forbidden(HubError):
    status = 403
    code = "forbidden"


class NotFound(HubError):
    status = 404
    code = "not_found"


class Conflict(HubError):
    status = 409
    code = "conflict"


class BothOpen(Conflict):
    """Two contacts that are to be merged have an unresolved conversation each on one channel."""

    code = "both_open"


class TwoAccounts(Conflict):
    """Two contacts that are to be merged are accounts of a platform that counts replies by account."""

    code = "two_accounts"


class TooLarge(HubError):
    status = 413
    code = "too_large"


class TooMany(HubError):
    status = 429
    code = "too_many_requests"


class ReplyRefused(HubError):
    """A reply that the channel's rules forbid before anything is sent. `code` is a `SendErrorCode`."""

    status = 409

    def __init__(self, code: SendErrorCode, detail: str, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.code = str(code)


class PlatformRefused(HubError):
    """A platform refused what an administrator asked of it, or could not be asked. `code` is a `SendErrorCode`."""

    status = 409

    def __init__(self, code: SendErrorCode, detail: str, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.code = str(code)


class WordBlocked(HubError):
    """A reply that holds a word of one of the company's lists that keep replies back. `errors` names both."""

    status = 422
    code = "word_blocked"


class Unavailable(HubError):
    status = 503
    code = "unavailable"


class StartupError(Exception):
    """The hub cannot start. Its text is one clear sentence for the person at the terminal."""


class StoreUnavailable(Exception):
    """The database cannot be reached or lost its primary. Everything that raises it may be tried again."""


class Duplicate(Exception):
    """A unique key is taken: somebody stored this before. Inside a transaction, the transaction is over."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Stale(Exception):
    """The record changed since it was read. `Stores.transaction` reads and tries again."""
