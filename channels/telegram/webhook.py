"""Is this push the platform's, and which update is it? Pure; raises only WebhookError.

The platform repeats, in X-Telegram-Bot-Api-Secret-Token, the secret that setWebhook gave it; nothing covers the body
and nothing says when it was sent, so the transport has to keep the secret (the platform pushes over TLS only). An
update keeps its number however often it comes, over the webhook or by polling: the journal keeps one.

Source: core.telegram.org/bots/api#setwebhook
"""

import hashlib
import hmac
from datetime import datetime

from channels.telegram.payloads import Malformed, read_tree, sender_of
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import VerifiedRequest, WebhookRequest

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
MAX_BODY = 256 * 1024


def verify(request: WebhookRequest, secret: str) -> VerifiedRequest:
    given = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode()):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "not a POST")
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    return of_update(request.body, request.received_at)


def of_update(body: bytes, received_at: datetime) -> VerifiedRequest:
    """An update from a source that is known, with what tells it from any other."""
    try:
        number, _, value = read_tree(body)
        key, handle = f"update:{number}", sender_of(value)
    except Malformed:
        key, handle = f"body:{hashlib.sha256(body).hexdigest()}", ""
    return VerifiedRequest(body=body, dedupe_key=key, handle=handle, received_at=received_at)
