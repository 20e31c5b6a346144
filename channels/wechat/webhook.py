"""Is this push the platform's, and which one is it? Pure; raises only WebhookError.

safe and compatible mode: the signature covers the encrypted part, and nothing else of the request is believed.
plain mode: the platform's signature covers only the time and a number, not the body; whoever has seen one request can
write others for as long as it counts as fresh. That is the platform's rule; the settings form says so.
"""

import hashlib
import json
from collections.abc import Mapping

from channels.wechat.config import Mode, WeChatConfig
from channels.wx.crypto import MessageCipher
from channels.wx.payloads import MAX_BODY, Malformed, format_of, read_fields
from channels.wx.signed import check_signature, echo_of, encrypted_part, opened
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookReply, WebhookRequest


class Webhook:
    """Verifies what arrives for one account."""

    def __init__(self, config: WeChatConfig) -> None:
        self._token = config.token
        self._mode = config.mode
        self._cipher = MessageCipher(config.aes_key, config.app_id) if config.aes_key else None

    def verify(self, request: WebhookRequest) -> Challenge | VerifiedRequest:
        if request.method == "GET":
            return self._challenge(request)
        if request.method != "POST":
            raise WebhookError(WebhookRefusal.MALFORMED, "neither GET nor POST")
        if len(request.body) > MAX_BODY:
            raise WebhookError(WebhookRefusal.TOO_LARGE)
        body = self._plain(request) if self._mode is Mode.PLAIN else self._decrypted(request)
        if not body.strip():
            raise WebhookError(WebhookRefusal.MALFORMED, "an empty body")
        form = format_of(body)
        key, handle = identify(body, form)
        return VerifiedRequest(
            body=body, facts={"format": form}, dedupe_key=key, handle=handle, received_at=request.received_at
        )

    def _challenge(self, request: WebhookRequest) -> Challenge:
        """The platform asks with the plain signature even in safe mode; an encrypted echo is understood as well."""
        echo = echo_of(request)
        if "msg_signature" not in request.query:
            self._check(request, "signature")
            return Challenge(reply=WebhookReply(body=echo.encode("utf-8", "replace")))
        self._check(request, "msg_signature", echo)
        return Challenge(reply=WebhookReply(body=self._opened(echo)))

    def _plain(self, request: WebhookRequest) -> bytes:
        if request.query.get("encrypt_type", "raw") != "raw":
            raise WebhookError(WebhookRefusal.MALFORMED, "encrypted, but the channel is set to plain mode")
        self._check(request, "signature")
        return request.body

    def _decrypted(self, request: WebhookRequest) -> bytes:
        if "msg_signature" not in request.query:
            raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "not encrypted, but the channel is not in plain mode")
        encrypted = encrypted_part(request.body)
        self._check(request, "msg_signature", encrypted)
        return self._opened(encrypted)

    def _check(self, request: WebhookRequest, name: str, *covered: str) -> None:
        check_signature(request, self._token, name, *covered)

    def _opened(self, encrypted: str) -> bytes:
        if self._cipher is None:
            raise WebhookError(WebhookRefusal.MALFORMED, "encrypted, but the channel is set to plain mode")
        return opened(self._cipher, encrypted)


def identify(body: bytes, form: str) -> tuple[str, str]:
    """The dedupe key and the sender's handle.

    A message has a MsgId. An event has none: its sender, second, name and key tell it, and, where two events within
    a second agree in all of these, the rest of their fields; so the key is a digest of them all. What cannot be read
    is known by its bytes, so that it is journalled, and fails there, where an admin sees it.
    """
    try:
        fields = read_fields(body, form)
    except Malformed:
        return "body:" + hashlib.sha256(body).hexdigest(), ""
    return key_of(fields), fields.get("FromUserName", "")[:256]


def key_of(fields: Mapping[str, str]) -> str:
    message_id = fields.get("MsgId", "")
    if fields.get("MsgType") != "event" and message_id.isascii() and message_id.isdigit() and len(message_id) <= 32:
        return "message:" + message_id
    canonical = json.dumps(sorted(fields.items()), ensure_ascii=True).encode()
    return "event:" + hashlib.sha256(canonical).hexdigest()
