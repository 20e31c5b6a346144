"""What simulated customers do: write, answer, and what their mailers and servers send by themselves."""

import base64
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from channels.simulating.script import read_action as _read_action
from channels.simulating.script import repeats
from scrm.model.base import Record

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Action(Record, kw_only=True, forbid_unknown_fields=True):
    """One thing a customer does. user: any name.

    type: mail; file (with an attachment); html (markup with a picture in it); absence (an automatic note); newsletter;
    bounce (the server returns our mail). answers: it is an answer to what the hub sent last. fields: headers that win.
    """

    at: float = 0
    user: str
    type: str = "mail"
    subject: str = ""
    text: str = ""
    answers: bool = False
    fields: dict[str, str] = {}
    repeat: int = 1
    note: str = ""


class SentMail(Record, kw_only=True):
    """What a customer received."""

    number: int
    at: datetime
    recipient: str
    user: str
    subject: str
    content: str
    message_id: str
    in_reply_to: str
    references: str
    files: tuple[str, ...]
    raw: bytes


def read_action(data: bytes) -> Action:
    """Raises ScriptError."""
    return _read_action(data, Action, lambda action: repeats(action) if action.user else "user is a name")


def address_of(user: str) -> str:
    """A made-up person's address, the same each time."""
    if "@" in user:
        return user.lower()
    plain = user if user.isascii() and user.isalnum() else base64.b32encode(user.encode()).decode().rstrip("=").lower()
    return f"{plain.lower()}@customer.example"


def mail_of(action: Action, mailbox: str, at: datetime, answered: SentMail | None) -> EmailMessage:
    """The mail the action makes."""
    mail = EmailMessage()
    mail["From"] = f"{action.user} <{address_of(action.user)}>" if "@" not in action.user else action.user
    mail["To"] = mailbox
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(domain="customer.example")
    subject = action.subject or ("Re: " + answered.subject.removeprefix("Re: ") if answered else "咨询")
    mail["Subject"] = {"absence": f"自动回复：{subject}"}.get(action.type, subject)
    if answered is not None:
        mail["In-Reply-To"] = answered.message_id
        mail["References"] = f"{answered.references} {answered.message_id}".strip()
    _fill(mail, action, answered)
    for name, value in action.fields.items():
        del mail[name]
        mail[name] = value
    return mail


def _fill(mail: EmailMessage, action: Action, answered: SentMail | None) -> None:
    text = action.text or "你好"
    if answered is not None:
        quoted = "\n".join(f"> {line}" for line in answered.content.splitlines())
        text = f"{text}\n\n在 {answered.at:%Y-%m-%d %H:%M}，客服 写道：\n{quoted}\n"
    mail.set_content(text)
    match action.type:
        case "file":
            mail.add_attachment(b"%PDF-1.4 simulated", maintype="application", subtype="pdf", filename="订单.pdf")
        case "html":
            markup = f'<p>{text}</p><img src="cid:picture@customer.example"><script>alert(1)</script>'
            mail.add_alternative(markup, subtype="html")
            parts = mail.get_payload()
            if isinstance(parts, list) and isinstance(parts[1], EmailMessage):
                cid = "<picture@customer.example>"
                parts[1].add_related(PICTURE + bytes(4096), "image", "png", cid=cid, filename="截图.png")
        case "absence":
            mail["Auto-Submitted"] = "auto-replied"
        case "newsletter":
            mail["List-Unsubscribe"] = "<https://news.example/leave>"
            mail["Precedence"] = "bulk"


def bounce_of(answered: SentMail, mailbox: str, at: datetime) -> bytes:
    """What a server writes back about a mail it cannot deliver (RFC 3464)."""
    head = answered.raw.partition(b"\r\n\r\n")[0]
    return b"\r\n".join(
        [
            b"Return-Path: <>",
            b"From: Mail Delivery System <MAILER-DAEMON@customer.example>",
            b"To: " + mailbox.encode(),
            b"Date: " + format_datetime(at).encode(),
            b"Message-ID: " + make_msgid(domain="customer.example").encode(),
            b"Subject: Undelivered Mail Returned to Sender",
            b"Auto-Submitted: auto-replied",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="b0unce"',
            b"",
            b"--b0unce",
            b"Content-Type: text/plain",
            b"",
            b"I could not deliver your message.",
            b"--b0unce",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.customer.example",
            b"",
            b"Final-Recipient: rfc822; " + answered.recipient.encode(),
            b"Action: failed",
            b"Status: 5.1.1",
            b"Diagnostic-Code: smtp; 550 5.1.1 User unknown",
            b"",
            b"--b0unce",
            b"Content-Type: text/rfc822-headers",
            b"",
            head,
            b"",
            b"--b0unce--",
            b"",
        ]
    )


def latest(sent: Sequence[SentMail], user: str) -> SentMail | None:
    return next((mail for mail in reversed(sent) if mail.recipient == address_of(user)), None)
