"""Steering a simulated platform of Meta's (`channels.simulating.control`); a fault is one of the Graph API:

POST /_sim/fault             {"name": "messages", "code": 130429, "retry_after": 3}
POST /_sim/webhook           {"url": "http://127.0.0.1:8080/hooks/ID"}: ask it, and push there
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from channels.meta.simulator.server import MetaSimulator
from channels.simulating import control
from channels.simulating.control import Refusal
from channels.simulating.faults import Fault
from scrm.model.base import Record


class _Webhook(Record, kw_only=True):
    url: str


def add_routes(
    application: web.Application,
    simulator: MetaSimulator[Any],
    *,
    sent: Callable[[], Sequence[object]],
    say: Callable[[bytes], Awaitable[str]],
) -> None:
    """sent: what customers received. say: does a line of a script; the message's id. Raises KeyError for a message that
    is not there."""

    def status() -> dict[str, object]:
        return {"counts": simulator.counts, "webhook": simulator.webhook_url, "settings": simulator.settings()}

    async def do(body: bytes) -> dict[str, object]:
        try:
            return {"message_id": await say(body)}
        except KeyError:
            raise Refusal("there is no such message") from None

    async def fault(body: bytes) -> None:
        simulator.inject(msgspec.json.decode(body, type=Fault))

    async def webhook(body: bytes) -> dict[str, object]:
        url = msgspec.json.decode(body, type=_Webhook).url
        status, echoed, wanted = await simulator.ask(url, simulator.app.verify_token)
        if status != 200 or echoed != wanted:
            raise Refusal(f"the address did not answer the platform's question ({status})")
        simulator.webhook_url = url
        simulator.happened()
        return {"webhook": url}

    posts = {"say": do, "fault": fault, "webhook": webhook}
    control.add_routes(application, sent=sent, status=status, posts=posts)
