"""`scrm simulate slack`: a Slack workspace on loopback, for a hub that is already running."""

import argparse
import json

from channels.simulating.command import Command, greet, say
from channels.simulating.script import ScriptError
from channels.slack.config import Delivery
from channels.slack.simulator.script import Action, read_action
from channels.slack.simulator.server import SlackSimulator


class SlackCommand(Command[SlackSimulator, Action]):
    type = "slack"
    title = "A Slack workspace"
    channel_name = "模拟 Slack"
    port = 8098
    pushes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--delivery", choices=[each.value for each in Delivery], default=Delivery.WEBHOOK.value)

    def simulator(self, namespace: argparse.Namespace) -> SlackSimulator:
        return SlackSimulator(port=namespace.port, delivery=namespace.delivery)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: SlackSimulator, action: Action) -> None:
        try:
            await simulator.act(action)
        except KeyError:
            raise ScriptError("the script edits or deletes a message that is not there") from None

    async def join(self, simulator: SlackSimulator, webhook: str) -> None:
        simulator.webhook = webhook
        if simulator.delivery == Delivery.WEBHOOK:
            await greet(simulator.ask(webhook, "simulator"), b"simulator", webhook)

    async def settle(self, simulator: SlackSimulator) -> int:
        await simulator.wait_until(simulator.all_told)
        say(f"Everything is told: {json.dumps(simulator.counts)}")
        return 1 if simulator.given_up else 0


COMMAND = SlackCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
