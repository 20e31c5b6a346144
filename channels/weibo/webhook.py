"""Is this push the platform's, and is it one we have? Pure; raises only WebhookError.

The signature covers the app's secret, a time and a nonce, and nothing of the body (open.weibo.com/wiki/消息推送服务):
whoever sees one can sign another body for as long as it is fresh, so pushes have to come over TLS. The platform gives
messages no id and advises sender and second; ours adds what was said, so that two messages of one second are two.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.trees import Malformed
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest

# The platform tries three times within seconds; its retries carry the first signature.
FRESH = timedelta(minutes=10)
MAX_PARAMETER = 512
MAX_ECHO = 2048
MAX_BODY = 64 * 1024
# Digits of an id, some more than an int64 has.
MAX_ID = 20


def signature(secret: str, timestamp: str, nonce: str) -> str:
    """SHA-1, in hex, of the three, sorted and joined."""
    joined = "".join(sorted((secret, timestamp, nonce)))
    # The platform's algorithm; the app's secret is what makes it hold.
    return hashlib.sha1(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def verify(request: WebhookRequest, secret: str) -> Challenge | VerifiedRequest:
    _check(request, secret)
    if request.method == "GET":
        echo = request.query.get("echostr", "")
        if not 0 < len(echo) <= MAX_ECHO:
            raise WebhookError(WebhookRefusal.MALFORMED, "no echostr")
        return Challenge(reply=WebhookReply(body=echo.encode("utf-8", "replace")))
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "neither GET nor POST")
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    try:
        pushed = read_tree(request.body)
        key, handle = push_key(pushed), user_id(pushed.get("sender_id"))
    except Malformed:
        key, handle = "body:" + hashlib.sha256(request.body).hexdigest(), ""
    return VerifiedRequest(body=request.body, dedupe_key=key, handle=handle, received_at=request.received_at)


def _check(request: WebhookRequest, secret: str) -> None:
    """The signature first: an unsigned request learns nothing about the hub's clock."""
    given, timestamp, nonce = (request.query.get(name, "") for name in ("signature", "timestamp", "nonce"))
    if not (given and timestamp and nonce) or max(len(given), len(timestamp), len(nonce)) > MAX_PARAMETER:
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "no signature, timestamp or nonce")
    wanted = signature(secret, timestamp, nonce)
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode()):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    signed_at = _time(timestamp)
    if signed_at is None or abs(request.received_at - signed_at) > FRESH:
        raise WebhookError(WebhookRefusal.STALE, "signed more than ten minutes before or after")


def _time(text: str) -> datetime | None:
    """Milliseconds since 1970, as in the platform's example; ten digits are seconds."""
    if not (text.isascii() and text.isdigit() and 10 <= len(text) <= 13):
        return None
    return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)


def read_tree(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Malformed."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    return found


def push_key(pushed: dict[str, Any]) -> str:
    """Equal for the platform's retries, however they are spaced: a digest of the fields."""
    canonical = json.dumps(pushed, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "push:" + hashlib.sha256(canonical.encode()).hexdigest()


def user_id(value: object) -> str:
    """A person's number; "" for what is none."""
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return digits if digits.isascii() and digits.isdigit() and 0 < len(digits) <= MAX_ID and digits != "0" else ""


def _no_constant(_: str) -> None:
    raise ValueError("no number")
