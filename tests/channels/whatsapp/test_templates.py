"""Templates as the account has them: what of them agents can fill in, and messages made from the texts alone."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.whatsapp.templates import message_of, plain, read_template
from scrm.model.message import TemplateUse

Object = dict[str, Any]


def template(*components: Object, **fields: Any) -> Object:
    return {
        "name": "a_b", "language": "zh_CN", "status": "APPROVED", "category": "UTILITY", "components": list(components)
    } | fields  # fmt: skip


BODY = {"type": "BODY", "text": "您好 {{1}}，{{2}}", "example": {"body_text": [["王女士", "已发货"]]}}


def test_a_template_is_read_with_its_gaps() -> None:
    read = read_template(
        template(
            {"type": "HEADER", "format": "TEXT", "text": "订单 {{1}}"},
            BODY,
            {"type": "FOOTER", "text": "回复 TD 退订"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "好"},
                    {"type": "URL", "text": "查", "url": "https://a.cn/{{1}}"},
                ],
            },
        )
    )
    assert read is not None
    assert read.template_id == "a_b-zh_CN"
    assert read.body == "订单 {{HEADER_1}}\n您好 {{1}}，{{2}}\n回复 TD 退订\n[好]\n[查] https://a.cn/{{BUTTON_1}}"
    assert read.example == "您好 王女士，已发货"
    assert [field.name for field in read.fields] == ["HEADER_1", "1", "2", "BUTTON_1"]


@pytest.mark.parametrize(
    "item",
    [
        template(BODY, status="PAUSED"),
        template(BODY, category="AUTHENTICATION"),
        template({"type": "HEADER", "format": "IMAGE"}, BODY),
        template(BODY, {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE"}]}),
        template(BODY, {"type": "CAROUSEL"}),
        template(BODY, name="Groß"),
        template(BODY, name="a" * 60),
        template(BODY, language="zh-CN"),
        template(components="none"),
        template("a"),  # type: ignore[arg-type]
    ],
)
def test_what_needs_more_than_text_is_not_offered(item: Object) -> None:
    assert read_template(item) is None


def test_a_message_is_made_from_the_texts_alone() -> None:
    fields = {"BUTTON_1": "7", "2": "二\n行", "10": "十", "1": "一", "HEADER_1": "头"}
    made = message_of(TemplateUse(template_id="a_b-zh_CN", kind="template", title="", fields=fields))
    assert (made["name"], made["language"]) == ("a_b", {"code": "zh_CN"})
    assert made["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "头"}]},
        {"type": "body", "parameters": [{"type": "text", "text": text} for text in ("一", "二 行", "十")]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "7"}]},
    ]
    named = message_of(TemplateUse(template_id="a-en", kind="template", title="", fields={"name": "Fang"}))
    assert named["components"] == [
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Fang"}]}
    ]
    assert "components" not in message_of(TemplateUse(template_id="a-en", kind="template", title=""))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80))
def test_what_leaves_is_what_the_platform_takes(text: str) -> None:
    left = plain(text)
    assert left
    assert not any(each in left for each in ("\n", "\r", "\t", " " * 5))


names = st.sampled_from(["name", "language", "status", "components", "type", "text", "buttons", "url", "example"])
plain_values = (
    st.none() | st.text(max_size=8) | st.integers() | st.sampled_from(["BODY", "BUTTONS", "APPROVED", "{{1}}"])
)
shown = st.recursive(plain_values, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, shown), shown)
def test_whatever_the_platform_lists_can_be_read(item: Object, component: object) -> None:
    read_template(item)
    read_template(template(components=[component, {"type": "BODY", "text": "{{1}}", "example": component}]))
