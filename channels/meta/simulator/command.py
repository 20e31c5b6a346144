"""`scrm simulate` for a platform of Meta's: it asks the webhook, pushes there, and waits until all is taken."""

import json
from typing import Any, TypeVar

from channels.meta.simulator.server import MetaSimulator
from channels.simulating.command import Command, greet, say
from channels.simulating.script import Scripted

S = TypeVar("S", bound=MetaSimulator[Any])
A = TypeVar("A", bound=Scripted)


class MetaCommand(Command[S, A]):
    pushes = True

    async def join(self, simulator: S, webhook: str) -> None:
        status, echoed, wanted = await simulator.ask(webhook, simulator.app.verify_token)

        async def asked() -> tuple[int, bytes]:
            return status, echoed

        await greet(asked(), wanted, webhook)
        simulator.webhook_url = webhook

    async def settle(self, simulator: S) -> int:
        await simulator.wait_until(lambda: not simulator.waiting)
        say(f"Everything is taken: {json.dumps(simulator.counts)}")
        return 0
