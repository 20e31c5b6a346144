"""What mail servers answer, in the hub's words. A code is written as the server gave it: `550 5.1.1`.

Sources: RFC 5321, 4.2 (reply codes); RFC 3463 and the IANA registry of enhanced status codes.
"""

import re

from scrm.errors import SendError, SendErrorCode

# By enhanced code; then by reply code. What ends in a dot is a prefix.
_ENHANCED: tuple[tuple[str, SendErrorCode], ...] = (
    ("5.1.1", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.1.2", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.1.3", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.1.6", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.1.10", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.1.7", SendErrorCode.NOT_PERMITTED),
    ("5.1.8", SendErrorCode.NOT_PERMITTED),
    ("5.2.1", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.2.2", SendErrorCode.BLOCKED_BY_CONTACT),
    ("5.2.3", SendErrorCode.TOO_LONG),
    ("5.3.4", SendErrorCode.TOO_LONG),
    ("5.4.1", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.4.4", SendErrorCode.RECIPIENT_UNKNOWN),
    ("5.6.", SendErrorCode.CONTENT_REFUSED),
    ("5.7.8", SendErrorCode.CREDENTIALS_REFUSED),
    ("5.7.9", SendErrorCode.CREDENTIALS_REFUSED),
    ("5.7.0", SendErrorCode.NOT_PERMITTED),
    ("5.7.26", SendErrorCode.NOT_PERMITTED),
    ("5.7.1", SendErrorCode.CONTENT_REFUSED),
    ("5.7.", SendErrorCode.CONTENT_REFUSED),
    ("4.2.2", SendErrorCode.PLATFORM_BUSY),
    ("4.7.", SendErrorCode.RATE_LIMITED),
    ("4.", SendErrorCode.PLATFORM_BUSY),
)
_PLAIN: dict[int, SendErrorCode] = {
    421: SendErrorCode.PLATFORM_BUSY,
    450: SendErrorCode.PLATFORM_BUSY,
    451: SendErrorCode.PLATFORM_BUSY,
    452: SendErrorCode.PLATFORM_BUSY,
    454: SendErrorCode.PLATFORM_BUSY,
    455: SendErrorCode.PLATFORM_BUSY,
    530: SendErrorCode.CREDENTIALS_REFUSED,
    534: SendErrorCode.CREDENTIALS_REFUSED,
    535: SendErrorCode.CREDENTIALS_REFUSED,
    538: SendErrorCode.CREDENTIALS_REFUSED,
    550: SendErrorCode.RECIPIENT_UNKNOWN,
    551: SendErrorCode.RECIPIENT_UNKNOWN,
    552: SendErrorCode.TOO_LONG,
    553: SendErrorCode.RECIPIENT_UNKNOWN,
    554: SendErrorCode.CONTENT_REFUSED,
}
_ENHANCED_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_DAILY = re.compile(r"daily|per day|24 ?hours?|quota|今日|每天|每日", re.IGNORECASE)


def code_of(reply: int, text: str) -> str:
    """`550 5.1.1`, or the reply code alone where there is no other."""
    found = _ENHANCED_CODE.match(text.strip())
    return f"{reply} {found[0]}" if found else str(reply)


def worded(code: str, text: str) -> SendErrorCode:
    """code: as `code_of` writes it, or an enhanced code alone."""
    reply, _, enhanced = code.rpartition(" ")
    if "." not in enhanced:
        reply, enhanced = enhanced, ""
    if enhanced or reply:
        if (
            _DAILY.search(text)
            and (reply.startswith("5") or enhanced.startswith(("5.7", "4.7")))
            and "send" in text.lower()
        ):
            return SendErrorCode.DAILY_QUOTA
        for prefix, word in _ENHANCED:
            if enhanced == prefix or (prefix.endswith(".") and enhanced.startswith(prefix)):
                return word
    plain = int(reply) if reply.isdigit() else 0
    return _PLAIN.get(plain, SendErrorCode.PLATFORM_BUSY if 400 <= plain < 500 else SendErrorCode.PLATFORM_ERROR)


def refused(reply: int, text: str) -> SendError:
    """The server answered with other than yes: it surely did not take the mail. Passing where it says 4xx."""
    code = code_of(reply, text)
    return SendError(
        worded(code, text), retryable=400 <= reply < 500, platform_code=code, detail=" ".join(text.split())[:200]
    )
