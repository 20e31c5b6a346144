"""`scrm simulate telegram`: a Bot API on loopback, for a hub that is already running."""

import argparse
import json

from channels.simulating.command import Command, say
from channels.simulating.script import ScriptError
from channels.telegram.config import Delivery
from channels.telegram.simulator.bot import Bot
from channels.telegram.simulator.script import Action, read_action
from channels.telegram.simulator.server import TelegramSimulator


class TelegramCommand(Command[TelegramSimulator, Action]):
    type = "telegram"
    title = "A Telegram platform"
    channel_name = "模拟 Telegram"
    port = 8092

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--delivery", choices=[each.value for each in Delivery], default=Delivery.POLLING.value)
        parser.add_argument("--bot-token", default=Bot().token)

    def simulator(self, namespace: argparse.Namespace) -> TelegramSimulator:
        return TelegramSimulator(Bot(token=namespace.bot_token), port=namespace.port, delivery=namespace.delivery)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: TelegramSimulator, action: Action) -> None:
        try:
            await simulator.act(action)
        except KeyError:
            raise ScriptError("the script edits, presses or answers a message that is not there") from None

    async def settle(self, simulator: TelegramSimulator) -> int:
        await simulator.wait_until(lambda: not simulator.platform.updates)
        say(f"Everything is taken: {json.dumps(simulator.counts)}")
        return 0


COMMAND = TelegramCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
