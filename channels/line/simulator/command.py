"""`scrm simulate line`: LINE's platform on loopback, for a hub that is already running."""

import argparse
import json

from channels.line.simulator.account import Account
from channels.line.simulator.script import Action, read_action
from channels.line.simulator.server import LineSimulator
from channels.simulating.command import Command, say


class LineCommand(Command[LineSimulator, Action]):
    type = "line"
    title = "A LINE platform"
    channel_name = "模拟 LINE"
    port = 8097
    pushes = True

    def simulator(self, namespace: argparse.Namespace) -> LineSimulator:
        return LineSimulator(Account(), port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: LineSimulator, action: Action) -> None:
        await simulator.act(action)

    async def join(self, simulator: LineSimulator, webhook: str) -> None:
        """Where the hub knows its public address it has said so itself; on loopback it does not."""
        simulator.platform.webhook_url = webhook
        say(f"{webhook} answers {await simulator.verify()}.")
        simulator.happened()

    async def settle(self, simulator: LineSimulator) -> int:
        await simulator.wait_until(lambda: not simulator.waiting)
        say(f"Everything is taken: {json.dumps(simulator.counts)}")
        return 0


COMMAND = LineCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
