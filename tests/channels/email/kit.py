"""E-mail's fixtures for the conformance suite: nothing is pushed, so `accepted` holds mails as the folder has them."""
# ruff: noqa: E501 - tables, a row a line

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime

from channels.email import events
from channels.email.simulator import EmailSimulator, SmtpFault
from channels.email.simulator.server import ADDRESS, PASSWORD
from scrm.clock import Clock
from scrm.errors import SendErrorCode, WebhookRefusal
from scrm.model.message import ContentType, MessageStatus
from scrm.ports.channel import MediaRef, Sender, VerifiedRequest, WebhookRequest
from tests.channels.conformance import (
    NOW,
    NOWHERE,
    Accepted,
    Bench,
    CodeCase,
    Connected,
    Kit,
    Pair,
    Refused,
    Unreadable,
)

WANG = Sender(handle="wang@customer.example", name="王芳", email="wang@customer.example")
SENT_AT = NOW - timedelta(minutes=3)


def encoded(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def mail(text: str | bytes = "在吗", /, *, kind: str = "text/plain; charset=utf-8", **changes: str | None) -> bytes:
    """A mail of Wang Fang's. changes: headers by their names with underscores; None takes one away."""
    fields: dict[str, str | None] = {
        "Message-ID": "<1@customer.example>",
        "Date": format_datetime(SENT_AT),
        "From": f"{encoded('王芳')} <Wang@Customer.example>",
        "To": ADDRESS,
        "Subject": encoded("退款"),
        "MIME-Version": "1.0",
        "Content-Type": kind,
        "Content-Transfer-Encoding": "8bit",
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    body = text.encode() if isinstance(text, str) else text
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "b", **changes: str | None) -> bytes:
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return mail(
        body + b"--" + boundary.encode() + b"--\r\n", kind=f'multipart/{kind}; boundary="{boundary}"', **changes
    )


def part(body: bytes, *head: str) -> bytes:
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def arrived(raw: bytes, uid: int = 7) -> VerifiedRequest:
    return events.kept(raw, 1, uid, NOW)


PLAIN = part("正文".encode(), "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
PDF = part(
    base64.b64encode(b"%PDF-1.4"),
    "Content-Type: application/pdf",
    "Content-Transfer-Encoding: base64",
    "Content-Disposition: attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf",
)
IMAGE = part(
    base64.b64encode(bytes(3000)),
    'Content-Type: image/png; name="a.png"',
    "Content-Transfer-Encoding: base64",
    "Content-ID: <a@b>",
)
MARKUP = part(
    "<p>你好<br>世界</p><img src='cid:a@b'>".encode(),
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
)
INNER = part(b"From: x@y.example\r\nSubject: inner\r\n\r\nhidden", "Content-Type: message/rfc822")
REPORTS = {
    MessageStatus.DELIVERED: (
        "delivery-status",
        "Final-Recipient: rfc822; x\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
    ),
    MessageStatus.FAILED: ("delivery-status", "Final-Recipient: rfc822; x\r\nAction: failed\r\nStatus: 5.1.1\r\n"),
    MessageStatus.READ: (
        "disposition-notification",
        "Original-Message-ID: {id}\r\nDisposition: manual-action/x; displayed\r\n",
    ),
}
REPORT = "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; wang@customer.example\r\nAction: {}\r\nStatus: {}\r\nDiagnostic-Code: smtp; 550 no such user\r\n"


def media(
    number: str,
    media_type: str,
    name: str,
    size: int | None,
    message_id: str = "<1@customer.example>",
    pictures: dict[str, str] | None = None,
) -> MediaRef:
    place = events.Source(validity=1, uid=7, message_id=message_id, part=number, pictures=pictures or {})
    return MediaRef(source=events.source(place), media_type=media_type, file_name=name, size=size)


ORIGINAL = media("2", "text/html", "mail.html", None)

ACCEPTED = [
    Accepted("a first mail", arrived(mail()), {"content": "退款\n\n在吗", "sender": WANG, "sent_at": SENT_AT, "content_type": ContentType.TEXT, "details": {"subject": "退款", "message_id": "<1@customer.example>", "references": "<1@customer.example>"}}),
    Accepted("an answer", arrived(mail("好的\n\n> 请问订单号？\n", In_Reply_To="<m.0.hub@shop.example>", References="<0@a> <m.0.hub@shop.example>")), {"content": "好的", "details": {"quoted": "> 请问订单号？", "references": "<0@a> <m.0.hub@shop.example> <1@customer.example>"}}),
    Accepted("GB18030", arrived(mail("价格：㐀元".encode("gb18030"), kind="text/plain; charset=GB2312", Subject="=?gb2312?B?" + base64.b64encode("订单".encode("gbk")).decode() + "?=")), {"content": "订单\n\n价格：㐀元"}),
    Accepted("raw GBK in the head", arrived(mail().replace(b"Subject: " + encoded("退款").encode(), "Subject: 退货".encode("gbk"))), {"details": {"subject": "退货"}}),
    Accepted("a character cut in two", arrived(mail(Subject="=?utf-8?B?6YCA?= =?utf-8?B?5qw=?=\r\n =?utf-8?B?vg==?=")), {"details": {"subject": "退款"}}),
    Accepted("base64", arrived(mail(base64.b64encode("你好".encode()), Content_Transfer_Encoding="base64")), {"content": "退款\n\n你好"}),
    Accepted("quoted-printable", arrived(mail("=E4=BD=A0=\n=E5=A5=BD", Content_Transfer_Encoding="quoted-printable")), {"content": "退款\n\n你好"}),
    Accepted("UTF-7 is not read", arrived(mail(b"+ADw-script+AD4-", kind="text/plain; charset=utf-7")), {"content": "退款\n\n+ADw-script+AD4-"}),
    Accepted("an unknown charset", arrived(mail(kind="text/plain; charset=unheard-of")), {"content": "退款\n\n在吗"}),
    Accepted("a codec that is none", arrived(mail(kind="text/plain; charset=zlib")), {"content": "退款\n\n在吗"}),
    Accepted("markup only", arrived(mail("<div>你好</div><div>第二行<script>x</script></div>", kind="text/html; charset=utf-8")), {"content": "退款\n\n你好\n第二行", "media": (media("1", "text/html", "mail.html", None),)}),
    Accepted("both", arrived(multipart(PLAIN, MARKUP, kind="alternative")), {"content": "退款\n\n正文", "media": (ORIGINAL,)}),
    Accepted("a file", arrived(multipart(PLAIN, PDF)), {"content": "退款\n\n正文", "media": (media("2", "application/pdf", "发票.pdf", 8),)}),
    Accepted("a picture only", arrived(multipart(IMAGE, Subject=None)), {"content": "", "content_type": ContentType.IMAGE, "media": (media("1", "image/png", "a.png", 3000),)}),
    *(
        Accepted(f"a {kind} only", arrived(multipart(part(b"x", f'Content-Type: {family}; name="a"'), Subject=None)), {"content": "", "content_type": kind})
        for kind, family in ((ContentType.VOICE, "audio/mpeg"), (ContentType.VIDEO, "video/mp4"), (ContentType.FILE, "application/pdf"))
    ),
    Accepted("a picture in the markup", arrived(multipart(MARKUP, IMAGE, kind="related")), {"content": "退款\n\n你好\n世界", "media": (media("2", "image/png", "a.png", 3000), media("1", "text/html", "mail.html", None, pictures={"a@b": "2"}))}),
    Accepted("a mail within the mail", arrived(multipart(PLAIN, INNER)), {"content": "退款\n\n正文", "media": (media("2", "message/rfc822", "inner.eml", 43),)}),
    Accepted("winmail.dat", arrived(multipart(PLAIN, part(b"x", 'Content-Type: application/ms-tnef; name="winmail.dat"'))), {"media": (media("2", "application/ms-tnef", "winmail.dat", 1),)}),
    Accepted("a path for a name", arrived(multipart(PLAIN, part(b"x", 'Content-Type: text/plain; name="..\\..\\a/b.txt"', 'Content-Disposition: attachment; filename="../../etc/passwd"'))), {"media": (media("2", "text/plain", "_.._etc_passwd", 1),)}),
    Accepted("of a form", arrived(mail(From="noreply@form.example", Reply_To=f"{encoded('王芳')} <wang@customer.example>")), {"sender": WANG}),
    Accepted("without an id", arrived(mail(Message_ID=None)), {"external_id": "#" + events._digest(events._head(mail(Message_ID=None)), mail(Message_ID=None))[:16]}),
    Accepted("of tomorrow", arrived(mail(Date=format_datetime(NOW + timedelta(days=1)))), {"sent_at": NOW}),
    Accepted("of no time", arrived(mail(Date="yesterday, I think")), {"sent_at": NOW}),
    Accepted("signed", arrived(mail("谢谢\n\n-- \n王芳\n采购部")), {"content": "退款\n\n谢谢", "details": {"signature": "--\n王芳\n采购部"}}),
    Accepted("QQ's quotation", arrived(mail("收到了\n\n------------------ 原始邮件 ------------------\n发件人: 客服\n发送时间: 昨天\n\n请查收")), {"content": "退款\n\n收到了"}),
    Accepted("an absence note", arrived(mail(Auto_Submitted="auto-replied")), {"event": "automatic_mail", "details": {"automatic": "reply"}, "opens_conversation": False}),
    Accepted("an absence note, by its subject", arrived(mail(Subject=encoded("自动回复:退款"))), {"event": "automatic_mail", "details": {"automatic": "reply"}}),
    Accepted("a newsletter", arrived(mail(List_Unsubscribe="<mailto:x@y>", Precedence="bulk")), {"event": "automatic_mail", "details": {"automatic": "bulk"}}),
    Accepted("through our own list", arrived(mail(List_Id="<kefu.shop.example>", Precedence="list")), {"content": "退款\n\n在吗"}),
    Accepted("a notification", arrived(mail(Auto_Submitted="auto-generated")), {"content": "退款\n\n在吗", "details": {"automatic": "generated"}}),
    Accepted("from postmaster, a person", arrived(mail(From="postmaster@customer.example")), {"content": "退款\n\n在吗"}),
]  # fmt: skip

UNREADABLE = [
    Unreadable("nobody wrote", arrived(mail(From=None))),
    Unreadable("no address", arrived(mail(From="王芳"))),
    Unreadable("empty", arrived(b"")),
    Unreadable("noise", arrived(bytes(range(256)) * 20)),
    Unreadable(
        "parts without end",
        arrived(b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(200))),
    ),
    Unreadable("too many parts", arrived(multipart(*[PLAIN] * 300))),
    Unreadable("too long an address", arrived(mail(From="a" * 300 + "@b.example"))),
]

PAIRS = [
    Pair("fetched twice", arrived(mail(), 7), arrived(mail(), 7), True),
    Pair("numbered anew", arrived(mail(), 7), arrived(mail(), 9007), True),
    Pair(
        "delivered to two of our addresses",
        arrived(mail()),
        arrived(b"Received: from mx\r\nDelivered-To: b@c\r\n" + mail()),
        True,
    ),
    Pair("another mail", arrived(mail()), arrived(mail(Message_ID="<2@customer.example>")), False),
    Pair("another text under the same id", arrived(mail()), arrived(mail("别的")), False),
    Pair("without ids", arrived(mail(Message_ID=None)), arrived(mail("别的", Message_ID=None)), False),
]

CODES = [
    CodeCase("550 5.1.1", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("550", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("551", SendErrorCode.RECIPIENT_UNKNOWN),
    CodeCase("553 5.1.8", SendErrorCode.NOT_PERMITTED),
    CodeCase("552 5.3.4", SendErrorCode.TOO_LONG),
    CodeCase("552 5.2.2", SendErrorCode.BLOCKED_BY_CONTACT),
    CodeCase("554 5.7.1", SendErrorCode.CONTENT_REFUSED),
    CodeCase("550 5.7.26", SendErrorCode.NOT_PERMITTED),
    CodeCase("550 5.6.0", SendErrorCode.CONTENT_REFUSED),
    CodeCase("530 5.7.0", SendErrorCode.NOT_PERMITTED),
    CodeCase("535 5.7.8", SendErrorCode.CREDENTIALS_REFUSED),
    CodeCase("421 4.3.2", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("450 4.2.0", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("451 4.7.1", SendErrorCode.RATE_LIMITED, retryable=True),
    CodeCase("452", SendErrorCode.PLATFORM_BUSY, retryable=True),
    CodeCase("599", SendErrorCode.PLATFORM_ERROR),
]


class EmailBench:
    def __init__(self, simulator: EmailSimulator) -> None:
        self.simulator = simulator
        self.api_base = "{},{}".format(*simulator.ports)
        self.recipient = "wang@customer.example"

    def received(self) -> Sequence[tuple[ContentType, str]]:
        return [(ContentType.FILE if mail.files else ContentType.TEXT, mail.content) for mail in self.simulator.sent]

    def shown(self, kind: ContentType) -> set[ContentType]:
        return {ContentType.FILE}

    def files(self) -> Sequence[bytes]:
        parts = [each for mail in self.simulator.sent for each in message_from_bytes(mail.raw).walk()]
        found = [each.get_payload(decode=True) for each in parts if each.get_filename()]
        return [data for data in found if isinstance(data, bytes)]

    def writes(self) -> None: ...

    def fail_next(self, platform_code: str) -> None:
        self.simulator.smtp.faults.append(SmtpFault(reply=f"{platform_code} in the server's words"))

    def answer_next(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.simulator.smtp.faults.append(SmtpFault(raw=body + b"\r\n"))

    def hang_next(self, *, taken: bool) -> None:
        self.simulator.smtp.faults.append(SmtpFault(hang=True, taken=taken))

    def cut_next(self, *, taken: bool) -> None:
        self.simulator.smtp.faults.append(SmtpFault(cut=True, taken=taken))

    def customer_file(self, content_type: ContentType, data: bytes, media_type: str, name: str) -> MediaRef:
        body = part(
            base64.encodebytes(data), f'Content-Type: {media_type}; name="{name}"', "Content-Transfer-Encoding: base64"
        )
        uid = self.simulator.put(multipart(PLAIN, body))
        place = events.Source(validity=self.simulator.folder.validity, uid=uid, part="2")
        return MediaRef(source=events.source(place), media_type=media_type, file_name=name)

    def stale_credentials(self) -> Sequence[Callable[[], None]]:
        return []  # a password does not go stale


class EmailKit(Kit):
    type_name = "email"
    challenged = ()
    accepted = ACCEPTED
    refused = (
        Refused("whatever is pushed", WebhookRequest(method="POST", query={}, headers={}, body=mail(), received_at=NOW), WebhookRefusal.BAD_SIGNATURE),
    )  # fmt: skip
    unreadable = UNREADABLE
    pairs = PAIRS
    codes = CODES
    corpus = (
        mail(Cc="a@b.example, 李雷 <c@d.example>", In_Reply_To="<x@y>", References="<x@y> <z@y>"),
        multipart(PLAIN, MARKUP, PDF, INNER),
        multipart(MARKUP, IMAGE, kind="related", boundary="x y"),
        multipart(PLAIN, part(REPORT.format("failed", "5.1.1").encode(), "Content-Type: message/delivery-status"), kind="report; report-type=delivery-status"),
        mail("<table><tr><td>1<td>2</table><blockquote>旧", kind="text/html; charset=gbk", List_Id="<a.b>"),
        mail("好\n\n在 2026-11-20，客服 <kf@shop.example> 写道：\n> 旧\n发自我的 iPhone", From="(((((a)))) \"王\\\"芳\" <a@b.example>"),
    )  # fmt: skip

    def settings(self, api_base: str = NOWHERE) -> dict[str, str]:
        imap, smtp = (api_base if "," in api_base else "9,9").split(",")
        return {
            "address": ADDRESS,
            "name": "小店",
            "user": ADDRESS,
            "password": PASSWORD,
            "imap_host": "127.0.0.1",
            "imap_port": imap,
            "imap_security": "none",
            "folder": "INBOX",
            "history_days": "0",
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp,
            "smtp_security": "none",
            "smtp_user": ADDRESS,
            "smtp_password": PASSWORD,
        }

    def signed(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(method="POST", query={}, headers={}, body=body, received_at=NOW)

    def says(self, sender: str, text: str, at: datetime, number: int) -> VerifiedRequest:
        written = mail(text, From=sender, Message_ID=f"<{number}@customer.example>", Date=format_datetime(at))
        return events.kept(written, 1, number, at)

    def tells(self, status: MessageStatus, external_id: str, recipient: str, at: datetime) -> VerifiedRequest | None:
        kind, told = REPORTS[status]
        report = part(told.format(id=external_id).encode(), f"Content-Type: message/{kind}")
        ours = part(f"Message-ID: {external_id}\r\n\r\n".encode(), "Content-Type: text/rfc822-headers")
        raw = multipart(
            PLAIN, report, ours, kind=f"report; report-type={kind}", From=recipient, Message_ID=f"<{status}@mx.example>"
        )
        return events.kept(raw, 1, 9000, at)

    def arrived(self, body: bytes) -> VerifiedRequest:
        return arrived(body)

    def connected(self, *, patience: float = 5.0) -> AbstractAsyncContextManager[Connected]:
        return super().connected(patience=patience / 4)  # of which mail servers get four times as much

    @asynccontextmanager
    async def bench(self, clock: Clock) -> AsyncIterator[Bench]:
        async with EmailSimulator(clock=clock) as simulator:
            yield EmailBench(simulator)
