"""No secret and no personal data in a line, whoever logs it and however deep it is hidden."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from scrm import logs


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_an_event_has_its_time_level_logger_and_request(lines: Any) -> None:
    log = structlog.get_logger("scrm.web")
    with structlog.contextvars.bound_contextvars(request_id="01ABC"):
        log.info("request answered", status=200, milliseconds=3.5)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request answered",
        "level": "info",
        "logger": "scrm.web",
        "request_id": "01ABC",
        "status": 200,
        "milliseconds": 3.5,
    }


SECRETS = {
    "password": "hunter2",
    "new_password": "hunter2",
    "access_token": "hunter2",
    "token": "hunter2",
    "app_secret": "hunter2",
    "Authorization": "Bearer hunter2",
    "cookie": "scrm_session=hunter2",
    "encoding_aes_key": "hunter2",
    "csrf": "hunter2",
    "openid": "hunter2",
    "from_openid": "hunter2",
    "unionid": "hunter2",
    "handle": "hunter2",
    "phone": 13800138000,
    "email": "hunter2@example.com",
    "content": "hunter2",
    "headers": {"X-Thing": {"Set-Cookie": "hunter2", "api_key": ["hunter2"]}},
    "url": "mongodb://hub:hunter2@db.example/?authSource=admin",
    "asked": "https://api.example/cgi-bin/user/info?access_token=hunter2&openid=1",
    "error": ValueError("Authorization: Bearer hunter2hunter2 refused"),
}


@pytest.mark.parametrize("key", SECRETS)
def test_secrets_and_personal_data_are_redacted(lines: Any, key: str) -> None:
    structlog.get_logger("x").warning("something", **{key: SECRETS[key]})
    structlog.get_logger("x").warning("something", nested={"deep": [{key: SECRETS[key]}]})
    logging.getLogger("library").warning("something", extra={key: SECRETS[key]})
    written = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) == 3
    assert "hunter2" not in written
    assert "13800138000" not in written


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("客户电话13812345678，请回电", "客户电话138****5678，请回电"),
        ("+86 138-1234-5678", "138****5678"),
        ("身份证 11010519491231002X", "身份证 ***"),
        ("写信到 li.lei@example.com.cn 吧", "写信到 *** 吧"),
        ("order 20261122138123456789 shipped", "order 20261122138123456789 shipped"),
        ("at 2026-11-22 03:32:44", "at 2026-11-22 03:32:44"),
        ("took scrm_abcdefghijklmnopqrstuvwxyz0123", "took ***"),
        (
            "GET https://api.example/bot700000001:AAE-s_0123456789012345678901234/getMe",
            "GET https://api.example/bot***/getMe",
        ),
    ],
)
def test_free_text_is_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


def test_one_customer_has_one_digest(lines: Any) -> None:
    log = structlog.get_logger("x")
    log.info("a", openid="o6_abc")
    log.info("b", openid="o6_abc")
    log.info("c", openid="o6_xyz")
    first, second, third = (line["openid"] for line in lines())
    assert first == second != third


def test_tracebacks_and_library_messages_are_masked_too(lines: Any) -> None:
    try:
        raise ValueError("no such customer: 13812345678")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    logging.getLogger("aiohttp.server").error("call %s", "https://api.example/?access_token=hunter2")
    written = json.dumps(lines(), ensure_ascii=False)
    assert "ValueError" in written
    assert "13812345678" not in written
    assert "hunter2" not in written


def test_level_and_console_form() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.configure("warning", "console", stream)
        structlog.get_logger("x").info("quiet")
        structlog.get_logger("x").warning("loud", password="hunter2")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = before
        root.setLevel(level)
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


@given(st.text(max_size=200), st.sampled_from("3456789"), st.text("0123456789", min_size=8, max_size=8))
def test_a_phone_number_never_survives(around: str, third: str, rest: str) -> None:
    number = f"1{third}5{rest}"
    assert number not in logs.mask(f"{around} {number}，")


def test_hostile_values_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"a": deep}
    cleaned = logs.redact(None, "info", {"event": "e", "deep": deep, "long": "a" * 1_000_000})
    assert len(json.dumps(cleaned)) < 5_000


def test_an_exceptions_text_is_not_logged_but_its_place_is() -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    said = "张三说：我的地址是世纪大道 100 号"
    try:
        raise ValueError(said)
    except ValueError:
        structlog.get_logger("x").exception("broke")
        logging.getLogger("library").exception("broke too")
    written = stream.getvalue()
    assert "世纪大道" not in written
    assert written.count("ValueError at") == 2
    assert "test_logs.py" in written
