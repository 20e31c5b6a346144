"""Is this push the server's, and which event is it? Pure; raises only WebhookError.

The server repeats, as `Authorization: Bearer …`, the token the hub gave it; nothing covers the body and nothing in the
request says when it was sent, so the transport has to keep the token (https, or one machine). An event that comes
again, over whichever way, has the same key: the journal keeps one. Servers count their events from 1 whenever they
start, so the key is made of what the event says and not of its number.

Source: satori.chat/zh-CN/protocol/events.html#webhook
"""

import hashlib
import hmac
import re
from datetime import datetime

import msgspec

from channels.satori.payloads import account_of, handle_of, id_of, read
from channels.trees import Malformed, Tree, part
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest

MAX_BODY = 256 * 1024
MAX_KEPT = 64 * 1024
"""What the journal keeps of one event. One may be larger: some servers put whole pictures into a message."""
EVENT, META = "0", "5"
# Fields that are left out first where an event is too large, and what a message is cut down to.
_ORNAMENTS = ("_data", "_type", "referrer", "argv", "role", "friend", "operator")
_INLINE = re.compile(r"data:[^\"'<>\s]{1000,}")
MAX_CONTENT = 12_000


def verify(request: WebhookRequest, token: str) -> Challenge | VerifiedRequest:
    given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
    if not token or not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "not a POST")
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    signal = request.headers.get("satori-opcode", EVENT).strip()
    if signal == META:  # of addresses that files are fetched by: the server is asked when one is wanted
        return Challenge(reply=WebhookReply())
    if signal != EVENT:
        raise WebhookError(WebhookRefusal.MALFORMED, "a signal that is never pushed")
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    return of_event(request.body, request.received_at)


def of_event(body: bytes, received_at: datetime) -> VerifiedRequest:
    """An event from a source that is known, with what tells it from any other; at most `MAX_KEPT` of it."""
    try:
        tree = read(body)
        key, handle = _key(tree), handle_of(tree)
        if len(body) > MAX_KEPT:
            body = _shortened(tree)
    except Malformed:
        body = body[:MAX_KEPT]
        key, handle = f"body:{hashlib.sha256(body).hexdigest()}", ""
    return VerifiedRequest(body=body, dedupe_key=key, handle=handle, received_at=received_at)


def _key(tree: Tree) -> str:
    kind, message = tree["type"], part(tree, "message")
    place = [*account_of(tree), id_of(part(tree, "channel").get("id")), id_of(message.get("id"))]
    said: object
    if kind in ("message-created", "message-deleted") and all(place):
        said = place
    elif kind == "message-updated" and all(place):
        said = [place, message.get("content"), message.get("updated_at")]
    else:
        said = {name: value for name, value in tree.items() if name != "login"}
    return f"{kind}:{hashlib.sha256(msgspec.json.encode(said)).hexdigest()}"


def _shortened(tree: Tree) -> bytes:
    """An event that the journal can keep: what was said and by whom, before how it was dressed."""
    slim = {name: value for name, value in tree.items() if name not in _ORNAMENTS}
    message = part(slim, "message")
    if isinstance(message.get("content"), str):
        content = _INLINE.sub("data:,", message["content"])
        slim["message"] = message | {"content": content}
        if len(body := msgspec.json.encode(slim)) <= MAX_KEPT:
            return body
        least = {name: message[name] for name in ("id", "created_at", "updated_at") if name in message}
        slim["message"] = least | {"content": content[:MAX_CONTENT]}
    known = ("sn", "type", "timestamp", "login", "platform", "self_id", "channel", "user", "member", "message")
    body = msgspec.json.encode({name: slim[name] for name in known if name in slim})
    return body[:MAX_KEPT]
