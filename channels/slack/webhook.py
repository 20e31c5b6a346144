"""Is this push Slack's, and which event is it? Pure; raises only WebhookError.

Every push is signed: HMAC-SHA256 with the app's signing secret over the version, the second it was sent and the body.
One older than five minutes is not taken, as Slack advises; what Slack tries again it signs anew. An event keeps its id,
and a message its number, however often they come, over the webhook or the line: the journal keeps one.

Source: docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/reference/events/url_verification
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from channels.slack.payloads import WRITTEN, bot_of, channel_of, event_of, handle_of, read, ts_of
from channels.trees import Malformed, Tree, part, text
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest

SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
FRESH = timedelta(minutes=5)
MAX_BODY = 256 * 1024
MAX_KEPT = 64 * 1024
"""What the journal keeps of one event. Over the line one may be larger: a long text comes in two forms."""
# Left out of an event that is too large, wherever they stand in it; then its text is cut.
_ORNAMENTS = frozenset({"blocks", "message_blocks", "user_profile", "bot_profile", "reactions", "metadata"})
MAX_CONTENT = 8000
NOT_FOR_US = "not_for_us"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    said = b"v0:" + timestamp.encode("utf-8", "surrogateescape") + b":" + body
    return "v0=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def verify(request: WebhookRequest, secret: str) -> Challenge | VerifiedRequest:
    timestamp = request.headers.get(TIMESTAMP, "")
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "surrogateescape")
    if not secret or not hmac.compare_digest(given, signature(secret, timestamp, request.body).encode()):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    if not _fresh(timestamp, request.received_at):
        raise WebhookError(WebhookRefusal.STALE)
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "not a POST")
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    return _challenge(request.body) or of_event(request.body, request.received_at)


def _fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= FRESH


def _challenge(body: bytes) -> Challenge | None:
    """Slack's question to an address that was entered in the app's settings."""
    try:
        tree = read(body)
    except Malformed:
        return None
    if tree["type"] != "url_verification":
        return None
    said = tree.get("challenge")
    if not isinstance(said, str) or not 0 < len(said) <= 1000 or not said.isascii() or not said.isprintable():
        raise WebhookError(WebhookRefusal.MALFORMED, "a question without a challenge")
    return Challenge(reply=WebhookReply(body=said.encode()))


def of_event(body: bytes, received_at: datetime) -> VerifiedRequest:
    """An event from a source that is known, with what tells it from any other; at most `MAX_KEPT` of it."""
    try:
        tree = read(body)
        key = _key(tree) or f"body:{hashlib.sha256(body).hexdigest()}"
        handle = _handle(tree)
        if len(body) > MAX_KEPT:
            body = _shortened(tree)
    except (Malformed, RecursionError):
        key, handle = f"body:{hashlib.sha256(body).hexdigest()}", ""
        body = body[:MAX_KEPT]
    return VerifiedRequest(body=body, dedupe_key=key, handle=handle, received_at=received_at)


def _key(tree: Tree) -> str:
    """An event's id; of what was said, the message's own: Slack tells a mention twice, as a message and as a mention.
    Where Slack does not say who hears it, the message does not show that it is one. "" for what has no number."""
    event = part(tree, "event")
    channel, ts = channel_of(event), ts_of(event.get("ts"))
    if event.get("type") in ("message", "app_mention") and event.get("subtype") in WRITTEN and bot_of(tree):
        return f"message:{channel} {ts}" if channel and ts else ""
    id_ = text(tree.get("event_id"))
    return f"event:{id_}" if id_ else ""


def emptied(request: VerifiedRequest) -> VerifiedRequest:
    """What is left of an event that is not for us: that it came. What people say in a channel without meaning the app
    does not reach the disk."""
    return replace(request, body=msgspec.json.encode({"type": NOT_FOR_US}), handle="")


def _handle(tree: Tree) -> str:
    try:
        return handle_of(event_of(tree))
    except Malformed:
        return ""


def _shortened(tree: Tree) -> bytes:
    """An event that the journal can keep: what was said and by whom, before how it was dressed."""
    slim = {name: _plain(value) for name, value in tree.items()}
    body = msgspec.json.encode(slim)
    return body if len(body) <= MAX_KEPT else msgspec.json.encode(_cut(slim))[:MAX_KEPT]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in _ORNAMENTS}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _cut(value: object) -> object:
    if isinstance(value, dict):
        return {name: _cut(each) for name, each in value.items() if name != "attachments"}
    if isinstance(value, list):
        return [_cut(each) for each in value[:20]]
    return value[:MAX_CONTENT] if isinstance(value, str) else value
