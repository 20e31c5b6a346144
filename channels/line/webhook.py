"""Is this push the platform's, and what is in it? Pure; raises only WebhookError.

The platform signs the body as it stands with the channel's secret; nothing says when, and what failed comes again with
the same events, so a replay is harmless: the journal keeps one of each event. One push holds any number of events of
any number of people, and none at all when the console's Verify button asks whether somebody is there.

Source: developers.line.biz/en/docs/messaging-api/verify-webhook-signature/, /receiving-messages/#redelivered-webhooks
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from channels.line.payloads import key_of, read_push, source_of
from channels.trees import Malformed
from scrm.errors import WebhookError, WebhookRefusal
from scrm.model.work import LARGEST_BODY
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest

SIGNATURE_HEADER = "x-line-signature"
# What the hub's webhook takes of one request, and the journal keeps.
MAX_BODY = LARGEST_BODY


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def verify(request: WebhookRequest, secret: str) -> Challenge | VerifiedRequest:
    given = request.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, signature(request.body, secret).encode()):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "not a POST")
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    try:
        events = read_push(request.body)
    except Malformed:
        events = None
    if events == []:
        return Challenge(reply=WebhookReply())
    whole = VerifiedRequest(
        body=request.body,
        dedupe_key=f"body:{hashlib.sha256(request.body).hexdigest()}",
        handle="",
        received_at=request.received_at,
    )
    if events is None:
        return whole
    handles = {source_of(event).handle for event in events}
    keys = list(dict.fromkeys(key_of(event) for event in events))
    several = f"several:{hashlib.sha256(' '.join(keys).encode()).hexdigest()}"
    return replace(
        whole,
        dedupe_key=keys[0] if len(keys) == 1 else several,
        handle=handles.pop() if len(handles) == 1 else "",
    )


def split(request: VerifiedRequest) -> Sequence[VerifiedRequest]:
    """One event each. What cannot be read stays as it is, for an administrator to see."""
    try:
        events = read_push(request.body)
    except Malformed:
        return (request,)
    if len(events) < 2:
        return (request,)
    return [
        VerifiedRequest(
            body=msgspec.json.encode({"events": [event]}),
            facts=request.facts,
            dedupe_key=key_of(event),
            handle=source_of(event).handle,
            received_at=request.received_at,
        )
        for event in events
    ]
