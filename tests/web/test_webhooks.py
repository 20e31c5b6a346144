import asyncio

import pytest

from scrm.errors import StoreUnavailable
from scrm.model.work import LARGEST_BODY
from scrm.ports.channel import WebhookReply
from tests.web.conftest import CHANNEL, Desk


async def test_what_is_verified_is_journalled_and_answered(desk: Desk) -> None:
    caller = desk.caller()
    response = await caller.call("POST", f"/hooks/{CHANNEL}?key=right&from=alice", json=[])
    assert (response.status, await response.read()) == (200, b"ok")
    assert (await desk.stores.stats())["journal_pending"] == 1
    again = await caller.call("POST", f"/hooks/{CHANNEL}?key=right&from=alice", json=[])
    assert again.status == 200
    assert (await desk.stores.stats())["journal_pending"] == 1


async def test_refusals_are_problems_and_nothing_is_journalled(desk: Desk) -> None:
    for path, body, status, code in (
        (f"{CHANNEL}?key=wrong", b"[]", 403, "bad_signature"),
        ("nowhere?key=right", b"[]", 404, "not_found"),
        ("..%2Fx?key=right", b"[]", 404, "not_found"),
        (f"{CHANNEL}?key=right", b"x" * (LARGEST_BODY + 1), 413, "too_large"),
    ):
        response = await desk.caller().call("POST", f"/hooks/{path}", data=body)
        assert (response.status, (await response.json())["code"]) == (status, code)
    assert (await desk.stores.stats())["journal_pending"] == 0


async def test_a_body_without_a_length_is_bounded_too(desk: Desk) -> None:
    async def endless() -> object:
        for _ in range(2 * LARGEST_BODY // 1024):
            yield b"x" * 1024
            await asyncio.sleep(0)

    response = await desk.caller().call("POST", f"/hooks/{CHANNEL}?key=right", data=endless())
    assert response.status == 413


async def test_other_methods_are_refused(desk: Desk) -> None:
    response = await desk.caller().call("DELETE", f"/hooks/{CHANNEL}")
    assert response.status == 405


class Failing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def receive(self, *given: object) -> WebhookReply:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"), [(StoreUnavailable(), 503), (RuntimeError("secret: a customer's words"), 500)]
)
async def test_what_was_not_journalled_is_never_answered_with_success(
    desk: Desk, error: Exception, status: int, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    object.__setattr__(desk.context, "hub", Failing(error))
    response = await desk.caller().call("POST", f"/hooks/{CHANNEL}?key=right", json=[])
    assert response.status == status
    said = await response.text() + "".join(capsys.readouterr()) + caplog.text
    assert "customer's words" not in said


async def test_outcomes_are_counted(desk: Desk) -> None:
    caller = desk.caller()
    await caller.call("POST", f"/hooks/{CHANNEL}?key=right&from=alice", json=[])
    await caller.call("POST", f"/hooks/{CHANNEL}?key=wrong", json=[])
    text = await (await caller.call("GET", "/metrics")).text()
    assert 'scrm_webhooks_total{outcome="ok"} 1.0' in text
    assert 'scrm_webhooks_total{outcome="bad_signature"} 1.0' in text
    assert "scrm_journal_pending 1.0" in text
