"""`scrm simulate satori`: a Satori server on loopback, for a hub that is already running."""

import argparse
import json

from channels.satori.config import Delivery
from channels.satori.simulator.platform import Account
from channels.satori.simulator.script import Action, read_action
from channels.satori.simulator.server import SatoriSimulator
from channels.simulating.command import Command, say
from channels.simulating.script import ScriptError


class SatoriCommand(Command[SatoriSimulator, Action]):
    type = "satori"
    title = "A Satori server"
    channel_name = "模拟 QQ（Satori）"
    port = 8094

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--delivery", choices=[each.value for each in Delivery], default=Delivery.WEBSOCKET.value)
        parser.add_argument("--platform", default=Account().platform, help="qq, kook, lark, discord …")
        parser.add_argument("--token", default=Account().token)

    def simulator(self, namespace: argparse.Namespace) -> SatoriSimulator:
        account = Account(platform=namespace.platform, token=namespace.token)
        return SatoriSimulator(account, port=namespace.port, delivery=namespace.delivery)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: SatoriSimulator, action: Action) -> None:
        try:
            await simulator.act(action)
        except KeyError:
            raise ScriptError("the script edits or deletes a message that is not there") from None

    async def settle(self, simulator: SatoriSimulator) -> int:
        await simulator.wait_until(simulator.all_told)
        say(f"Everything is told: {json.dumps(simulator.counts)}")
        return 0


COMMAND = SatoriCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
