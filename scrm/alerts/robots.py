"""Requests to group robots and webhooks, and what their answers mean. Pure.

Signatures as the platforms state them: Lark signs nothing under the key `timestamp \\n secret`, DingTalk signs
`timestamp \\n secret` under the secret, our own webhook signs `timestamp . body`.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import msgspec

from scrm.alerts import letter as letters
from scrm.alerts.destinations import BY_KIND
from scrm.model.base import Record
from scrm.model.notices import Destination, DestinationKind, Notice, Reason

JSON = "application/json; charset=utf-8"
_PLAIN = {"Content-Type": JSON}


class Refusal(Exception):
    """A send that did not end well. again: trying later can help. after: seconds the platform asks for."""

    def __init__(self, reason: Reason, detail: object = "", *, again: bool = False, after: float | None = None) -> None:
        self.stored = f"{reason}:{detail}" if detail != "" else str(reason)
        super().__init__(self.stored)
        self.again = again
        self.after = after


class Request(Record, kw_only=True):
    url: str
    body: bytes
    headers: dict[str, str]


def request(destination: Destination, notice: Notice, now: datetime) -> Request:
    """For every kind but e-mail."""
    return _REQUESTS[destination.kind](destination, notice, now)


def check(destination: Destination, status: int, body: bytes) -> None:
    """Raises Refusal unless the answer says that it was taken."""
    if destination.kind is DestinationKind.WEBHOOK:
        if not 200 <= status < 300:
            busy = status in (408, 425, 429) or status >= 500
            raise Refusal(Reason.BUSY if busy else Reason.REFUSED, status, again=busy)
        return
    code = _code(body)
    if status == 429 or status >= 500:
        raise Refusal(Reason.BUSY, status, again=True)
    if code is None:
        raise Refusal(Reason.UNREADABLE, status)
    if code != 0:
        reason, after = _CODES[destination.kind].get(code, (Reason.REFUSED, None))
        raise Refusal(reason, code, again=reason in (Reason.RATE_LIMITED, Reason.BUSY), after=after)


def lark_sign(timestamp: int, secret: str) -> str:
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def dingtalk_sign(milliseconds: int, secret: str) -> str:
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings"""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def webhook_sign(timestamp: int, secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _wecom(destination: Destination, notice: Notice, now: datetime) -> Request:
    content = letters.markdown(notice.letter, destination.locale, BY_KIND[destination.kind].limits.size)
    body = {"msgtype": "markdown", "markdown": {"content": content}}
    return Request(url=destination.settings["url"], body=msgspec.json.encode(body), headers=_PLAIN)


def _lark(destination: Destination, notice: Notice, now: datetime) -> Request:
    letter, locale = notice.letter, destination.locale

    def made(most: int) -> bytes:
        # The card shows title and button itself.
        inner = msgspec.structs.replace(letter, url=None)
        content = letters.markdown(inner, locale, most).partition("\n\n")[2]
        elements: list[object] = [{"tag": "markdown", "content": content or letters.escaped(letter.title)}]
        if letter.url:
            label = {"tag": "plain_text", "content": letters.OPEN[locale]}
            button = {"tag": "button", "text": label, "type": "primary", "url": letter.url}
            elements.append({"tag": "action", "actions": [button]})
        title = {"tag": "plain_text", "content": letters.cut(letters.plain(letter.title), 400)}
        card = {
            "config": {"wide_screen_mode": True},
            "header": {"title": title, "template": "red" if letter.urgent else "blue"},
            "elements": elements,
        }
        body: dict[str, object] = {"msg_type": "interactive", "card": card}
        if secret := destination.settings.get("secret"):
            timestamp = int(now.timestamp())
            body = {"timestamp": str(timestamp), "sign": lark_sign(timestamp, secret), **body}
        return msgspec.json.encode(body)

    return Request(
        url=destination.settings["url"], body=_fitted(made, BY_KIND[destination.kind].limits.size), headers=_PLAIN
    )


def _dingtalk(destination: Destination, notice: Notice, now: datetime) -> Request:
    title = letters.cut(letters.plain(notice.letter.title), 200)

    def made(most: int) -> bytes:
        said = letters.markdown(notice.letter, destination.locale, most)
        return msgspec.json.encode({"msgtype": "markdown", "markdown": {"title": title, "text": said}})

    url = destination.settings["url"]
    if secret := destination.settings.get("secret"):
        milliseconds = int(now.timestamp() * 1000)
        url += f"&timestamp={milliseconds}&sign={quote(dingtalk_sign(milliseconds, secret), safe='')}"
    return Request(url=url, body=_fitted(made, BY_KIND[destination.kind].limits.size), headers=_PLAIN)


def _webhook(destination: Destination, notice: Notice, now: datetime) -> Request:
    """The whole letter as data; the id lets the other side know a repeat."""
    said = {"id": notice.id, "kind": notice.kind, "created_at": notice.created_at, **msgspec.to_builtins(notice.letter)}
    body = msgspec.json.encode(said)
    timestamp = int(now.timestamp())
    return Request(
        url=destination.settings["url"],
        body=body,
        headers={
            "Content-Type": JSON,
            "X-SCRM-Delivery": notice.id,
            "X-SCRM-Timestamp": str(timestamp),
            "X-SCRM-Signature": f"sha256={webhook_sign(timestamp, destination.settings['secret'], body)}",
        },
    )


def _fitted(made: Callable[[int], bytes], most: int) -> bytes:
    """JSON escapes line breaks and quotes, so the request is longer than its text: shorten until it fits."""
    room = most - 1_024
    while len(body := made(room)) > most and room > 512:
        room -= 512
    return body


class _Answer(Record, kw_only=True):
    errcode: int | None = None
    code: int | None = None
    StatusCode: int | None = None


def _code(body: bytes) -> int | None:
    """0: taken. None: not an answer of such a platform."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return next((code for code in (answer.errcode, answer.code, answer.StatusCode) if code is not None), None)


_REQUESTS = {
    DestinationKind.WECOM: _wecom,
    DestinationKind.LARK: _lark,
    DestinationKind.DINGTALK: _dingtalk,
    DestinationKind.WEBHOOK: _webhook,
}
# What platforms answer, from the pages of `destinations`; and after how many seconds they take more.
_CODES: dict[DestinationKind, dict[int, tuple[Reason, float | None]]] = {
    DestinationKind.WECOM: {
        -1: (Reason.BUSY, None),
        45009: (Reason.RATE_LIMITED, 60.0),
        45033: (Reason.RATE_LIMITED, 10.0),
        93000: (Reason.ADDRESS_INVALID, None),
        40058: (Reason.CONTENT_REFUSED, None),
        45002: (Reason.TOO_LONG, None),
    },
    DestinationKind.LARK: {
        9499: (Reason.CONTENT_REFUSED, None),
        11232: (Reason.RATE_LIMITED, 60.0),
        19001: (Reason.ADDRESS_INVALID, None),
        19021: (Reason.SIGNATURE_REFUSED, None),
        19022: (Reason.IP_REFUSED, None),
        19024: (Reason.KEYWORD_MISSING, None),
    },
    DestinationKind.DINGTALK: {
        -1: (Reason.BUSY, None),
        130101: (Reason.RATE_LIMITED, 600.0),
        90018: (Reason.RATE_LIMITED, 60.0),
        300001: (Reason.ADDRESS_INVALID, None),
        310000: (Reason.SIGNATURE_REFUSED, None),
        400013: (Reason.ADDRESS_INVALID, None),
        460101: (Reason.TOO_LONG, None),
    },
}
