"""Is this push the platform's, and which update is it? Pure; raises only WebhookError.

The platform repeats, in X-Telegram-Bot-Api-Secret-Token, the secret that setWebhook gave it; nothing covers the body
and nothing says when it was sent, so the transport has to keep the secret (the platform pushes over TLS only). An
update keeps its number however often it comes, over the webhook or by polling: the journal keeps one.

Source: core.telegram.org/bots/api#setwebhook
"""

import hashlib
import hmac
from datetime import datetime

import msgspec

from channels.telegram.payloads import read_tree, sender_of
from channels.trees import Malformed, Tree
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import VerifiedRequest, WebhookRequest

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
MAX_BODY = 256 * 1024
MAX_KEPT = 64 * 1024
"""What the journal keeps of one request. By polling an update may be larger: a text full of long links is."""
# Left out of an update that is too large, wherever they stand in it; then what remains but these is left out.
_ORNAMENTS = frozenset(
    {
        "entities",
        "caption_entities",
        "link_preview_options",
        "reply_markup",
        "reply_to_message",
        "external_reply",
        "quote",
    }
)
_LEAST = ("message_id", "id", "date", "edit_date", "chat", "from", "user", "text", "caption")


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
    """An update from a source that is known, with what tells it from any other; at most `MAX_KEPT` of it."""
    try:
        number, kind, value = read_tree(body)
        key, handle = f"update:{number}", sender_of(value)
        if len(body) > MAX_KEPT:
            body = _shortened(number, kind, value)
    except Malformed:
        body = body[:MAX_KEPT]
        key, handle = f"body:{hashlib.sha256(body).hexdigest()}", ""
    return VerifiedRequest(body=body, dedupe_key=key, handle=handle, received_at=received_at)


def _shortened(number: int, kind: str, value: Tree) -> bytes:
    """An update that the journal can keep: what was said and by whom, before how it was dressed."""
    for kept in (_plain(value), {name: value[name] for name in _LEAST if name in value}):
        body = msgspec.json.encode({"update_id": number, kind: kept})
        if len(body) <= MAX_KEPT:
            return body
    return msgspec.json.encode({"update_id": number, kind: {"from": value.get("from"), "chat": value.get("chat")}})[
        :MAX_KEPT
    ]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in _ORNAMENTS}
    return [_plain(each) for each in value] if isinstance(value, list) else value
