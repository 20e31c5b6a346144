"""`scrm simulate wecom_kf`: WeCom's customer service on loopback, for a hub that is already running."""

import argparse

from channels.simulating.command import Command, greet
from channels.wecom.simulator.account import Account
from channels.wecom.simulator.control import Said, read_said
from channels.wecom.simulator.server import WeComSimulator


class WeComCommand(Command[WeComSimulator, Said]):
    type = "wecom_kf"
    title = "WeCom's customer service"
    channel_name = "模拟客服"
    port = 8093
    pushes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--welcome", default="", metavar="TEXT", help="the welcome message of a channel that is made"
        )

    def simulator(self, namespace: argparse.Namespace) -> WeComSimulator:
        return WeComSimulator(Account(welcome=namespace.welcome), port=namespace.port)

    def read(self, line: bytes) -> Said:
        return read_said(line)

    async def act(self, simulator: WeComSimulator, action: Said) -> None:
        await simulator.act(action.user, action.whole, open_kfid=action.open_kfid)

    async def join(self, simulator: WeComSimulator, webhook: str) -> None:
        simulator.connect(webhook)
        await greet(simulator.challenge(b"simulator"), b"simulator", webhook)

    async def settle(self, simulator: WeComSimulator) -> int:
        return 0 if all(delivery.delivered for delivery in simulator.deliveries) else 1


COMMAND = WeComCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
