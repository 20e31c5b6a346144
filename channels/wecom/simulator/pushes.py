"""Callbacks as the platform makes them: always encrypted, in an envelope of XML, signed in the query."""

import secrets

from channels.wecom.simulator.account import Account
from channels.wx.crypto import signature
from channels.wx.simulator.pushes import Field, Push, xml


def notice(account: Account, ticket: str, *, timestamp: int) -> dict[str, Field]:
    return {
        "ToUserName": account.corp_id,
        "CreateTime": timestamp,
        "MsgType": "event",
        "Event": "kf_msg_or_event",
        "Token": ticket,
        "OpenKfId": account.open_kfid,
    }


def sign(account: Account, body: bytes, *, timestamp: int, nonce: str | None = None) -> Push:
    stamp, nonce = str(timestamp), nonce or secrets.token_hex(8)
    encrypted = account.cipher.encrypt(body, secrets.token_bytes(16))
    query = {"msg_signature": signature(account.token, stamp, nonce, encrypted), "timestamp": stamp, "nonce": nonce}
    envelope: dict[str, Field] = {"ToUserName": account.corp_id, "Encrypt": encrypted, "AgentID": ""}
    return Push(query=query, body=xml(envelope), media_type="text/xml")


def challenge(account: Account, *, timestamp: int, echo: bytes, nonce: str | None = None) -> dict[str, str]:
    """The query of the GET that asks whether the address is the account's: it wants the echo back in clear."""
    stamp, nonce = str(timestamp), nonce or secrets.token_hex(8)
    encrypted = account.cipher.encrypt(echo, secrets.token_bytes(16))
    covered = signature(account.token, stamp, nonce, encrypted)
    return {"msg_signature": covered, "timestamp": stamp, "nonce": nonce, "echostr": encrypted}
