"""The platform's own error codes in the hub's words, of answers and of receipts.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from channels.meta.errors import Meaning, Meanings, alike
from scrm.errors import SendErrorCode

MEANINGS: Meanings = {
    # 24 hours have passed since the customer wrote last.
    **alike(SendErrorCode.WINDOW_CLOSED, 131047),
    # Not on WhatsApp, old terms or app; ourselves; an address of a kind this message does not take; a changed identity.
    **alike(SendErrorCode.RECIPIENT_UNKNOWN, 131021, 131026, 131062, 137000),
    **alike(SendErrorCode.NO_CONSENT, 131050),
    **alike(SendErrorCode.UNSUPPORTED_CONTENT, 131051),
    **alike(SendErrorCode.MEDIA_REFUSED, 131052, 131053),
    **alike(
        SendErrorCode.TEMPLATE_REFUSED,
        132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069,
    ),
    # Too many requests of the app's, the account's, or the number's; too many to one person.
    130429: Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True),
    131056: Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True, retry_after=6),
    # The number's own limit, by its quality: waiting a little is of no help.
    **alike(SendErrorCode.DAILY_QUOTA, 131048, 131064),
    # Locked, not paid, not registered, not for this country, the display name not approved, held back by Meta.
    **alike(
        SendErrorCode.NOT_PERMITTED,
        33, 130472, 130497, 131005, 131030, 131031, 131037, 131042, 131045, 131049, 131063, 133006, 133010,
    ),
    **alike(SendErrorCode.PLATFORM_BUSY, 131016, 131057, 133004, retryable=True),
    # It failed, and does not say when.
    131000: Meaning(code=SendErrorCode.PLATFORM_ERROR, lost=True),
}  # fmt: skip
