"""`scrm simulate weibo`: a verified Weibo account on loopback, for a hub that is already running."""

import argparse

from channels.simulating.command import Command, greet
from channels.weibo.simulator.control import Action, read_action
from channels.weibo.simulator.server import WeiboSimulator


class WeiboCommand(Command[WeiboSimulator, Action]):
    type = "weibo"
    title = "Weibo"
    channel_name = "模拟微博"
    port = 8101
    pushes = True

    def simulator(self, namespace: argparse.Namespace) -> WeiboSimulator:
        return WeiboSimulator(port=namespace.port)

    def read(self, line: bytes) -> Action:
        return read_action(line)

    async def act(self, simulator: WeiboSimulator, action: Action) -> None:
        await simulator.act(action)

    async def join(self, simulator: WeiboSimulator, webhook: str) -> None:
        simulator.connect(webhook)
        await greet(simulator.challenge(), b"dnPdpTZz85", webhook)

    async def settle(self, simulator: WeiboSimulator) -> int:
        return 1 if simulator.given_up else 0


COMMAND = WeiboCommand()
add_arguments, main = COMMAND.add_arguments, COMMAND.main
