"""A page of fetched messages, each as the journal keeps it: its JSON, its sender, and a key that is its own.

Pure. Raises SendError where the answer is no page. Source: developer.work.weixin.qq.com/document/path/94670.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from channels.wx.transport import Answer
from scrm.errors import SendError, SendErrorCode
from scrm.ports.abilities import Pulled
from scrm.ports.channel import VerifiedRequest

# The platform says at most 64 bytes; longer ones would still be kept.
MAX_CURSOR = 1024
MAX_ID = 200
# What the journal takes. A longer message keeps what says whose and which it was.
MAX_BODY = 64 * 1024
KEPT_OF_LARGE = ("msgid", "open_kfid", "external_userid", "send_time", "origin", "msgtype")
# Told apart from a notice, which has no facts.
MESSAGE_FACTS = {"kind": "message"}

Raw = Mapping[str, object]


def read_page(answer: Answer, received_at: datetime) -> Pulled:
    cursor, found = answer.get("next_cursor", ""), answer.get("msg_list", [])
    if not isinstance(cursor, str) or len(cursor) > MAX_CURSOR or not isinstance(found, list):
        raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="not a page of messages")
    return Pulled(
        requests=tuple(kept(raw, received_at) for raw in found if isinstance(raw, dict)),
        cursor=cursor,
        more=answer.get("has_more") in (1, True, "1"),
    )


def kept(raw: Raw, received_at: datetime) -> VerifiedRequest:
    """One thing of a page."""
    body = _json(raw)
    if len(body) > MAX_BODY:
        body = _json({name: raw[name] for name in KEPT_OF_LARGE if name in raw} | {"too_large": True})[:MAX_BODY]
    return VerifiedRequest(
        body=body,
        facts=dict(MESSAGE_FACTS),
        dedupe_key="message:" + message_id(raw, body),
        handle=customer_of(raw),
        received_at=received_at,
    )


def message_id(raw: Raw, body: bytes) -> str:
    """The platform's id; a digest where it gives none, so that nothing is taken for something else."""
    given = raw.get("msgid")
    if isinstance(given, str) and 0 < len(given) <= MAX_ID:
        return given
    return "body:" + hashlib.sha256(body).hexdigest()


def customer_of(raw: Raw) -> str:
    """Whose it is; events say it inside. "" where it is nobody's."""
    event = raw.get("event")
    for place in (raw, event if isinstance(event, dict) else {}):
        value = place.get("external_userid")
        if isinstance(value, str) and 0 < len(value) <= MAX_ID:
            return value
    return ""


def _json(raw: Raw) -> bytes:
    """Half a character becomes `?`: it could be neither stored nor shown."""
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
