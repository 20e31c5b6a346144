"""Mail that no person wrote just now, and what servers say of ours. Pure.

Such mail is never answered by a program: answering is how loops begin. An absence note or a newsletter stands on the
timeline without opening a conversation; a notification (an order, a form on a site) is a message like any, marked.
Sources: RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 3464 (delivery reports), RFC 8098 (read reports),
MS-OXCMAIL 2.2.3.2.14 (X-Auto-Response-Suppress).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import Message
from enum import StrEnum

from channels.email.error_codes import worded
from channels.email.headers import addresses, message_ids, raw_value, words
from channels.email.mime import data_of, leaves, media_type, parameter
from scrm.model.message import MessageStatus
from scrm.ports.channel import ReceiptEvent


class Automatic(StrEnum):
    REPLY = "reply"  # an absence note
    BULK = "bulk"  # a newsletter, a list
    GENERATED = "generated"  # a program's notification
    LOOP = "loop"  # our own, come back


_SUBJECT = re.compile(
    r"^\s*(?:自动回复|自動回覆|自动答复|自動回信|Automatic reply|Auto(?:matic)?[ -]?(?:reply|response)"
    r"|Out of (?:the )?office|Abwesenheit|Réponse automatique|Risposta automatica|自動返信|자동 ?회신)",
    re.IGNORECASE,
)
# Addresses that mail servers speak from.
_SERVERS = re.compile(r"^(?:mailer-daemon|postmaster|mail-?daemon|mdaemon|bounces?)(?:[+\-.=].*)?@", re.IGNORECASE)
# Ours, as `compose.message_id` makes them.
_OURS = re.compile(rb"<([0-9A-Za-z]{1,60}\.[0-9]{1,3}\.hub@[!-;=?-~]{1,200})>")
_FIELD = re.compile(r"^([A-Za-z\-]{1,60})[ \t]*:[ \t]*(.*(?:\r?\n[ \t]+.*)*)", re.MULTILINE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_READ = ("displayed", "read")


def automatic(mail: Message, own: frozenset[str]) -> Automatic | None:
    submitted = raw_value(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = raw_value(mail, "Precedence").strip().lower()
    if raw_value(mail, "X-Loop").strip().lower() in own:
        return Automatic.LOOP
    if (
        submitted == "auto-replied"
        or precedence in ("auto_reply", "auto-reply")
        or any(raw_value(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From"))
        or _SUBJECT.match(words(raw_value(mail, "Subject")))
    ):
        return Automatic.REPLY
    if _is_list(mail, precedence, own):
        return Automatic.BULK
    suppress = raw_value(mail, "X-Auto-Response-Suppress").strip().lower()
    if submitted not in ("", "no") or suppress not in ("", "none") or raw_value(mail, "Return-Path").strip() == "<>":
        return Automatic.GENERATED
    return None


def _is_list(mail: Message, precedence: str, own: frozenset[str]) -> bool:
    """A list of the company's own is how customers' mail comes in at some (a group behind kefu@), and no newsletter."""
    domains = {address.partition("@")[2] for address in own if "@" in address}
    spoken = " ".join(raw_value(mail, name).lower() for name in ("List-Id", "List-Post"))
    if spoken.strip() and any(domain and domain in spoken for domain in domains):
        return False
    return precedence in ("bulk", "list", "junk") or any(
        raw_value(mail, name) for name in ("List-Id", "List-Unsubscribe", "List-Post")
    )


def receipts(mail: Message, at: datetime) -> list[ReceiptEvent] | None:
    """What a server or a reader says of our mail; None where this is no report. Raises ParseError."""
    kind = parameter(mail, "report-type").lower() if media_type(mail) == "multipart/report" else ""
    if kind == "disposition-notification":
        return _read_report(mail, at)
    senders = addresses(mail, "From")
    from_server = bool(senders and _SERVERS.match(senders[0][1]))
    if kind != "delivery-status" and not from_server:
        return None
    about = _about(mail)
    if not about and not kind:
        return None  # somebody at such an address wrote
    found: list[ReceiptEvent] = []
    status, code, words_ = _outcome(mail, reported=bool(kind))
    if status is not None:
        for external_id in about:
            error = worded(code, words_)
            found.append(
                ReceiptEvent(
                    external_id=external_id, status=status, at=at, code=error, platform_code=code, detail=words_
                )
            )
    return found


def _about(mail: Message) -> Sequence[str]:
    """Ids of ours: of the mail that came back, or of what is answered."""
    found: dict[str, None] = {}
    for _, part, _ in leaves(mail):
        if media_type(part) in ("message/rfc822", "message/global", "text/rfc822-headers"):
            head = data_of(part)[:65_536]
            line = re.search(rb"^message-id[ \t]*:\s*(<[^<>\r\n]{1,300}>)", head, re.IGNORECASE | re.MULTILINE)
            if line and (ours := _OURS.fullmatch(line[1])):
                found[f"<{ours[1].decode('ascii', 'replace')}>"] = None
    for name in ("In-Reply-To", "References"):
        if found:
            break
        for each in message_ids(mail, name):
            if _OURS.fullmatch(each.encode("ascii", "replace")):
                found[each] = None
    return list(found)[:10]


def _outcome(mail: Message, *, reported: bool) -> tuple[MessageStatus | None, str, str]:
    """What became of it, the code, and a line of why. A delay is nothing final, and is not told."""
    for _, part, _ in leaves(mail):
        if media_type(part) != "message/delivery-status":
            continue
        fields = _fields(part)
        action = fields.get("action", "").lower()
        code = next(iter(re.findall(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", ""))), "")
        detail = fields.get("diagnostic-code", "").partition(";")[2].strip()[:300]
        if action == "failed" or (not action and code.startswith("5")):
            return MessageStatus.FAILED, code, detail
        return (MessageStatus.DELIVERED if action == "delivered" else None), code, detail
    text = " ".join(data_of(part).decode("utf-8", "replace")[:4000] for _, part, _ in leaves(mail)[:2])
    found = _STATUS.search(text)
    if found and found[1] == "4":
        return None, found[0], ""
    return MessageStatus.FAILED, found[0] if found else "", "" if reported else "returned to sender"


def _fields(part: Message) -> dict[str, str]:
    """Of the first recipient: our mail has one."""
    text = data_of(part).decode("utf-8", "replace")[:16_384]
    if not text.strip() and isinstance(blocks := part.get_payload(), list):
        text = "\n".join(str(block) for block in blocks)[:16_384]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def _read_report(mail: Message, at: datetime) -> list[ReceiptEvent]:
    for _, part, _ in leaves(mail):
        if media_type(part) == "message/disposition-notification":
            fields = _fields(part)
            about = fields.get("original-message-id", "")
            shown = fields.get("disposition", "").lower().partition(";")[2]
            if _OURS.fullmatch(about.encode("ascii", "replace")) and any(word in shown for word in _READ):
                return [ReceiptEvent(external_id=about, status=MessageStatus.READ, at=at)]
    return []
