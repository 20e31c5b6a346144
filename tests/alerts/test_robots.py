"""What robots are sent: signatures, sizes, and text that stays text; which settings are refused."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.alerts import letter as letters
from scrm.alerts import robots
from scrm.alerts.destinations import BY_KIND, TYPES, checked
from scrm.alerts.pushes import room_in
from scrm.alerts.robots import Refusal
from scrm.errors import Invalid
from scrm.model.notices import DestinationKind, Letter, Limits, Line, Rate, Reason
from tests.alerts.platforms import HOOK_SECRET, KEY, SECRET
from tests.storage import notices as made

NOW = datetime(2020, 9, 6, 7, 7, 53, tzinfo=UTC)
URLS = {
    DestinationKind.WECOM: f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
    DestinationKind.LARK: f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}",
    DestinationKind.DINGTALK: f"https://oapi.dingtalk.com/robot/send?access_token={KEY}",
    DestinationKind.WEBHOOK: "https://example.com/alerts",
}
ROBOTS = list(URLS)
MAIL = {"host": "smtp.example.com", "sender": "a@b.c", "recipients": "a@b.c"}


def test_signatures_are_what_openssl_makes() -> None:
    """printf '' | openssl dgst -sha256 -mac HMAC -macopt "key:$(printf '1599360473\\nSECtest')" -binary | base64, and
    so on: of none of the three platforms is there a vector to be had."""
    assert robots.lark_sign(1599360473, "SECtest") == "bMjxHlJJlXMW0yjKHZsmMvrFnAOfMlmWpRUsH3qMAek="
    signed = robots.dingtalk_sign(1599360473000, "SEC_this is secret")
    assert signed == "Af09gndIfsl4C2zynsoxL6Dqn7yLT+VyGlGe8lsqW5M="
    assert robots.webhook_sign(1599360473, "sixteen-letters-", b'{"a":1}') == (
        "cd8fcffffcb47f751de8243aaa112dc65f807f764b40fe99304e9ede3db91301"
    )


texts = st.text(max_size=1_000)
lines = st.builds(Line, label=st.text(max_size=30), text=texts, url=st.none() | st.just("https://x.example/(a) b?c=d"))


@settings(max_examples=40)
@given(
    kind=st.sampled_from(ROBOTS),
    letter=st.builds(Letter, title=texts, lines=st.lists(lines, max_size=40).map(tuple), url=st.none() | st.just("https://x.example/i")),
)  # fmt: skip
def test_every_letter_fits_its_platform_and_says_where_it_goes_on(kind: DestinationKind, letter: Letter) -> None:
    place = made.destination(kind=kind, settings={"url": URLS[kind], "secret": SECRET})
    request = robots.request(place, made.notice(letter=letter), NOW)
    body = json.loads(request.body)
    limits = BY_KIND[kind].limits
    if kind is DestinationKind.WECOM:
        assert len(body["markdown"]["content"].encode()) <= limits.size
        assert letter.url is None or letter.url in body["markdown"]["content"]
    elif kind is not DestinationKind.WEBHOOK:
        assert len(request.body) <= limits.size
        assert letter.url is None or letter.url.encode() in request.body


@pytest.mark.parametrize(
    "said", ["[点我](https://evil.example)", "@all 快看", "# 大标题", "<@everyone>", "**x**", "a\n# b"]
)
def test_what_a_customer_calls_a_fault_stays_text(said: str) -> None:
    shown = letters.markdown(Letter(title=said, lines=(Line(text=said, url="https://ok.example/a"),)), "zh-CN", 4096)
    head, _, line = shown.partition("\n\n")
    assert head.startswith("### ")
    assert not set(head[4:]) & set("[]()<>#*@`\n") - set("()")
    assert line.count("](") == 1
    assert line.endswith("](https://ok.example/a)")
    page = letters.page(Letter(title=said, lines=(Line(text=said),)), "zh-CN")
    assert "<@everyone>" not in page


def test_what_does_not_fit_is_left_out_whole() -> None:
    letter = Letter(
        title="日报", lines=tuple(Line(text=f"第 {n} 行" + "很长" * 40) for n in range(40)), url="https://x.example"
    )
    shown = letters.markdown(letter, "zh-CN", 2_000)
    assert len(shown.encode()) <= 2_000
    assert letters.MORE["zh-CN"] in shown
    assert shown.endswith("[打开](https://x.example)")
    kept = [line for line in shown.split("\n\n") if line.startswith("第")]
    assert 3 < len(kept) < 40
    assert all(line.endswith("很长") for line in kept)


@pytest.mark.parametrize(
    ("kind", "status", "body", "reason", "again"),
    [
        (DestinationKind.WECOM, 200, b'{"errcode":45009}', Reason.RATE_LIMITED, True),
        (DestinationKind.WECOM, 200, b'{"errcode":93000}', Reason.ADDRESS_INVALID, False),
        (DestinationKind.LARK, 200, b'{"code":19021}', Reason.SIGNATURE_REFUSED, False),
        (DestinationKind.LARK, 200, b'{"code":11232}', Reason.RATE_LIMITED, True),
        (DestinationKind.DINGTALK, 200, b'{"errcode":130101}', Reason.RATE_LIMITED, True),
        (DestinationKind.DINGTALK, 200, b'{"errcode":777}', Reason.REFUSED, False),
        (DestinationKind.DINGTALK, 502, b"<html>", Reason.BUSY, True),
        (DestinationKind.LARK, 200, b"<html>", Reason.UNREADABLE, False),
        (DestinationKind.LARK, 200, b"[" * 60_000, Reason.UNREADABLE, False),
        (DestinationKind.WEBHOOK, 404, b"", Reason.REFUSED, False),
        (DestinationKind.WEBHOOK, 302, b"", Reason.REFUSED, False),
        (DestinationKind.WEBHOOK, 503, b"", Reason.BUSY, True),
    ],
)
def test_what_an_answer_means(kind: DestinationKind, status: int, body: bytes, reason: Reason, again: bool) -> None:
    with pytest.raises(Refusal) as caught:
        robots.check(made.destination(kind=kind), status, body)
    assert (caught.value.stored.partition(":")[0], caught.value.again) == (reason, again)


def test_an_answer_that_took_it() -> None:
    for kind, body in ((DestinationKind.WECOM, b'{"errcode":0}'), (DestinationKind.LARK, b'{"StatusCode":0}')):
        robots.check(made.destination(kind=kind), 200, body)
    robots.check(made.destination(), 204, b"")


def test_settings_are_completed_and_checked() -> None:
    for kind, url in URLS.items():
        secret = {"secret": HOOK_SECRET} if kind is DestinationKind.WEBHOOK else {}
        assert checked(kind, {"url": f" {url} ", **secret})["url"] == url
    assert checked(DestinationKind.EMAIL, MAIL)["port"] == "465"


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (DestinationKind.WECOM, {}, "url"),
        (DestinationKind.WECOM, {"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}, "url"),
        (DestinationKind.WECOM, {"url": URLS[DestinationKind.LARK]}, "url"),
        (DestinationKind.LARK, {"url": "http://open.feishu.cn/open-apis/bot/v2/hook/x"}, "url"),
        (DestinationKind.DINGTALK, {"url": URLS[DestinationKind.DINGTALK], "extra": "x"}, "extra"),
        (DestinationKind.WEBHOOK, {"url": "https://u:p@example.com/", "secret": HOOK_SECRET}, "url"),
        (DestinationKind.WEBHOOK, {"url": "http://169.254.169.254/latest/", "secret": HOOK_SECRET}, "url"),
        (DestinationKind.WEBHOOK, {"url": "https://[::1/", "secret": HOOK_SECRET}, "url"),
        (DestinationKind.WEBHOOK, {"url": "https://example.com:99999/", "secret": HOOK_SECRET}, "url"),
        (DestinationKind.WEBHOOK, {"url": "https://example.com/", "secret": "short"}, "secret"),
        (DestinationKind.EMAIL, {**MAIL, "port": "70000"}, "port"),
        (DestinationKind.EMAIL, {**MAIL, "sender": "a@b.c\r\nBcc: x@y.z"}, "sender"),
        (DestinationKind.EMAIL, {**MAIL, "recipients": ",".join(f"a{n}@b.c" for n in range(21))}, "recipients"),
        (DestinationKind.EMAIL, {**MAIL, "security": "none", "password": "x"}, "security"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(kind: DestinationKind, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(kind, given)
    assert field in caught.value.extra["errors"]  # type: ignore[operator]


def test_every_limit_of_a_platform_names_its_page() -> None:
    for each in TYPES:
        robot = each.kind not in (DestinationKind.WEBHOOK, DestinationKind.EMAIL)
        assert each.limits.source.startswith("https://") == robot
        assert each.secret_settings


@given(st.lists(st.integers(0, 70_000), max_size=150), st.sampled_from([each.limits for each in TYPES]))
def test_room_is_never_more_than_a_rate_allows(ages: list[int], limits: Limits) -> None:
    """After the wait it names, one more breaks no rate; and it never waits where none does."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    begun = sorted((datetime.fromtimestamp(now.timestamp() - age / 1000, UTC) for age in ages), reverse=True)
    wait = room_in(limits, begun, now)

    def broken(rate: Rate, at: float) -> bool:
        return sum(at - each.timestamp() < rate.seconds - 1e-6 for each in begun) >= rate.most

    assert (wait > 0) == any(broken(rate, now.timestamp()) for rate in limits.rates)
    assert not any(broken(rate, now.timestamp() + wait) for rate in limits.rates)


def test_a_letter_can_be_changed_without_its_page() -> None:
    place = made.destination(kind=DestinationKind.LARK, settings={"url": URLS[DestinationKind.LARK]})
    body = json.loads(robots.request(replace(place, locale="en"), made.notice(), NOW).body)
    assert "sign" not in body
    assert body["card"]["elements"] == [{"tag": "markdown", "content": "14 条消息"}]
