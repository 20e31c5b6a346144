"""Is this push Meta's, and does it want to know whether the address is ours? Pure; raises only WebhookError.

The platform signs the body as it stands with the app's secret; nothing says when it was sent, and a push that failed
comes again for days with the same signature: the journal keeps one of a key.

Source: developers.facebook.com/docs/graph-api/webhooks/getting-started (Verification Requests, Validating Payloads)
"""

import hashlib
import hmac
import re

from scrm.errors import WebhookError, WebhookRefusal
from scrm.model.work import LARGEST_BODY
from scrm.ports.channel import Challenge, WebhookReply, WebhookRequest

SIGNATURE_HEADER = "x-hub-signature-256"
# A message of the longest kind is some 30 KiB; a push of several, which the platform writes up to 3 MB of, comes again.
MAX_BODY = LARGEST_BODY
CHALLENGE = re.compile(r"[A-Za-z0-9_.\-]{1,256}")


def signature(body: bytes, app_secret: str) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def app_secret_proof(access_token: str, app_secret: str) -> str:
    """Shows with every request that whoever has the token has the secret too, where the app asks for that.

    Source: developers.facebook.com/docs/graph-api/guides/secure-requests
    """
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def checked(request: WebhookRequest, *, app_secret: str, verify_token: str) -> Challenge | bytes:
    """The answer to the platform's question, or the body of a push of its own."""
    if request.method == "GET":
        return _challenge(request, verify_token)
    if request.method != "POST":
        raise WebhookError(WebhookRefusal.MALFORMED, "neither GET nor POST")
    if len(request.body) > MAX_BODY:
        raise WebhookError(WebhookRefusal.TOO_LARGE)
    if not _same(request.headers.get(SIGNATURE_HEADER, ""), signature(request.body, app_secret)):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    if not request.body.strip():
        raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
    return request.body


def _challenge(request: WebhookRequest, verify_token: str) -> Challenge:
    if request.query.get("hub.mode") != "subscribe":
        raise WebhookError(WebhookRefusal.MALFORMED, "not the platform's question")
    if not _same(request.query.get("hub.verify_token", ""), verify_token):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "another verify token")
    challenge = request.query.get("hub.challenge", "")
    if not CHALLENGE.fullmatch(challenge):
        raise WebhookError(WebhookRefusal.MALFORMED, "nothing to answer with")
    return Challenge(reply=WebhookReply(body=challenge.encode()))


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
