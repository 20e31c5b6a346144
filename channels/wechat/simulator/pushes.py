"""What the platform posts to a server: fields as XML or JSON, signed, and encrypted where the account asks for it."""

import json
import secrets
from collections.abc import Mapping

from channels.wechat.config import Mode
from channels.wechat.simulator.account import Account
from channels.wx.crypto import signature
from channels.wx.simulator.pushes import Field, Push, element, xml

__all__ = ["Field", "Push", "challenge", "render", "sign"]


def render(fields: Mapping[str, Field], form: str) -> bytes:
    """form: `xml` or `json`."""
    if form == "json":
        return json.dumps(fields, ensure_ascii=False).encode()
    return xml(fields)


def sign(account: Account, body: bytes, *, timestamp: int, nonce: str | None = None) -> Push:
    """The push of a body, as the account's mode wants it."""
    stamp, nonce = str(timestamp), nonce or secrets.token_hex(8)
    query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    media_type = "application/json" if account.form == "json" else "text/xml"
    if account.mode is Mode.PLAIN:
        return Push(query=query, body=body, media_type=media_type)
    encrypted = account.cipher.encrypt(body, secrets.token_bytes(16))
    query |= {"encrypt_type": "aes", "msg_signature": signature(account.token, stamp, nonce, encrypted)}
    envelope: dict[str, Field] = {"ToUserName": account.original_id, "Encrypt": encrypted}
    if account.mode is Mode.COMPATIBLE:
        return Push(query=query, body=_beside(body, envelope, account.form), media_type=media_type)
    return Push(query=query, body=render(envelope, account.form), media_type=media_type)


def challenge(account: Account, *, timestamp: int, echo: str) -> dict[str, str]:
    """The query of the GET that asks whether the address is the account's."""
    nonce = secrets.token_hex(8)
    stamp = str(timestamp)
    return {
        "signature": signature(account.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": echo,
    }


def _beside(body: bytes, envelope: Mapping[str, Field], form: str) -> bytes:
    """Compatible mode: the fields in clear, and the encrypted part among them."""
    encrypted = envelope["Encrypt"]
    if form == "json":
        return render({**json.loads(body), "Encrypt": encrypted}, form)
    return body.removesuffix(b"</xml>") + element("Encrypt", encrypted).encode() + b"</xml>"
