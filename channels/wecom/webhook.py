"""Is this callback the platform's, and what does it announce? Pure; `verify` raises only WebhookError.

A callback is always encrypted; its signature covers the encrypted part, and nothing else of the request is believed.
It carries no message: it says that there is something to fetch, and gives a token for that.
Source: developer.work.weixin.qq.com/document/path/90930 (form), /94670 (kf_msg_or_event).
"""

import hashlib
import json
from collections.abc import Sequence

from channels.wecom.config import WeComConfig
from channels.wx.crypto import MessageCipher
from channels.wx.payloads import MAX_BODY, Malformed, format_of, read_fields
from channels.wx.signed import check_signature, echo_of, encrypted_part, opened
from scrm.errors import ParseError, WebhookError, WebhookRefusal
from scrm.ports.channel import Challenge, ChannelEvent, Notice, VerifiedRequest, WebhookReply, WebhookRequest

ANNOUNCES = "kf_msg_or_event"
# As long as the platform's documents allow them to be, and some more.
MAX_TOKEN = 512
MAX_ACCOUNT = 128


class Webhook:
    """Verifies what arrives for one company."""

    def __init__(self, config: WeComConfig) -> None:
        self._token = config.token
        self._cipher = MessageCipher(config.aes_key, config.corp_id)

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        if request.method == "GET":
            echo = echo_of(request)
            check_signature(request, self._token, "msg_signature", echo)
            return Challenge(reply=WebhookReply(body=opened(self._cipher, echo)))
        if request.method != "POST":
            raise WebhookError(WebhookRefusal.MALFORMED, "neither GET nor POST")
        if len(request.body) > MAX_BODY:
            raise WebhookError(WebhookRefusal.TOO_LARGE)
        encrypted = encrypted_part(request.body)
        check_signature(request, self._token, "msg_signature", encrypted)
        body = opened(self._cipher, encrypted)
        if not body.strip():
            raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
        # No sender: notices of a channel stand in one partition, where its messages are fetched.
        return VerifiedRequest(body=body, dedupe_key=_key(body), handle="", received_at=request.received_at)


def read_notice(request: VerifiedRequest, corp_id: str) -> Sequence[ChannelEvent]:
    """Raises ParseError. What announces something else (a change in the address book) is nothing of ours."""
    try:
        fields = read_fields(request.body, format_of(request.body))
    except Malformed as error:
        raise ParseError(str(error)) from None
    if fields.get("MsgType") != "event" or not fields.get("Event"):
        raise ParseError("no event")
    if fields["Event"] != ANNOUNCES:
        return []
    account, ticket = fields.get("OpenKfId", ""), fields.get("Token", "")
    if not 0 < len(account) <= MAX_ACCOUNT or len(ticket) > MAX_TOKEN:
        raise ParseError("no account, or a token longer than tokens are")
    return [
        Notice(
            external_id=request.dedupe_key,
            account=account_name(corp_id, account),
            ticket=ticket,
            at=request.received_at,
        )
    ]


def account_name(corp_id: str, open_kfid: str) -> str:
    return f"{corp_id}/{open_kfid}"


def _key(body: bytes) -> str:
    """Equal for the platform's retries, which it encrypts anew: a digest of the fields."""
    try:
        fields = read_fields(body, format_of(body))
    except Malformed:
        return "body:" + hashlib.sha256(body).hexdigest()
    canonical = json.dumps(sorted(fields.items()), ensure_ascii=True).encode()
    return "notice:" + hashlib.sha256(canonical).hexdigest()
