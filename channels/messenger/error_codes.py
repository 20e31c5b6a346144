"""The platform's own error codes in the hub's words, by code and subcode.

Source: developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes
"""

from channels.meta.errors import Meanings, alike
from scrm.errors import SendErrorCode

# Sent outside the window: with the Human Agent tag it may still be permitted.
OUTSIDE_WINDOW = ("10/2018278", "10/2018065")

MEANINGS: Meanings = {
    **alike(SendErrorCode.WINDOW_CLOSED, (10, 2018278), (10, 2018065)),
    # The person blocks the page, has left, or takes no messages now.
    **alike(SendErrorCode.BLOCKED_BY_CONTACT, 551, (10, 2018108), (200, 2018108), (200, 1545041)),
    **alike(SendErrorCode.RECIPIENT_UNKNOWN, (100, 2018001)),
    **alike(SendErrorCode.UNSUPPORTED_CONTENT, (100, 2018034)),
    **alike(SendErrorCode.TOO_LONG, (100, 2018109)),
    **alike(SendErrorCode.MEDIA_REFUSED, (100, 2018047)),
    **alike(SendErrorCode.PLATFORM_BUSY, 1200, retryable=True),
}
