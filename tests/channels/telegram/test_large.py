"""An update larger than the journal keeps is shortened, and what was said stays."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.telegram import webhook
from channels.telegram.webhook import MAX_KEPT

NOW = datetime(2026, 11, 20, tzinfo=UTC)
USER = {"id": 7, "is_bot": False, "first_name": "芳"}


def update(**fields: Any) -> bytes:
    message = {"message_id": 5, "date": 1_795_000_000, "from": USER, "chat": {"id": 7, "type": "private"}, **fields}
    return json.dumps({"update_id": 9, "message": message}).encode()


LINKS = [
    {"type": "text_link", "offset": n, "length": 1, "url": "https://example.com/" + "a" * 1_200} for n in range(80)
]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "看这些链接", "entities": LINKS},
        {"text": "看这些链接", "reply_to_message": {"message_id": 4, "text": "长" * 9_000, "caption_entities": LINKS}},
        {"text": "看这些链接", "checklist": {"tasks": [{"text": "长" * 100} for _ in range(500)]}},
    ],
)
def test_what_was_said_is_kept(fields: dict[str, Any]) -> None:
    body = update(**fields)
    assert len(body) > MAX_KEPT
    request = webhook.of_update(body, NOW)
    assert len(request.body) <= MAX_KEPT
    message = json.loads(request.body)["message"]
    assert (message["text"], message["from"], message["message_id"]) == ("看这些链接", USER, 5)
    assert (request.dedupe_key, request.handle) == ("update:9", "7")


def test_one_that_fits_is_kept_as_it_came() -> None:
    body = update(text="你好")
    assert webhook.of_update(body, NOW).body == body


def test_what_cannot_be_read_is_cut() -> None:
    assert len(webhook.of_update(b"[" * (MAX_KEPT + 9), NOW).body) == MAX_KEPT
