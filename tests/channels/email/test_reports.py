"""What servers and readers say of our mail."""

import pytest

from channels.email import events
from scrm.errors import SendErrorCode
from scrm.model.message import MessageStatus
from scrm.ports.channel import IncomingMessage, ReceiptEvent
from tests.channels.email.kit import REPORT, arrived, mail, multipart, part

OURS = "<01M81F3C097V592WHN0WNMB6PS.0.hub@shop.example>"
OWN = frozenset({"kefu@shop.example"})
TEXT = part(b"I could not deliver it. 550 5.2.2 mailbox full", "Content-Type: text/plain")
RETURNED = part(f"Message-ID: {OURS}\r\nSubject: x\r\n\r\nhello".encode(), "Content-Type: message/rfc822")
STRANGE = part(b"Message-ID: <of@somebody.example>\r\n\r\nhello", "Content-Type: message/rfc822")
SERVER = "Mail Delivery System <MAILER-DAEMON@mx.example>"


def told(*parts: bytes, kind: str = "report; report-type=delivery-status", **head: str) -> list[object]:
    raw = multipart(*parts, kind=kind, **{"From": SERVER, **head})
    return list(events.parse(arrived(raw), OWN))


def status(action: str, code: str) -> bytes:
    return part(REPORT.format(action, code).encode(), "Content-Type: message/delivery-status")


@pytest.mark.parametrize(
    ("action", "code", "fate", "word"),
    [
        ("failed", "5.1.1", MessageStatus.FAILED, SendErrorCode.RECIPIENT_UNKNOWN),
        ("failed", "5.2.2", MessageStatus.FAILED, SendErrorCode.BLOCKED_BY_CONTACT),
        ("failed", "5.7.1", MessageStatus.FAILED, SendErrorCode.CONTENT_REFUSED),
        ("delivered", "2.0.0", MessageStatus.DELIVERED, None),
        ("delayed", "4.4.1", None, None),
        ("relayed", "2.0.0", None, None),
    ],
)
def test_delivery_reports(action: str, code: str, fate: MessageStatus | None, word: SendErrorCode | None) -> None:
    found = told(TEXT, status(action, code), RETURNED)
    if fate is None:
        assert found == []
        return
    [receipt] = found
    assert isinstance(receipt, ReceiptEvent)
    assert (receipt.external_id, receipt.status, receipt.platform_code) == (OURS, fate, code)
    assert word is None or receipt.code is word


def test_servers_that_know_no_standard() -> None:
    """QQ and Exchange return a mail that only says so in words, with ours behind it or named in its head."""
    for found in (told(TEXT, RETURNED, kind="mixed"), told(TEXT, kind="mixed", In_Reply_To=OURS)):
        [receipt] = found
        assert isinstance(receipt, ReceiptEvent)
        assert (receipt.external_id, receipt.status) == (OURS, MessageStatus.FAILED)
        assert receipt.code is SendErrorCode.BLOCKED_BY_CONTACT
    soft = part(b"will be tried again: 4.4.1", "Content-Type: text/plain")
    assert told(soft, RETURNED, kind="mixed") == []


def test_reports_about_others_are_nobodys() -> None:
    """Of mail that somebody sent in our name (backscatter): no receipt, no customer, no conversation."""
    assert told(TEXT, status("failed", "5.1.1"), STRANGE) == []
    assert told(TEXT, status("failed", "5.1.1")) == []


def test_a_reader_reports() -> None:
    fields = (
        f"Final-Recipient: rfc822; wang@customer.example\r\nOriginal-Message-ID: {OURS}\r\n"
        "Disposition: manual-action/MDN-sent-manually; {}\r\n"
    )
    for shown, count in (("displayed", 1), ("deleted", 0)):
        said = part(fields.format(shown).encode(), "Content-Type: message/disposition-notification")
        found = told(TEXT, said, kind="report; report-type=disposition-notification", From="wang@customer.example")
        assert [each.status for each in found if isinstance(each, ReceiptEvent)] == [MessageStatus.READ] * count
        assert len(found) == count


def test_a_person_at_such_an_address_is_a_customer() -> None:
    [event] = events.parse(arrived(mail("你们的邮件进了垃圾箱", From="postmaster@customer.example")), OWN)
    assert isinstance(event, IncomingMessage)


def test_our_own_mail_is_nobodys() -> None:
    assert events.parse(arrived(mail(From="kefu@shop.example")), OWN) == []
    assert events.parse(arrived(mail(X_Loop="kefu@shop.example")), OWN) == []
    assert events.parse(arrived(mail(Reply_To="Kefu@Shop.example")), OWN) == []
