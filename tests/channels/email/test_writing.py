"""Mail as the hub writes it, read by the standard library's parser; and mail of anybody, as a person wrote it."""

from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email import compose, cutting, markup, mime
from channels.email.headers import line, words
from channels.email.text import fold, text_of_html
from scrm.errors import ParseError
from scrm.ids import MessageId
from scrm.ports.channel import OutboundFile
from tests.channels.conformance import NOW
from tests.channels.email.kit import IMAGE, MARKUP, PDF, PLAIN, multipart

SLY = ["a\r\nBcc: x@y.example", "\n\n<script>", "x" * 70, "=?utf-8?q?x?=", '"<>\\']
anything = st.text(max_size=80) | st.sampled_from(SLY)
HEADERS = {"Message-ID", "Date", "From", "To", "Subject", "In-Reply-To", "References", "X-Loop"}


@settings(max_examples=60, deadline=None)
@given(name=anything, subject=anything, content=anything, file_name=anything, kind=anything, ids=anything)
def test_nothing_that_was_written_ends_a_header(
    name: str, subject: str, content: str, file_name: str, kind: str, ids: str
) -> None:
    raw = compose.mail(
        id_=compose.message_id(MessageId("01J"), 0, "kefu@shop.example"),
        sender=(name, "kefu@shop.example"),
        recipient="wang@customer.example",
        content=content.encode("utf-8", "replace").decode(),
        files=[OutboundFile(data=b"data", media_type=kind, file_name=file_name)],
        answered={"subject": subject, "message_id": ids, "references": f"<a@b> {ids} <c@d>"},
        at=NOW,
    )
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    assert set(found.keys()) <= HEADERS | {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert [str(each) for each in found["To"].addresses] == ["wang@customer.example"]
    assert found["From"].addresses[0].addr_spec == "kefu@shop.example"
    attached = list(found.iter_attachments())
    assert [each.get_payload(decode=True) for each in attached] == [b"data"]
    assert max(map(len, raw.split(b"\r\n"))) < 998


@given(anything)
def test_subjects_come_back_as_they_were(subject: str) -> None:
    plain = line(subject.encode("utf-8", "replace").decode()).split()
    wanted = compose.answer_subject(" ".join(plain))
    raw = compose.mail(
        id_="<a.0.hub@b>", sender=("", "a@b.example"), recipient="c@d.example", content="x", files=[],
        answered={"subject": " ".join(plain)}, at=NOW,
    )  # fmt: skip
    found = message_from_bytes(raw)
    assert words(str(found["Subject"])).split() == wanted.split()


@pytest.mark.parametrize("subject", ["退款", "Re: 退款", "RE：退款", "回复：Re: 答复: 退款", "Re[2]: 退款"])
def test_an_answer_is_marked_once(subject: str) -> None:
    assert compose.answer_subject(subject) == "Re: 退款"


@pytest.mark.parametrize(
    ("text", "written", "signature"),
    [
        ("好的\n\n发自我的 iPhone\n\n> 在 2026年11月20日，客服 <kf@x> 写道：\n> 您好", "好的", "发自我的 iPhone"),
        ("hi\n\nOn Fri, Nov 20, 2026 at 10:00 AM Agent <a@b.c>\nwrote:\n\n> old\n>\n> older", "hi", ""),
        ("回\n________________________________\n发件人： 客服\n发送时间： 2026\n主题： 退款\n\n旧文", "回", ""),
        ("行\nAt 2026-11-20 10:00:00, \"kf\" <kf@163.com> wrote:\n\n您好", "行", ""),
        ("> 问题一\n答案一\n> 问题二\n答案二", "> 问题一\n答案一\n> 问题二\n答案二", ""),
        ("请看\n---------- Forwarded message ----------\nFrom: a\nSubject: b\n\nc", None, ""),
        ("> 只有引用", "> 只有引用", ""),
        ("我在上面写道：\n没有引用的正文\n还有一行\n> 引", None, ""),
    ],
)  # fmt: skip
def test_what_a_person_wrote(text: str, written: str | None, signature: str) -> None:
    found = fold(text)
    assert found.signature == signature
    if written is None:  # nothing is folded that may be theirs
        assert all(each in found.written + found.quoted for each in text.split())
        assert found.written
    else:
        assert found.written == written


LINES = ["> a", "b", "", "On x wrote:", "写道：", "-- ", "发件人: a", "主题: b", "收件人: c"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_nothing_is_thrown_away(lines: list[str]) -> None:
    found = fold("\n".join(lines))
    kept = "\n".join([found.written, found.signature, found.quoted])
    assert [each for each in kept.split("\n") if each.strip()] == [each.rstrip() for each in lines if each.strip()]


HOSTILE = [
    '<img src="http://tracker.example/x.gif"><img src=cid:a@b>',
    '<p style="background:url(http://x);color:red">a</p><style>@import "http://x";</style>',
    '<a href="javascript:alert(1)">a</a><a href=" data:text/html,x">b</a><form action=/x><input></form>',
    "<svg><script>alert(1)</script></svg><math><mi xlink:href='javascript:x'>",
    '<meta http-equiv=refresh content="0;url=http://x"><base href=http://x><iframe src=http://x></iframe>',
    "<img src=x onerror=alert(1)><body onload=x background=http://x><table background='http://x'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<p style="border:\\75rl(http://x)">a</p><link rel=stylesheet href=http://x><video src=http://x poster=http://y>',
]


@pytest.mark.parametrize("html", HOSTILE)
def test_markup_is_safe_to_look_at(html: str) -> None:
    page = markup.page(html, {"a@b": ("image/png", b"p"), "c@d": ("text/html", b"<script>")}).decode()
    body = page.partition("<body>")[2].lower()
    tags = ("script", "form", "iframe", "svg", "meta", "link", "base", "video")
    for forbidden in (
        "http://",
        "javascript:",
        "onerror=",
        "onload=",
        "url(",
        "data:text",
        *(f"<{tag}" for tag in tags),
    ):
        assert forbidden not in body
    assert markup.POLICY in page
    assert "alert(1)" not in text_of_html(html) or "<noscript>" in html


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(200, 4000), st.binary(max_size=30))
def test_what_is_shortened_keeps_its_parts(copies: int, limit: int, noise: bytes) -> None:
    """Numbers, names and types of all parts are as before, however short it gets; of noise, the limit is kept."""
    whole = multipart(PLAIN, *[PDF] * copies, MARKUP, IMAGE)
    short = cutting.shortened(whole, 20_000)
    assert len(short) <= max(20_000, len(noise))
    if len(short) < 19_000:
        before, after = mime.take(mime.read(whole)), mime.take(mime.read(short))
        assert [(each.number, each.file_name, each.media_type) for each in before.files] == [
            (each.number, each.file_name, each.media_type) for each in after.files
        ]
        assert after.text == before.text
    cut = cutting.shortened(noise.join([whole[:limit], whole[limit:]]), limit)
    assert len(cut) <= limit
    with suppress(ParseError):
        mime.take(mime.read(cut))
