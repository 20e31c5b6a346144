"""Whose push is it, and when was it signed? Pure; raises only WebhookError.

A signature stays good for ten minutes, because the platforms' retries carry the first try's. Replaying one is harmless:
it has the same `dedupe_key`, and the journal keeps one.
"""

from datetime import UTC, datetime, timedelta

from channels.wx.crypto import CryptoError, MessageCipher, signature_holds
from channels.wx.payloads import Malformed, format_of, read_fields
from scrm.errors import WebhookError, WebhookRefusal
from scrm.ports.channel import WebhookRequest

FRESH = timedelta(minutes=10)
MAX_PARAMETER = 512
MAX_ECHO = 2048


def check_signature(request: WebhookRequest, token: str, name: str, *covered: str) -> None:
    """The signature first: an unsigned request learns nothing about the hub's clock."""
    given, timestamp, nonce = (request.query.get(key, "") for key in (name, "timestamp", "nonce"))
    if not (given and timestamp and nonce) or max(len(given), len(timestamp), len(nonce)) > MAX_PARAMETER:
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "no signature, timestamp or nonce")
    if not signature_holds(given, token, timestamp, nonce, *covered):
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE)
    signed_at = read_time(timestamp)
    if signed_at is None or abs(request.received_at - signed_at) > FRESH:
        raise WebhookError(WebhookRefusal.STALE, "signed more than ten minutes before or after")


def echo_of(request: WebhookRequest) -> str:
    """What the platform asks a new address to repeat."""
    echo = request.query.get("echostr", "")
    if not 0 < len(echo) <= MAX_ECHO:
        raise WebhookError(WebhookRefusal.MALFORMED, "no echostr")
    return echo


def encrypted_part(body: bytes) -> str:
    try:
        return read_fields(body, format_of(body)).get("Encrypt", "")
    except Malformed as error:
        raise WebhookError(WebhookRefusal.MALFORMED, str(error)) from None


def opened(cipher: MessageCipher, encrypted: str) -> bytes:
    try:
        return cipher.decrypt(encrypted)
    except CryptoError:
        raise WebhookError(WebhookRefusal.BAD_SIGNATURE, "not encrypted with this channel's key") from None


def read_time(text: str) -> datetime | None:
    """Seconds since 1970, as the platforms write them; None where that is no time."""
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)
